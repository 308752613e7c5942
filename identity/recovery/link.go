package recovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/password"
	"plinto/internal/secret"
	"plinto/internal/tid"
	"plinto/tenant"
)

// The life of a link that an operator makes.
const (
	DefaultLinkLife = time.Hour
	MaxLinkLife     = 7 * 24 * time.Hour
)

// Errors of links. A link that is no good is identity.ErrLinkUnknown.
var (
	ErrLinkLife = fault.New(fault.Invalid, "recovery_link_life", "A recovery link is good for at least one minute and at most seven days.")
	ErrLinkUser = fault.New(fault.Invalid, "recovery_link_user", "The user is disabled. Enable the user first.")
)

const (
	linkPrefix = "plrl_"
	// linkPurpose is followed by the id of the user: another link ends the earlier ones of that
	// user, and of nobody else.
	linkPurpose = identity.PurposeRecoveryLink
)

// linkActor is who acts when a link is used: all that is known is that an operator made it.
var linkActor = event.Actor{Type: "operator", ID: "recovery-link"}

// Links are the one-time links by which operators let in who has lost everything.
type Links struct {
	Tokens    identity.OneTimeTokens
	Users     identity.Users
	Directory *identity.Directory
	Devices   identity.DeviceWrites
	Outbox    event.Outbox
	// RemoveFactors removes every second factor of a user, in the transaction of ctx.
	RemoveFactors func(ctx context.Context, actor event.Actor, user *identity.User) error
}

// linkData is what is stored with a link.
type linkData struct {
	ResetFactors bool `json:"reset_factors"`
}

// Issue makes a link for a user, good for life, and returns what its address has to end with. The
// links that there were for the user end. With resetFactors, using it removes all second factors.
// ErrLinkLife, ErrLinkUser.
func (l *Links) Issue(ctx context.Context, actor event.Actor, user *identity.User, life time.Duration, resetFactors bool) (string, error) {
	switch {
	case life < time.Minute || life > MaxLinkLife:
		return "", ErrLinkLife
	case !user.Active():
		return "", ErrLinkUser
	}
	data, err := json.Marshal(linkData{resetFactors})
	if err != nil {
		return "", fmt.Errorf("encode recovery link: %w", err)
	}
	token := secret.Token(linkPrefix)
	err = l.Directory.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := l.still(ctx, user.ID); err != nil {
			return err
		}
		if err := l.Tokens.Issue(ctx, linkPurpose+user.ID.String(), linkHash(ctx, token), data, life); err != nil {
			return err
		}
		return l.Outbox.Append(ctx, event.Event{
			Fact: event.RecoveryLinkIssued{Seconds: int(life.Seconds()), ResetFactors: resetFactors}, Outcome: "success", Actor: actor, Subject: user.PublicID(),
		})
	})
	if err != nil {
		return "", fmt.Errorf("make recovery link: %w", err)
	}
	return user.PublicID() + "." + token, nil
}

// still locks the row of a user, so that whoever makes another link, or ends all of them, comes before or after. ErrLinkUser
// for one who was disabled meanwhile.
func (l *Links) still(ctx context.Context, id uuid.UUID) error {
	if err := l.Directory.Writes.Lock(ctx, id); err != nil {
		return fmt.Errorf("lock user: %w", err)
	}
	user, err := l.Users.ByID(ctx, id)
	if err == nil && !user.Active() {
		err = ErrLinkUser
	}
	return err
}

func linkHash(ctx context.Context, token string) []byte {
	return secret.Hash("one-time/recovery-link", tenant.Must(ctx).ID, token)
}

// readLink takes a link apart.
func readLink(link string) (user uuid.UUID, token string, ok bool) {
	id, token, _ := strings.Cut(link, ".")
	user, err := tid.Parse(identity.UserPrefix, id)
	return user, token, err == nil && secret.WellFormed(linkPrefix, token)
}

// LinkWellFormed reports whether text may be a link: whether it is worth keeping.
func LinkWellFormed(text string) bool {
	_, _, ok := readLink(text)
	return ok
}

// A LinkFor is what a link does.
type LinkFor struct {
	User         identity.User
	ResetFactors bool // removes the second factors
	Factor       bool // the user has a second factor afterwards
}

// For returns what a link does while it is good. It changes nothing. identity.ErrLinkUnknown.
func (l *Links) For(ctx context.Context, link string) (f LinkFor, err error) {
	id, token, ok := readLink(link)
	if !ok {
		return f, identity.ErrLinkUnknown
	}
	raw, err := l.Tokens.Peek(ctx, linkPurpose+id.String(), linkHash(ctx, token))
	if err != nil {
		return f, err
	}
	var data linkData
	if err := json.Unmarshal(raw, &data); err != nil {
		return f, fmt.Errorf("read recovery link: %w", err)
	}
	f.ResetFactors = data.ResetFactors
	if f.User, err = l.active(ctx, id); err != nil || f.ResetFactors {
		return f, err
	}
	if f.Factor, err = l.Users.HasSecondFactor(ctx, id); err != nil {
		return f, fmt.Errorf("find second factor: %w", err)
	}
	return f, nil
}

// active returns a user who may be let in.
func (l *Links) active(ctx context.Context, id uuid.UUID) (identity.User, error) {
	user, err := l.Users.ByID(ctx, id)
	switch {
	case errors.Is(err, identity.ErrUserNotFound):
		return user, identity.ErrLinkUnknown
	case err != nil:
		return user, fmt.Errorf("find user: %w", err)
	case !user.Active():
		return user, identity.ErrLinkUnknown
	}
	return user, nil
}

// Use spends a link and sets the password: all or nothing. Everything of the user that there was
// ends, with their factors if the link says so. Nobody is signed in: the user signs in with the
// password, and with the second factor of who has one. The browser, by its hash (nil for none), is
// known from then on: whom no mail reaches could not sign in otherwise. identity.ErrLinkUnknown,
// and the errors of the hasher.
func (l *Links) Use(ctx context.Context, link, chosen string, device []byte) (identity.User, error) {
	f, err := l.For(ctx, link)
	user := f.User
	if err != nil {
		return user, err
	}
	if chosen == "" { // would be none for the directory
		return user, password.ErrShort
	}
	encoded, err := l.Directory.HashAs(ctx, &user, chosen, f.Factor)
	if err != nil {
		return user, err
	}
	_, token, _ := readLink(link)
	err = l.Directory.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := l.Directory.Writes.Lock(ctx, user.ID); err != nil { // first, as by what ends links
			return err
		}
		if _, err := l.Tokens.Spend(ctx, linkPurpose+user.ID.String(), linkHash(ctx, token)); err != nil {
			return err
		}
		if user, err = l.active(ctx, user.ID); err != nil {
			return err
		}
		if f.ResetFactors {
			if err := l.RemoveFactors(ctx, linkActor, &user); err != nil {
				return err
			}
		}
		if err := l.Directory.SetHashed(ctx, linkActor, user.ID, encoded, uuid.Nil); err != nil {
			return err
		}
		if err := l.Directory.Writes.NoteReset(ctx, user.ID, false); err != nil || device == nil {
			return err
		}
		if user, err = l.active(ctx, user.ID); err != nil { // the mark has moved
			return err
		}
		return l.Devices.Sight(ctx, identity.Sight(ctx, &user, device))
	})
	if err != nil && !errors.Is(err, identity.ErrLinkUnknown) {
		err = fmt.Errorf("set password by link: %w", err)
	}
	return user, err
}
