package federation

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/tid"
)

// An Identity is an account at a provider that belongs to a user here. It is known by connection, issuer and subject; two
// that differ in one of these are two accounts.
type Identity struct {
	ID         uuid.UUID
	Connection uuid.UUID
	Issuer     string
	Subject    string
	UserID     uuid.UUID
	Label      string // how the provider calls the account, for people to read
	CreatedAt  time.Time
	UsedAt     time.Time // zero: never
	// Slug and Name are those of the connection, where identities are listed.
	Slug, Name string
}

// PublicID returns "idn_…".
func (i *Identity) PublicID() string { return tid.Format(IdentityPrefix, i.ID) }

// MaxIdentities is how many a user has at most.
const MaxIdentities = 50

// Errors of identities.
var (
	ErrIdentityNotFound = fault.New(fault.NotFound, "identity_not_found", "The user has no such identity.")
	ErrIdentityTaken    = fault.New(fault.Conflict, "identity_taken", "That account is connected to another user.")
	ErrTooManyIDs       = fault.New(fault.Conflict, "too_many_identities", "A user has at most 50 identities.")
)

// A Holder is a user, with what the rules of linking look at.
type Holder struct {
	User         identity.User
	SecondFactor bool
	Device       identity.KnownDevice
	// Guarded says that the user has another identity of the connection, so that the address has been somebody else's there, or
	// has a role, so that more than a mailbox is at stake.
	Guarded bool
	// Identity is that by which the user was found, or uuid.Nil, and Given the roles that it gave.
	Identity uuid.UUID
	Given    []Given
}

// Identities stores the identities of the users of the context's tenant.
type Identities interface {
	// ByKey returns the user of an identity, with what is known of a browser by its hash (nil for none).
	// ErrIdentityNotFound.
	ByKey(ctx context.Context, connection uuid.UUID, issuer, subject string, device []byte) (Holder, error)
	// ByEmail returns the user who has an address in canonical form, and whether they are guarded.
	// identity.ErrUserNotFound.
	ByEmail(ctx context.Context, connection uuid.UUID, canonical string, device []byte) (Holder, error)
	// Add gives an identity to a user, who is active and has that mark still: identity.ErrRefused. ErrIdentityTaken,
	// ErrTooManyIDs. It needs a transaction.
	Add(ctx context.Context, i Identity, mark time.Time) error
	// Spend uses up the state of a round, once, while the connection is enabled and as it was read, and the identity is the
	// user's: ErrSpent, perhaps only when the transaction of ctx commits. So it does with the assertion, where there is one. It
	// notes that the identity was used.
	Spend(ctx context.Context, u Use) error
	// Of returns the identities of a user, oldest first.
	Of(ctx context.Context, user uuid.UUID) ([]Identity, error)
	// Remove removes an identity of a user, with the roles that it gave, and returns it. ErrIdentityNotFound.
	Remove(ctx context.Context, user, id uuid.UUID) (Identity, error)
	// Came notes, by a hash of both, that a user came by a connection, and reports whether they never had before. It is forgotten
	// after ten years.
	Came(ctx context.Context, hash []byte) (first bool, err error)
	// Invited reports whether an address in canonical form has an open invitation: to an organization, or any (nil).
	Invited(ctx context.Context, organization uuid.UUID, canonical string) (bool, error)
	// Verified reports whether a domain is the organization's.
	Verified(ctx context.Context, organization uuid.UUID, domain string) (bool, error)
}

// A Use is the end of a round.
type Use struct {
	State      []byte // hash
	Until      time.Time
	Connection uuid.UUID
	Version    int64 // of the connection, as it was read
	Identity   uuid.UUID
	UserID     uuid.UUID
	Label      string
	Assertion  []byte // hash of what the provider said, which counts once too; nil: the state alone does
}

// upstream is what a session hangs on that is begun with an identity.
func (u *Use) upstream(c *Connection, sid []byte) identity.Upstream {
	return identity.Upstream{Connection: c.ID, Identity: u.Identity, Epoch: c.Epoch, SID: sid}
}
