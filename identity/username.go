package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"golang.org/x/text/secure/precis"

	"plinto/event"
	"plinto/internal/displayname"
	"plinto/internal/fault"
	"plinto/tenant"
)

// NameRest is how long nobody else can choose a user name that somebody gave up.
const NameRest = 90 * 24 * time.Hour

// The length of user names that people choose for themselves, in characters.
const (
	minUsername = 3
	maxUsername = 64
)

// Errors of user names that people choose.
var (
	ErrUsernameForm = fault.New(fault.Invalid, "username_form", "A user name has 3 to 64 characters of one alphabet, no @ and no blanks.")
	ErrUsernamesOff = fault.New(fault.Forbidden, "usernames_off", "User names cannot be chosen here.")
)

// limitNames is how often one may ask whether user names are free: the answer tells who is here.
var limitNames = Limit{Name: "user-name", Count: 30, Period: time.Hour, Burst: 15}

// Usernames lets people choose user names for themselves. An operator has Directory.
type Usernames struct {
	Directory *Directory
	Limiter   Limiter
}

// Change gives a user another name. address is the client's. ErrUsernamesOff where the tenant has
// nobody choose one; ErrUsernameForm; ErrUsernameTaken,
// also of a name that passes for an office or was somebody else's of late; ErrSignUpTooMany (with
// RetryAfter).
func (n *Usernames) Change(ctx context.Context, user *User, typed, address string) (User, error) {
	if !tenant.Must(ctx).Settings.Identifiers.AsksUsername() {
		return User{}, ErrUsernamesOff
	}
	name, err := n.free(ctx, user.ID, typed, address)
	if err != nil {
		return User{}, err
	}
	var changed User
	err = n.Directory.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		actor := event.Actor{Type: "user", ID: user.PublicID()}
		if changed, err = n.Directory.Update(ctx, actor, user.ID, func(u *User) { u.Username = name }); err != nil {
			return err
		}
		return n.rested(ctx, user.ID, name)
	})
	return changed, err
}

// free returns a name as it is kept, or why the user cannot have it.
func (n *Usernames) free(ctx context.Context, id uuid.UUID, typed, address string) (string, error) {
	name := Typed(typed)
	if err := CheckOwnUsername(tenant.Must(ctx), name); err != nil {
		return "", err
	}
	if wait := n.Limiter.Take(ctx, limitNames.Networks(address, "")...); wait > 0 {
		return "", ErrSignUpTooMany.After(wait)
	}
	switch held, err := n.Directory.Users.Credential(ctx, name, nil); {
	case err == nil && held.User.ID != id:
		return "", ErrUsernameTaken
	case err != nil && !errors.Is(err, ErrUserNotFound):
		return "", fmt.Errorf("find user: %w", err)
	}
	return name, n.rested(ctx, id, name)
}

// rested reports that a name was somebody else's a short time ago: ErrUsernameTaken. Asked in the
// transaction that takes the name, it sees who gave the name up until then.
func (n *Usernames) rested(ctx context.Context, id uuid.UUID, name string) error {
	retired, err := n.Directory.Writes.NameRetired(ctx, id, name)
	if err == nil && retired {
		err = ErrUsernameTaken
	}
	return err
}

// reserved are names that pass for whoever runs the service, or for nobody.
var reserved = skeletons(`abuse admin administrator anonymous api everyone guest hostmaster info mailer-daemon me moderator nobody no-reply noreply null
	official operator owner postmaster root security self staff superuser support sysadmin system undefined webmaster`)

func skeletons(words string) (all []string) {
	for word := range strings.FieldsSeq(words) {
		all = append(all, displayname.Skeleton(word))
	}
	return all
}

// CheckOwnUsername reports why people cannot choose a user name: ErrUsernameForm for what is not one
// (UsernameCaseMapped of RFC 8265 §3.3, in one script), ErrUsernameTaken for what passes for an
// office of the tenant.
func CheckOwnUsername(t *tenant.Tenant, name string) error {
	if n := utf8.RuneCountInString(name); n < minUsername || n > maxUsername || CheckUsername(name) != nil {
		return ErrUsernameForm
	}
	if _, err := precis.UsernameCaseMapped.String(name); err != nil || !oneScript(name) {
		return ErrUsernameForm
	}
	core := strings.TrimRightFunc(name, func(r rune) bool { return !unicode.IsLetter(r) })
	if core == "" {
		return ErrUsernameForm // a number is taken for an id
	}
	if slices.Contains(reserved, displayname.Skeleton(core)) || displayname.PassesFor(core, t.Names()...) != "" {
		return ErrUsernameTaken
	}
	return nil
}

// families are scripts that people write together.
var families = map[string]string{"Hiragana": "Han", "Katakana": "Han", "Hangul": "Han", "Bopomofo": "Han"}

// oneScript reports whether the letters are of one script: names that mix some are there to look
// like others (UTS #39 §5.2).
func oneScript(name string) bool {
	found := ""
	for _, r := range name {
		script := scriptOf(r)
		if script == "" {
			continue
		}
		if found != "" && script != found {
			return false
		}
		found = script
	}
	return true
}

// scriptOf returns the script of a letter, "" for what belongs to all.
func scriptOf(r rune) string {
	if r < unicode.MaxASCII {
		if unicode.IsLetter(r) {
			return "Latin"
		}
		return ""
	}
	for name, table := range unicode.Scripts {
		if name != "Common" && name != "Inherited" && unicode.Is(table, r) {
			if family, is := families[name]; is {
				return family
			}
			return name
		}
	}
	return ""
}
