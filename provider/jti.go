package provider

import (
	"crypto/rand"
	"encoding/base64"

	"github.com/google/uuid"
)

const jtiBytes = 16 + 12 // the grant's id and 96 random bits

// NewJTI returns the id of an access token. It carries the id of the grant
// (uuid.Nil for none), so that the grant of a JWT is found without a row for every
// token.
func NewJTI(grant uuid.UUID) string {
	var b [jtiBytes]byte
	copy(b[:16], grant[:])
	_, _ = rand.Read(b[16:]) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// GrantOfJTI reads the grant back out of a jti of ours. ErrTokenUnknown.
func GrantOfJTI(jti string) (uuid.UUID, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(jti)
	if err != nil || len(raw) != jtiBytes {
		return uuid.Nil, ErrTokenUnknown
	}
	return uuid.UUID(raw[:16]), nil
}
