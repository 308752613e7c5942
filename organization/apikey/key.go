package apikey

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/internal/tid"
	"plinto/organization"
	"plinto/tenant"
)

const (
	// Prefix starts the public id of a key.
	Prefix = "key"
	// SecretPrefix starts the key itself: scanners of leaks find plk_[A-Za-z0-9_-]{49}, whose last
	// six characters are the CRC-32 of those before them (secret.Token).
	SecretPrefix = "plk_"

	hintLen = len(SecretPrefix) + 8 // leaves 208 random bits
)

// Limits of keys.
const (
	DefaultTTL = 90 * 24 * time.Hour
	MaxTTL     = 365 * 24 * time.Hour
	// MaxOperatorTTL is the limit at the command line: such keys are for machines that nobody visits.
	MaxOperatorTTL = 10 * MaxTTL
	MaxOfUser      = 50 // keys of a user that stand
	MaxOfTenant    = 500
	maxName        = 200
)

// A Key is what is known of an API key besides the secret.
type Key struct {
	ID          uuid.UUID
	Name        string
	Hint        string                    // how the key starts, to recognise one that was found
	UserID      uuid.UUID                 // whose it is; uuid.Nil: the tenant's
	Permissions []organization.Permission // sorted; at use, as far as the user still has them
	CreatedAt   time.Time
	ExpiresAt   time.Time
	UsedAt      time.Time // to the minute; zero: never
}

// PublicID returns "key_…".
func (k *Key) PublicID() string { return tid.Format(Prefix, k.ID) }

// Errors of keys.
var (
	ErrKey      = fault.New(fault.Invalid, "invalid_api_key", "The API key is not valid.")
	ErrNotFound = fault.New(fault.NotFound, "api_key_not_found", "There is no such API key.")
	ErrTooMany  = fault.New(fault.Conflict, "too_many_api_keys", "There are as many API keys as there can be. Revoke one that is not used.")
	ErrOwner    = fault.New(fault.Forbidden, "api_key_beyond_owner", "An API key cannot have rights that its user has not.")
	ErrUnknown  = fault.New(fault.Unauthenticated, "api_key_unknown", "The API key is not known, expired or revoked.")
)

// Presented is a key that somebody showed, with what is needed to decide on it.
type Presented struct {
	Key
	Held organization.Held // of its user
}

// Store keeps the keys of the context's tenant. A key of a user stands while the user is enabled and
// has the mark they had when it was made (identity.User.NotBefore).
type Store interface {
	// Create stores a key, for a user with their present mark. It refuses one more key of an owner
	// than most: ErrTooMany; identity.ErrUserNotFound, also of a user who is disabled.
	Create(ctx context.Context, k Key, hash []byte, most int) error
	// Use finds the key that stands by its hash, and notes at most once a minute that it was used.
	// ErrUnknown. One statement.
	Use(ctx context.Context, hash []byte) (Presented, error)
	// Find returns a key that stands. ErrNotFound.
	Find(ctx context.Context, id uuid.UUID) (Key, error)
	// List returns up to limit keys that stand after the id, in order of id; of a user, or of all
	// owners (uuid.Nil).
	List(ctx context.Context, user, after uuid.UUID, limit int) ([]Key, error)
	// Revoke removes a key. ErrNotFound.
	Revoke(ctx context.Context, id uuid.UUID) error
	// TellEnd notes that somebody is told when a key ends. Of many who do that for one end, one is the first.
	TellEnd(ctx context.Context, id uuid.UUID) (first bool, err error)
}

// Hash is how a key is kept: SHA-256, bound to the tenant.
func Hash(t tenant.ID, key string) []byte { return secret.Hash("api_key", t, key) }
