package secret

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"strings"
)

const (
	tokenBytes = 32
	bodyLen    = 43 // base64url of 32 bytes
	sumLen     = 6  // base64url of a CRC-32
)

// Token returns prefix, 256 random bits and a checksum, in base64url. Prefix and
// checksum let secret scanners recognise a leaked token without asking anyone.
func Token(prefix string) string {
	var b [tokenBytes]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	body := prefix + base64.RawURLEncoding.EncodeToString(b[:])
	return body + checksum(body)
}

// WellFormed reports whether token could have come from Token(prefix): a check
// before any look-up, not a proof.
func WellFormed(prefix, token string) bool {
	if len(token) != len(prefix)+bodyLen+sumLen || !strings.HasPrefix(token, prefix) {
		return false
	}
	body := token[:len(token)-sumLen]
	for i := len(prefix); i < len(body); i++ {
		if !base64url(body[i]) {
			return false
		}
	}
	return token[len(body):] == checksum(body)
}

func base64url(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

func checksum(body string) string {
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], crc32.ChecksumIEEE([]byte(body)))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Hash is how a random token is kept: SHA-256, bound to its purpose and tenant,
// so that a token of another purpose or tenant is simply unknown.
func Hash(purpose string, tenant [16]byte, token string) []byte {
	h := sha256.New()
	h.Write([]byte("plinto/v1/" + purpose))
	h.Write([]byte{0})
	h.Write(tenant[:])
	h.Write([]byte(token))
	return h.Sum(nil)
}

// MAC is HMAC-SHA-256 over parts, each preceded by its length, so that no two
// lists of parts have the same input.
func MAC(key [32]byte, parts ...string) []byte {
	m := hmac.New(sha256.New, key[:])
	var n [4]byte
	for _, p := range parts {
		binary.BigEndian.PutUint32(n[:], uint32(len(p)))
		m.Write(n[:])
		m.Write([]byte(p))
	}
	return m.Sum(nil)
}

// Equal compares in constant time. Different lengths are unequal.
func Equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
