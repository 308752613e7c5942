package identity

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/tenant"
)

// Errors of a Directory.
var (
	ErrNoIdentifier = fault.New(fault.Invalid, "identifier_missing", "A user needs an email address or a user name.")
	ErrEmail        = fault.New(fault.Invalid, "invalid_email", "That is not an email address.")
	ErrUsername     = fault.New(fault.Invalid, "invalid_username", "A user name has no @ and no blanks.")
)

// A Directory manages users: each change is one transaction with its event.
type Directory struct {
	Users    Users
	Sessions Sessions
	Hasher   PasswordHasher
	Outbox   event.Outbox
	Tx       Transactor
}

// Create stores a new user with a password ("" for none) and returns it with its
// id. The password rules are the hasher's: it refuses what is too short or common.
// An actor of type "user" without an id is the new user.
func (d *Directory) Create(ctx context.Context, actor event.Actor, u User, password string) (User, error) {
	if err := checkIdentifiers(&u); err != nil {
		return User{}, err
	}
	encoded := ""
	if password != "" {
		var err error
		if encoded, err = d.Hasher.Hash(ctx, Hashing(ctx), password, PasswordWords(tenant.Must(ctx), &u)...); err != nil {
			return User{}, fmt.Errorf("hash password: %w", err)
		}
	}
	return d.store(ctx, actor, u, encoded)
}

// PasswordWords are what an attacker tries first for this user: names of the tenant
// and of the user, as words and without the blanks between them.
func PasswordWords(t *tenant.Tenant, u *User) []string {
	local, domain, _ := strings.Cut(u.Email, "@")
	p := &u.Profile
	var words []string
	for _, text := range []string{
		t.Slug, t.Name, t.Host, u.Username, u.Email, local, domain, p.Name, p.GivenName, p.FamilyName, p.Nickname, p.PreferredUsername,
	} {
		parts := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		words = append(append(words, text, strings.Join(parts, "")), parts...)
	}
	return words
}

func checkIdentifiers(u *User) error {
	switch {
	case u.Email == "" && u.Username == "":
		return ErrNoIdentifier
	case u.Email != "" && CheckEmail(u.Email) != nil:
		return ErrEmail
	case u.Username != "" && CheckUsername(u.Username) != nil:
		return ErrUsername
	}
	return nil
}

// store stores a checked user with the hash of its password.
func (d *Directory) store(ctx context.Context, actor event.Actor, u User, encoded string) (User, error) {
	u.ID = uuid.Must(uuid.NewV7())
	if actor.Type == "user" && actor.ID == "" {
		actor.ID = u.PublicID()
	}
	err := d.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := d.Users.Create(ctx, u, encoded); err != nil {
			return err
		}
		return d.Outbox.Append(ctx, event.Event{
			Type: event.UserCreated, Outcome: "success", Actor: actor, Subject: u.PublicID(),
		})
	})
	if err != nil {
		return User{}, fmt.Errorf("create user: %w", err)
	}
	return u, nil
}

// SetPassword replaces a password and ends every session of the user but keep.
func (d *Directory) SetPassword(ctx context.Context, actor event.Actor, u User, password string, keep uuid.UUID) error {
	encoded, err := d.Hasher.Hash(ctx, Hashing(ctx), password, PasswordWords(tenant.Must(ctx), &u)...)
	if err != nil {
		return fmt.Errorf("hash password: %w", err)
	}
	return d.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := d.Users.SetPassword(ctx, u.ID, encoded); err != nil {
			return fmt.Errorf("set password: %w", err)
		}
		if err := d.Sessions.EndAll(ctx, u.ID, keep); err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		return d.Outbox.Append(ctx, event.Event{
			Type: event.PasswordChanged, Outcome: "success", Actor: actor, Subject: u.PublicID(),
		})
	})
}

// CheckUsername reports whether s may be a user name. One that looks like an
// email address would let somebody sit on an address that is not theirs.
func CheckUsername(s string) error {
	if _, err := Canonical(s); err != nil || strings.ContainsRune(s, '@') {
		return ErrUsername
	}
	return nil
}
