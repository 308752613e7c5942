package passkey

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/internal/fault"
	"plinto/internal/tid"
)

// Prefix starts the public id of a passkey.
const Prefix = "pk"

// Errors of passkeys. ErrRefused does not tell what was wrong: its cause does, for logs.
var (
	ErrRefused    = fault.New(fault.Unauthenticated, "passkey_refused", "The passkey was not accepted. Please try again.")
	ErrUnknown    = fault.New(fault.Unauthenticated, "passkey_unknown", "No account has this passkey.")
	ErrUnverified = fault.New(fault.Unauthenticated, "passkey_unverified", "Use the PIN, the fingerprint or the face of your passkey.")
	ErrModel      = fault.New(fault.Forbidden, "passkey_model_refused", "This kind of passkey is not accepted here. Use a security key that your administrator approved.")
	ErrSpent      = fault.New(fault.Unauthenticated, "passkey_spent", "This answer was used before. Please try again.")
	ErrExpired    = fault.New(fault.Invalid, "passkey_expired", "That took too long. Please try again.")
	ErrTaken      = fault.New(fault.Conflict, "passkey_taken", "This passkey has been added already.")
	ErrFull       = fault.New(fault.Invalid, "passkeys_full", "There are as many passkeys as an account can have.")
	ErrNotFound   = fault.New(fault.NotFound, "passkey_not_found", "There is no such passkey.")
)

// Max is how many passkeys a user can have.
const Max = 20

// Quiet is for how long no browser makes a passkey by itself after everything of a user ended, as by a
// mailed reset: whoever reads the mail shall not stay in by it.
const Quiet = 24 * time.Hour

// A Passkey is a credential of a user.
type Passkey struct {
	ID             uuid.UUID
	UserID         uuid.UUID
	CredentialID   []byte // at most 1023 bytes
	PublicKey      []byte // COSE_Key
	AAGUID         uuid.UUID
	SignCount      uint32 // the highest that was seen
	Transports     []string
	BackupEligible bool // synced, as opposed to bound to a device
	BackedUp       bool
	UserVerified   bool   // it has verified its user once, so it signs in alone
	Name           string // as the user calls it
	// Model is how people know its authenticator, from the metadata of operators or a short list; "": not
	// known. It is not stored: metadata changes.
	Model string
	// Silent says that the browser made it by itself: it signs in, and is not asked for after a
	// password, since its user may not know of it.
	Silent    bool
	CreatedAt time.Time
	UsedAt    time.Time // zero: never
}

// PublicID returns "pk_…".
func (p *Passkey) PublicID() string { return tid.Format(Prefix, p.ID) }

// A Use is what an assertion tells about a passkey, and uses up.
type Use struct {
	Passkey   *Passkey
	SignCount uint32
	BackedUp  bool
	Verified  bool      // it verified its user
	Challenge []byte    // hash of the challenge that was answered
	Expires   time.Time // of the challenge
}

// A Holder is a user whose second factor is asked for, with all that has to be known of them.
type Holder struct {
	User identity.User
	Held mfa.Held
	Keys []Passkey
	// Exhausted says that too many wrong codes were typed of late.
	Exhausted bool
	// Known says that the browser is known, so that the counter is its own.
	Known bool
	// Device names the browser for mfa.Budget.
	Device string
}

// A Budget names the counters of wrong codes of a user, of which one is looked at.
type Budget struct {
	Limit   identity.Limit
	Key     string
	Browser []byte // hash of a browser (identity.DeviceHash), or nil
	Own     string // key of the counter that it has while it is known of the user
}

// Store stores what the Service has decided.
type Store interface {
	// Holder returns a user, what they have, whether a browser is known and a limit of theirs exhausted, in one
	// round trip. identity.ErrUserNotFound.
	Holder(ctx context.Context, user uuid.UUID, b Budget) (Holder, error)
	// Of returns the passkeys of a user, oldest first.
	Of(ctx context.Context, user uuid.UUID) ([]Passkey, error)
	// Holding returns what decides whether a user makes the passkey that an organization demands.
	Holding(ctx context.Context, user uuid.UUID) (identity.KeyHolding, error)
	// ByCredential returns the passkey of a credential id and its user. ErrUnknown.
	ByCredential(ctx context.Context, credential []byte) (Passkey, identity.User, error)
	// Add stores a passkey and spends the challenge that brought it. With first it does so
	// only while the user has no second factor, in the statement that stores: mfa.ErrHeld.
	// ErrFull, ErrTaken, ErrSpent. It needs a transaction.
	Add(ctx context.Context, p Passkey, first bool, challenge []byte, expires time.Time) error
	// Use notes that a passkey was used and spends the challenge. It is sent with the rest of
	// the transaction of ctx, which fails with ErrSpent if the challenge was answered before
	// or the passkey is gone.
	Use(ctx context.Context, u Use) error
	// Rename gives a passkey of a user another name. ErrNotFound.
	Rename(ctx context.Context, user, id uuid.UUID, name string) error
	// Remove removes a passkey of a user. ErrNotFound. It needs a transaction.
	Remove(ctx context.Context, user, id uuid.UUID) error
}
