package addresses

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/tid"
)

// Prefix starts the public id of an address that is not the primary one.
const Prefix = "email"

const (
	// Max is how many addresses a user has at most, with the primary one and those that are not
	// proved yet.
	Max = 10
	// ProofLife is how long the code and the link of a mail are good.
	ProofLife = time.Hour
	// ChangeLife is how long a change of the primary address can be taken back.
	ChangeLife = 7 * 24 * time.Hour
)

// Errors of addresses. An address that somebody else has is told to nobody but who proved it:
// identity.ErrEmailTaken.
var (
	ErrUnknown  = fault.New(fault.NotFound, "email_unknown", "The account has no such email address.")
	ErrHeld     = fault.New(fault.Conflict, "email_held", "The account has this email address already.")
	ErrTooMany  = fault.New(fault.Conflict, "email_too_many", "An account has at most ten email addresses. Remove one first.")
	ErrPrimary  = fault.New(fault.Conflict, "email_primary", "This is the primary email address. Make another one the primary first.")
	ErrUnproved = fault.New(fault.Conflict, "email_unproved", "This email address has to be confirmed first.")
	ErrCode     = fault.New(fault.Invalid, "email_code", "The code is incorrect or has expired.")
	ErrThrottle = fault.New(fault.TooMany, "email_throttled", "Too many attempts. Try again later.")
	ErrOther    = fault.New(fault.Forbidden, "email_other_user", "Sign in to the account that the email address is added to, or enter the code there.")
)

// An Email is a mail address of a user.
type Email struct {
	ID         uuid.UUID // uuid.Nil for the primary one
	Address    string    // as typed
	Primary    bool
	Verified   bool
	CreatedAt  time.Time // zero for the primary one
	SentAt     time.Time // the last mail that asks for a proof; zero for the primary one
	VerifiedAt time.Time // zero while it is not proved, and for the primary one
}

// PublicID returns "email_…", or "" for the primary address.
func (e *Email) PublicID() string {
	if e.ID == uuid.Nil {
		return ""
	}
	return tid.Format(Prefix, e.ID)
}

// A Change is one of the primary address.
type Change struct {
	ID        uuid.UUID
	UserID    uuid.UUID
	Address   string // the old one, as typed; "" when there was none
	Revocable bool   // the mailbox of the old address can take it back
}

// A Cause is what a mail is about by which somebody says "This wasn't me": an address that was
// proved, or a change of the primary one. The other is uuid.Nil.
type Cause struct{ Email, Change uuid.UUID }

// A TakenBack is what became of addresses that were taken back.
type TakenBack struct {
	Removed int  // how many addresses
	Primary bool // the primary one is another by it
	// Since is when whoever is sent away may have come: what else the user got from then on is not known
	// to be the user's. Zero: there was nothing to take back.
	Since time.Time
}

// Store keeps addresses. What changes something needs a transaction, in which it locks the user.
type Store interface {
	// Of returns the addresses of a user but the primary one, oldest first.
	Of(ctx context.Context, user uuid.UUID) ([]Email, error)
	// Add keeps an address that is not proved, or notes that another mail is sent to it, and returns
	// it as it is kept. ErrHeld when it was proved; ErrTooMany when there are most others.
	Add(ctx context.Context, user uuid.UUID, e Email, most int) (Email, error)
	// Verify makes an address the user's and reports whether it is the primary one, which was not
	// proved before. ErrUnknown, also when it was proved meanwhile; identity.ErrEmailTaken.
	Verify(ctx context.Context, user, id uuid.UUID) (primary bool, err error)
	// Promote makes a proved address the primary one. The old one becomes one of the others, proved
	// or not as it was. ErrUnknown.
	Promote(ctx context.Context, user, id uuid.UUID, c Change, life time.Duration) (Change, error)
	// Remove removes an address and reports whether it was proved. ErrUnknown.
	Remove(ctx context.Context, user, id uuid.UUID) (proved bool, err error)
	// TakeBack puts the addresses back to what they were before a cause. Nothing for a cause that is gone.
	TakeBack(ctx context.Context, user uuid.UUID, cause Cause) (TakenBack, error)
	// Mailboxes returns the proved and primary addresses of a user in canonical form, with those to
	// which a change can be taken back.
	Mailboxes(ctx context.Context, user uuid.UUID) ([]string, error)
	// PrimaryAt returns the address that was the primary one at a time, "" where that is the one of today: as far as a change since then can
	// be taken back.
	PrimaryAt(ctx context.Context, user uuid.UUID, at time.Time) (string, error)
	// Changed returns a change that can be told of. ErrUnknown once it is too late.
	Changed(ctx context.Context, user, id uuid.UUID) (Change, error)
}
