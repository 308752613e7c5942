package provider

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
)

// ErrKeyUnreadable reports a signing key of the tenant, or the key that it is sealed under, that is stored and cannot be read.
var ErrKeyUnreadable = fault.New(fault.Unavailable, "signing_key_unreadable", "Tokens cannot be signed right now.")

// KeyState is where a signing key is in its life: next → active → retiring → gone.
type KeyState string

// The key states.
const (
	KeyNext     KeyState = "next"     // published, not yet signing
	KeyActive   KeyState = "active"   // published and signing
	KeyRetiring KeyState = "retiring" // published until the last token signed by it expired
)

// RememberGone is how long a key that left the JWKS still verifies what clients hold
// as hints: they keep an ID token as long as they keep a user signed in.
const RememberGone = 90 * 24 * time.Hour

// A SigningKey is one key pair of a tenant.
type SigningKey struct {
	ID          uuid.UUID
	KID         string // RFC 7638 thumbprint: unique everywhere
	Alg         string // RFC 7518 §3.1
	State       KeyState
	Public      []byte // PKIX DER
	Sealed      []byte // PKCS #8 DER under the tenant's data key; bound to tenant and kid; empty once gone
	CreatedAt   time.Time
	ActivatesAt time.Time // when a next key becomes active
	RetiresAt   time.Time // when an active key should be replaced
	GoneAt      time.Time // when a retiring key leaves the JWKS
}

// Gone reports whether the key has left the JWKS. Its private half is destroyed.
func (k *SigningKey) Gone(now time.Time) bool {
	return k.State == KeyRetiring && !k.GoneAt.After(now)
}

// MovedKeys are the kids of keys whose state changed, each list of one at most.
type MovedKeys struct{ Retired, Active []string }

// Keys keeps the signing keys and the wrapped data key of the context's tenant.
type Keys interface {
	// All returns every key, oldest first, also those that are gone and remembered.
	All(ctx context.Context) ([]SigningKey, error)
	// Create stores k unless the tenant already has a key with that alg and state
	// (two instances asked at once): then nothing is stored and created is false.
	Create(ctx context.Context, k SigningKey) (created bool, err error)
	// Activate makes the next key of alg active, only if it has that kid unless kid is
	// "", and the active one of the alg retiring until goneAt, atomically. Of instances
	// that do it at once with a kid one does. For the others, and for a kid that is not
	// next, nothing happens and nothing is returned. Without a kid the active key
	// retires also where there is no next one.
	Activate(ctx context.Context, alg, kid string, goneAt time.Time) (MovedKeys, error)
	// Drop destroys the private half of keys whose GoneAt has passed, and forgets keys
	// that are gone for RememberGone.
	Drop(ctx context.Context) error
	// DataKey returns the tenant's wrapped data key, storing fresh first if it has none.
	DataKey(ctx context.Context, fresh []byte) ([]byte, error)
}

// A Signer signs and verifies with the keys of the context's tenant.
type Signer interface {
	// Ready returns when the tenant's keys are in memory, as they are but for the
	// first time: what cannot be undone should not be done before.
	Ready(ctx context.Context) error
	// Sign returns a compact JWS of claims (a JSON object) with header typ ("" for
	// JWT), signed by the tenant's active key of alg. Keys are made when first needed. ErrKeyUnreadable.
	Sign(ctx context.Context, alg, typ string, claims []byte) (string, error)
	// Verify checks a compact JWS against every published key of the tenant and
	// returns its claims. typ "" admits "JWT" or none; otherwise it is demanded.
	// Expiry and audience are the caller's business.
	Verify(ctx context.Context, token, typ string) (claims []byte, err error)
	// VerifyPast is Verify of an ID token that may have been signed by a key that is
	// gone. It proves what was said once, and lets nobody in.
	VerifyPast(ctx context.Context, token string) (claims []byte, err error)
}
