package secret

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// A Root is the installation's root key, 32 bytes. Everything secret at rest
// hangs on it. It prints as nothing.
type Root struct{ key [32]byte }

// ErrRoot reports a text that cannot be a root key.
var ErrRoot = errors.New("the encryption key must be 32 random bytes in base64 or hex, for example from: openssl rand -base64 32")

// NewRoot makes a random root key and returns it with its text.
func NewRoot() (Root, String) {
	var r Root
	_, _ = rand.Read(r.key[:]) // never fails (crypto/rand)
	return r, NewString(base64.StdEncoding.EncodeToString(r.key[:]))
}

// ParseRoot reads 32 bytes in base64 (standard or URL) or hex. It refuses short
// keys, and keys that nobody drew at random: zeros, repetitions, readable text.
func ParseRoot(text string) (Root, error) {
	text = strings.TrimSpace(text)
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != 32 {
		clean := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
		if raw, err = base64.RawStdEncoding.DecodeString(clean); err != nil || len(raw) != 32 {
			return Root{}, ErrRoot
		}
	}
	if weak(raw) {
		return Root{}, ErrRoot
	}
	return Root{[32]byte(raw)}, nil
}

// weak finds keys that were typed rather than drawn. Of 32 random bytes fewer
// than 16 distinct ones, or all of them printable, do not happen.
func weak(raw []byte) bool {
	distinct := map[byte]bool{}
	printable := true
	for _, b := range raw {
		distinct[b] = true
		printable = printable && b >= 0x20 && b < 0x7f
	}
	sequential := true
	for i := 1; i < len(raw); i++ {
		sequential = sequential && raw[i] == raw[i-1]+1
	}
	return len(distinct) < 16 || printable || sequential || bytes.Equal(raw[:16], raw[16:])
}

// Format implements fmt.Formatter, for every verb.
func (r Root) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue implements slog.LogValuer.
func (r Root) LogValue() slog.Value { return slog.StringValue(redacted) }

// Subkey derives the key of one purpose (HKDF-SHA-256, RFC 5869). info names it
// with a version, like "plinto/flow/v1". It panics on the zero Root, which is no
// key: everybody knows it.
func (r Root) Subkey(info string) [32]byte {
	if r == (Root{}) {
		panic("secret: the root key is not set")
	}
	key, err := hkdf.Key(sha256.New, r.key[:], nil, info, 32)
	if err != nil {
		panic(err) // 32 bytes is within HKDF's limit
	}
	return [32]byte(key)
}
