package provider

import (
	"bytes"
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

// NewClientJTI returns the id of an access token that hangs on no grant. It carries the
// client's mark, so that it dies with that and with the client, and is not good for
// another one of the same client_id.
func NewClientJTI(c *Client) string {
	var b [jtiBytes]byte
	_, _ = rand.Read(b[16 : jtiBytes-tagBytes]) // never fails (crypto/rand)
	tag := c.mark()
	copy(b[jtiBytes-tagBytes:], tag[:tagBytes])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// tagBytes is how much of a mark a jti carries, besides 64 random bits.
const tagBytes = 4

// Marked reports whether a jti of NewClientJTI carries the client's present mark.
func (c *Client) Marked(jti string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(jti)
	tag := c.mark()
	return err == nil && len(raw) == jtiBytes && bytes.Equal(raw[jtiBytes-tagBytes:], tag[:tagBytes])
}

// GrantOfJTI reads the grant back out of a jti of ours. ErrTokenUnknown.
func GrantOfJTI(jti string) (uuid.UUID, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(jti)
	if err != nil || len(raw) != jtiBytes {
		return uuid.Nil, ErrTokenUnknown
	}
	return uuid.UUID(raw[:16]), nil
}
