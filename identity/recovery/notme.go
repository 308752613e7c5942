package recovery

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/secret"
	"plinto/tenant"
)

// NotMeLife is how long the link of a mail is good by which its reader says "This wasn't me".
const NotMeLife = 7 * 24 * time.Hour

const notMePrefix = "plnm_"

// notMeActor is who acts when a link is used: whoever reads the mails of the user.
var notMeActor = event.Actor{Type: "anonymous", ID: "not-me"}

// Reports are the one-time links in mails about an account by which the reader says that it was
// somebody else. Using one ends everything of the user that there is and takes the password
// away, so that the next one is set by Service. Second factors stay: a mailbox alone removes
// none, but for one that the mail is about and that a password alone had added.
type Reports struct {
	Tokens    identity.OneTimeTokens
	Users     identity.Users
	Directory *identity.Directory
	// TakeBack removes a factor with all that were added after it, unless the user had another
	// one before. It needs a transaction.
	TakeBack func(ctx context.Context, actor event.Actor, user *identity.User, factor uuid.UUID) error
}

// A reported is what is stored with a link.
type reported struct {
	User  uuid.UUID `json:"user"`
	Event uuid.UUID `json:"event"` // that the mail is about
	// Factor is what the event added, or nil.
	Factor uuid.UUID `json:"factor,omitzero"`
	// Deletion says that by the event the account is going to be deleted.
	Deletion bool `json:"deletion,omitzero"`
}

// notMe returns how a link is stored. Each has a purpose of its own: a mail that is sent again
// ends no link of the first.
func notMe(ctx context.Context, token string) (purpose string, hash []byte) {
	hash = secret.Hash("one-time/not-me", tenant.Must(ctx).ID, token)
	return "not-me:" + hex.EncodeToString(hash[:8]), hash
}

// Issue makes a link for the mail to a user about an event, good for NotMeLife, and returns the
// token that its address has to hold.
func (r *Reports) Issue(ctx context.Context, user uuid.UUID, e *event.Event) (string, error) {
	about := reported{User: user, Event: e.ID}
	if added, is := e.Fact.(event.FactorAdded); is {
		about.Factor = added.FactorID
	}
	_, about.Deletion = e.Fact.(event.UserDeletionScheduled)
	data, err := json.Marshal(about)
	if err != nil {
		return "", fmt.Errorf("encode link: %w", err)
	}
	token := secret.Token(notMePrefix)
	purpose, hash := notMe(ctx, token)
	if err := r.Tokens.Issue(ctx, purpose, hash, data, NotMeLife); err != nil {
		return "", fmt.Errorf("make link: %w", err)
	}
	return token, nil
}

// ReportWellFormed reports whether text may be a token: whether it is worth keeping.
func ReportWellFormed(text string) bool { return secret.WellFormed(notMePrefix, text) }

// User returns whose link it is while it is good, and whether the mail is about a new factor. It
// changes nothing. identity.ErrLinkUnknown, also when the user is gone or disabled.
func (r *Reports) User(ctx context.Context, token string) (user identity.User, factor bool, err error) {
	purpose, hash := notMe(ctx, token)
	data, err := r.Tokens.Peek(ctx, purpose, hash)
	if err != nil {
		return user, false, err
	}
	about, user, err := r.read(ctx, data)
	return user, about.Factor != uuid.Nil, err
}

func (r *Reports) read(ctx context.Context, data json.RawMessage) (about reported, user identity.User, err error) {
	if err := json.Unmarshal(data, &about); err != nil {
		return about, user, fmt.Errorf("read link: %w", err)
	}
	user, err = r.Users.ByID(ctx, about.User)
	switch {
	case errors.Is(err, identity.ErrUserNotFound), err == nil && !user.Active():
		return about, user, identity.ErrLinkUnknown
	case err != nil:
		return about, user, fmt.Errorf("find user: %w", err)
	}
	return about, user, nil
}

// Use spends a link, ends everything of the user that there is and takes the password away: all
// or nothing. identity.ErrLinkUnknown.
func (r *Reports) Use(ctx context.Context, token string) (user identity.User, err error) {
	purpose, hash := notMe(ctx, token)
	err = r.Directory.Tx.InTx(ctx, func(ctx context.Context) error {
		data, err := r.Tokens.Spend(ctx, purpose, hash)
		if err != nil {
			return err
		}
		about, found, err := r.read(ctx, data)
		if err != nil {
			return err
		}
		user = found
		if about.Factor != uuid.Nil {
			if err := r.TakeBack(ctx, notMeActor, &user, about.Factor); err != nil {
				return err
			}
		}
		if about.Deletion {
			if err := r.Directory.Keep(ctx, notMeActor, user.ID); err != nil {
				return err
			}
		}
		return r.Directory.TakePassword(ctx, notMeActor, user.ID, about.Event)
	})
	if err != nil && !errors.Is(err, identity.ErrLinkUnknown) {
		err = fmt.Errorf("secure account: %w", err)
	}
	return user, err
}
