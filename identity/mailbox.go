package identity

import (
	"crypto/sha256"
	"strings"
	"time"
)

// Mailbox is where a code goes that somebody asked for by a name: to another address of the user if
// that was typed, else to the primary one. canonical is what was typed as Lookup returns it.
func Mailbox(user *User, typed, canonical string) string {
	if primary, err := Canonical(user.Email); err == nil && strings.Contains(canonical, "@") && canonical != primary {
		return typed
	}
	return user.Email
}

// MailMark hashes a user's mark and primary address to a fixed length: another one of either ends
// what a code that was mailed before is good for.
func MailMark(user *User) []byte {
	sum := sha256.Sum256([]byte(user.ID.String() + user.NotBefore.UTC().Format(time.RFC3339Nano) + user.Email))
	return sum[:16]
}
