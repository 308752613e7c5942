package inspection

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"

	"github.com/google/uuid"

	"plinto/internal/jwt"
	"plinto/provider"
	"plinto/tenant"
)

// A signature stays valid as long as the keys do, so it is verified once. Whether the token
// was revoked is read from Postgres at every use.
type (
	verifiedKey struct {
		tenant     tenant.ID
		generation uint64 // of the signing keys
		sum        [32]byte
	}
	verifiedToken struct {
		claims provider.AccessClaims
		grant  uuid.UUID
	}
)

const verifiedEntries = 10_000

// verifiedTokens is the part of otter.Cache that is used. With the concrete type in
// its place every package that imports this one compiles all of otter's methods again.
type verifiedTokens interface {
	GetIfPresent(key verifiedKey) (verifiedToken, bool)
	Set(key verifiedKey, value verifiedToken) (verifiedToken, bool)
	InvalidateAll()
}

// DropVerified forgets verified tokens because signing keys changed. Verifications that are
// under way are stored under the old generation, which is never read again.
func (i *Inspector) DropVerified() {
	i.generation.Add(1)
	i.verified.InvalidateAll()
}

// verify checks signature, type and issuer of a JWT access token; not its expiry.
func (i *Inspector) verify(ctx context.Context, token string) (verifiedToken, error) {
	t := tenant.Must(ctx)
	announced := i.Announced == nil || i.Announced(ctx) // before a look at the generation
	key := verifiedKey{t.ID, i.generation.Load(), sha256.Sum256([]byte(token))}
	if v, ok := i.verified.GetIfPresent(key); ok && announced {
		return v, nil
	}
	payload, err := i.Verifier.Verify(ctx, token, "at+jwt")
	if forged(err) {
		return verifiedToken{}, provider.ErrTokenUnknown.With(err)
	}
	if err != nil {
		return verifiedToken{}, err
	}
	var v verifiedToken
	if err := json.Unmarshal(payload, &v.claims); err != nil || v.claims.Issuer != t.Issuer {
		return verifiedToken{}, provider.ErrTokenUnknown
	}
	if v.grant, err = provider.GrantOfJTI(v.claims.JTI); err != nil {
		return verifiedToken{}, err
	}
	i.verified.Set(key, v)
	return v, nil
}

// forged reports whether an error is about the token, and not a failure of the server.
func forged(err error) bool {
	for _, known := range []error{jwt.ErrMalformed, jwt.ErrAlgorithm, jwt.ErrUnknownKey, jwt.ErrSignature, jwt.ErrType} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}
