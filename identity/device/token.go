package device

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"strings"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/secret"
	"plinto/tenant"
)

// tokenUsers bounds how many users a shared browser remembers.
const tokenUsers = 5

// anybody is what the mark says that every browser has in which somebody signed in.
const anybody = "anybody"

// idLength is the length of Token.ID: base64url of 128 bits.
const idLength = 22

// A Token is what a browser or an app keeps of the sign-ins in it: a secret id and keyed marks of the
// users that it signed in before. By the marks a user gets in whose account is under attack from
// elsewhere, and is told of a new browser. What a browser is trusted with is kept under the hash of
// its id: it ends with what the user ends.
type Token struct {
	ID     string
	tenant tenant.ID
	key    [32]byte
	marks  []string
}

// ReadToken reads what Token.With wrote. Any other text is the token of a browser that has none.
func ReadToken(id tenant.ID, key [32]byte, text string) Token {
	d := Token{tenant: id, key: key}
	parts := strings.Split(text, ".")
	if len(parts) > tokenUsers+2 || len(parts[0]) != idLength {
		return d
	}
	d.ID, d.marks = parts[0], parts[1:]
	return d
}

func (d *Token) mark(of string) string {
	return base64.RawURLEncoding.EncodeToString(secret.MAC(d.key, d.tenant.String(), d.ID, of)[:12])
}

// Knows reports whether this browser signed user in before. Marks are keyed by
// the browser's id, so a stolen mark is no use without its id.
func (d *Token) Knows(user uuid.UUID) bool { return d.marked(user.String()) }

// KnowsAnybody reports whether this browser signed somebody in before, for what comes before anybody is named. Tokens that were
// last written by a version before have no such mark.
func (d *Token) KnowsAnybody() bool { return d.marked(anybody) }

func (d *Token) marked(of string) bool {
	if d.ID == "" {
		return false
	}
	want := []byte(d.mark(of))
	for _, m := range d.marks {
		if subtle.ConstantTimeCompare([]byte(m), want) == 1 {
			return true
		}
	}
	return false
}

// Hash is how the browser is kept in the database; nil for one without an id.
func (d *Token) Hash() []byte { return identity.DeviceHash(d.tenant, d.ID) }

// Named is Hash of a browser that gets an id with this answer.
func (d *Token) Named() []byte {
	if d.ID == "" {
		b := make([]byte, 16)
		_, _ = rand.Read(b) // never fails (crypto/rand)
		d.ID = base64.RawURLEncoding.EncodeToString(b)
	}
	return d.Hash()
}

// With returns the text that the browser keeps once it signed user in.
func (d *Token) With(user uuid.UUID) string {
	d.Named()
	mark, somebody := d.mark(user.String()), d.mark(anybody)
	marks := []string{d.ID, mark}
	for _, m := range d.marks {
		if m != mark && m != somebody && len(marks) <= tokenUsers {
			marks = append(marks, m)
		}
	}
	return strings.Join(append(marks, somebody), ".")
}
