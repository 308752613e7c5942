package mfa

import (
	"crypto/rand"
	"encoding/base32"
	"strings"

	"github.com/google/uuid"

	"plinto/internal/locale"
	"plinto/internal/secret"
	"plinto/tenant"
)

const (
	// recoveryCodes is how many codes a user gets at once.
	recoveryCodes = 10
	// recoverySize is how many characters of five bits a code has: 60 bits.
	recoverySize = 12
)

// alphabet is Crockford's base32: it has no letters that look like digits.
var alphabet = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// newCodes draws recovery codes, as they are shown: "abcd-efgh-jkmn".
func newCodes() []string {
	codes := make([]string, recoveryCodes)
	for i := range codes {
		raw := make([]byte, 8)
		_, _ = rand.Read(raw) // never fails (crypto/rand)
		text := alphabet.EncodeToString(raw)[:recoverySize]
		codes[i] = text[:4] + "-" + text[4:8] + "-" + text[8:]
	}
	return codes
}

// The characters of ASCII as Japanese and Chinese keyboards write them, as wide as the others of theirs.
const (
	wideFirst = '\uff01' // !
	wideLast  = '\uff5e' // ~
)

// recoveryCode reads a code as people type it; "" when it cannot be one.
func recoveryCode(typed string) string {
	read := strings.Map(func(r rune) rune {
		if r >= wideFirst && r <= wideLast {
			r -= wideFirst - '!'
		}
		digit, isDigit := locale.Digit(r)
		switch {
		case isDigit:
			return rune('0' + digit)
		case between(r):
			return -1
		case r == 'o':
			return '0'
		case r == 'i', r == 'l':
			return '1'
		}
		return r
	}, strings.ToLower(typed))
	if len(read) != recoverySize {
		return ""
	}
	return read
}

// codeHash is how a recovery code is kept. The user is part of it, and the key is the
// server's: who reads the database cannot try codes, and no code fits another account.
func codeHash(key [32]byte, id tenant.ID, user uuid.UUID, code string) []byte {
	sum := secret.MAC(key, "recovery", id.String(), user.String(), code)
	return sum[:]
}
