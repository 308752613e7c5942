package provider

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/jwt"
)

// ClientKeys work with the public keys that clients registered, by value (jwks) or
// by reference (jwks_uri).
type ClientKeys interface {
	// Verify checks a JWS that the client signed: by the key its kid names, or else
	// by every key that fits. A kid that is not known lets the reference be read
	// again, though not often. Errors are those of package jwt, or fault.Unavailable
	// when the reference cannot be read.
	Verify(ctx context.Context, c *Client, token string, opts jwt.Options) (payload []byte, h jwt.Header, err error)
	// Encrypt makes a compact JWE of plain for the client (RFC 7516), under a key of
	// its that fits alg. contentType is the cty header: "JWT" for a nested token.
	Encrypt(ctx context.Context, c *Client, alg, enc, contentType, plain string) (string, error)
}

// ErrAssertionSpent reports a client assertion that was presented before.
var ErrAssertionSpent = fault.New(fault.Unauthenticated, "assertion_spent", "The client assertion was used before.")

// Assertions remembers which client assertions authenticated.
type Assertions interface {
	// Spend notes that the assertion with that jti authenticated the client, until it
	// expires. Of many at once one succeeds. ErrAssertionSpent.
	Spend(ctx context.Context, clientID uuid.UUID, jtiHash []byte, expires time.Time) error
}
