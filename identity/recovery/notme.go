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
// away, so that the next one is set by Service. Second factors stay, but for the one that was added
// by what the mail is about: a mailbox alone gives nobody more than it did before that.
type Reports struct {
	Tokens    identity.OneTimeTokens
	Users     identity.Users
	Directory *identity.Directory
	// TakeBack removes a factor; with all that were added after it, unless the user has another one
	// from before. It needs a transaction.
	TakeBack func(ctx context.Context, actor event.Actor, user *identity.User, factor uuid.UUID) error
	// Unlink takes an identity that the event linked from the user, if it is there. It needs a transaction.
	Unlink func(ctx context.Context, actor event.Actor, user *identity.User, identity string) error
	// Mailboxes returns the addresses of a user in canonical form, with those to which a change can be
	// taken back.
	Mailboxes func(ctx context.Context, user uuid.UUID) ([]string, error)
	// TakeCodesBack removes the recovery codes that were made since a time. It needs a transaction.
	TakeCodesBack func(ctx context.Context, actor event.Actor, user *identity.User, since time.Time) error
	// TakeBackEmails puts the addresses of a user back to what they were before an address was
	// proved, or before the primary one was changed; the other id is nil. It returns when whoever did that may
	// have come, or zero for nothing to take back. It needs a transaction.
	TakeBackEmails func(ctx context.Context, actor event.Actor, user *identity.User, email, change uuid.UUID) (since time.Time, err error)
	// TakeBackSince removes the factors, recovery codes and identities that a user got since a time. It needs
	// a transaction.
	TakeBackSince func(ctx context.Context, actor event.Actor, user *identity.User, since time.Time) error
}

// A reported is what is stored with a link.
type reported struct {
	User  uuid.UUID `json:"user"`
	Event uuid.UUID `json:"event"`       // that the mail is about
	At    time.Time `json:"at,omitzero"` // of the event; zero in links of earlier versions
	// Factor is what the event added, or uuid.Nil.
	Factor uuid.UUID `json:"factor,omitzero"`
	// Codes says that by the event there are other recovery codes.
	Codes bool `json:"codes,omitzero"`
	// Identity is the public id of the account at an identity provider that the event linked, or "".
	Identity string `json:"identity,omitzero"`
	// Deletion says that by the event the account is going to be deleted.
	Deletion bool `json:"deletion,omitzero"`
	// Email is the address that the event added, and Change the change of the primary address that
	// it is, or uuid.Nil.
	Email  uuid.UUID `json:"email,omitzero"`
	Change uuid.UUID `json:"change,omitzero"`
	// To is the hash of the address that the mail goes to. The link is good while that is one of the
	// user's. None: the mail goes to an old address, to take a change back.
	To []byte `json:"to,omitempty"`
}

// reverts reports whether the link takes addresses back.
func (r *reported) reverts() bool { return r.Email != uuid.Nil || r.Change != uuid.Nil }

// notMe returns how a link is stored. Each has a purpose of its own: a mail that is sent again
// ends no link of the first.
func notMe(ctx context.Context, token string) (purpose string, hash []byte) {
	hash = secret.Hash("one-time/not-me", tenant.Must(ctx).ID, token)
	return "not-me:" + hex.EncodeToString(hash[:8]), hash
}

// Issue makes a link for the mail to an address of a user about an event, good for NotMeLife, and returns the
// token that its address has to hold.
func (r *Reports) Issue(ctx context.Context, user uuid.UUID, e *event.Event, to string) (string, error) {
	about := reported{User: user, Event: e.ID, At: e.OccurredAt}
	switch fact := e.Fact.(type) {
	case event.FactorAdded:
		about.Factor = fact.FactorID
	case event.IdentityLinked:
		about.Identity = fact.IdentityID
	case event.EmailVerified:
		about.Email = fact.EmailID
	case event.EmailPrimaryChanged:
		about.Change = fact.ChangeID
	}
	if about.Change == uuid.Nil {
		about.To = mailboxHash(ctx, to)
	}
	_, about.Codes = e.Fact.(event.RecoveryCodesReplaced)
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

// A ReportFor is what a link does besides what each does.
type ReportFor struct {
	User   identity.User
	Factor bool // it is about a new factor, and takes that back
	Codes  bool // it is about recovery codes, and ends those
	Emails bool // it is about addresses, and takes those back, with what came since
	// Identity says that it is about an account at an identity provider, and disconnects that.
	Identity bool
}

// For returns what a link does while it is good. It changes nothing. identity.ErrLinkUnknown, also
// when the user is gone or disabled.
func (r *Reports) For(ctx context.Context, token string) (ReportFor, error) {
	purpose, hash := notMe(ctx, token)
	data, err := r.Tokens.Peek(ctx, purpose, hash)
	if err != nil {
		return ReportFor{}, err
	}
	about, user, err := r.read(ctx, data)
	return ReportFor{User: user, Factor: about.Factor != uuid.Nil, Codes: about.Codes, Identity: about.Identity != "", Emails: about.reverts()}, err
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
	return about, user, r.stillReads(ctx, &about)
}

// stillReads returns identity.ErrLinkUnknown once the address that a mail went to is none of the
// user's: an intruder's, after it was taken back.
func (r *Reports) stillReads(ctx context.Context, about *reported) error {
	if len(about.To) == 0 {
		return nil
	}
	mailboxes, err := r.Mailboxes(ctx, about.User)
	if err != nil {
		return fmt.Errorf("find addresses: %w", err)
	}
	for _, m := range mailboxes {
		if secret.Equal(about.To, mailboxHash(ctx, m)) {
			return nil
		}
	}
	return identity.ErrLinkUnknown
}

func mailboxHash(ctx context.Context, email string) []byte {
	canonical, err := identity.Canonical(email)
	if err != nil {
		return nil // mail is sent to none such
	}
	return secret.Hash("not-me/mailbox", tenant.Must(ctx).ID, canonical)
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
		if err := r.undo(ctx, &about, &user); err != nil {
			return err
		}
		return r.Directory.TakePassword(ctx, notMeActor, user.ID, about.Event)
	})
	if err != nil && !errors.Is(err, identity.ErrLinkUnknown) {
		err = fmt.Errorf("secure account: %w", err)
	}
	return user, err
}

// undo takes back what the mail is about.
func (r *Reports) undo(ctx context.Context, about *reported, user *identity.User) error {
	if about.Factor != uuid.Nil {
		if err := r.TakeBack(ctx, notMeActor, user, about.Factor); err != nil {
			return err
		}
	}
	if (about.Factor != uuid.Nil || about.Codes) && !about.At.IsZero() {
		if err := r.TakeCodesBack(ctx, notMeActor, user, about.At); err != nil {
			return err
		}
	}
	if about.Identity != "" {
		if err := r.Unlink(ctx, notMeActor, user, about.Identity); err != nil {
			return err
		}
	}
	if about.Deletion {
		if err := r.Directory.Keep(ctx, notMeActor, user.ID); err != nil {
			return err
		}
	}
	if !about.reverts() {
		return nil
	}
	since, err := r.TakeBackEmails(ctx, notMeActor, user, about.Email, about.Change)
	if err != nil || since.IsZero() {
		return err
	}
	// The mails about what came since went to whoever had the new address.
	return r.TakeBackSince(ctx, notMeActor, user, since)
}
