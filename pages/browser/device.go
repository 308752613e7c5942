package browser

import (
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/secret"
	"plinto/tenant"
)

const (
	deviceBase = "plinto_d"
	deviceLife = 400 * 24 * time.Hour // the longest a browser keeps a cookie
	// deviceUsers bounds how many users a shared browser remembers.
	deviceUsers = 5
)

// A Device is what the device cookie says: a secret id of the browser and keyed marks of the users
// it signed in before. By the marks a user gets in whose account is under attack from elsewhere,
// and is told of a new browser. What a browser is trusted with is kept under the hash of its id:
// it ends with what the user ends.
type Device struct {
	ID     string
	tenant tenant.ID
	key    [32]byte
	marks  []string
}

// Device reads the device cookie; a browser without one gets an empty Device.
func (b *Browser) Device(r *http.Request) Device {
	d := Device{tenant: tenant.Must(r.Context()).ID, key: b.DeviceKey}
	value, ok := b.scope(r).Read(r, deviceBase)
	if !ok {
		return d
	}
	parts := strings.Split(value, ".")
	if len(parts) > deviceUsers+1 || len(parts[0]) != 22 {
		return d
	}
	d.ID, d.marks = parts[0], parts[1:]
	return d
}

func (d *Device) mark(user uuid.UUID) string {
	return base64.RawURLEncoding.EncodeToString(secret.MAC(d.key, d.tenant.String(), d.ID, user.String())[:12])
}

// Knows reports whether this browser signed user in before. Marks are keyed by
// the browser's id, so a stolen mark is no use without its cookie.
func (d *Device) Knows(user uuid.UUID) bool {
	if d.ID == "" {
		return false
	}
	want := []byte(d.mark(user))
	for _, m := range d.marks {
		if subtle.ConstantTimeCompare([]byte(m), want) == 1 {
			return true
		}
	}
	return false
}

// Hash is how the browser is kept in the database; nil for one without a cookie.
func (d *Device) Hash() []byte { return identity.DeviceHash(d.tenant, d.ID) }

// Named is Hash of a browser that gets the cookie with this answer.
func (d *Device) Named() []byte {
	if d.ID == "" {
		d.ID = NewCSRF() // 128 random bits
	}
	return d.Hash()
}

// Remember notes that this browser signed user in.
func (b *Browser) Remember(w http.ResponseWriter, r *http.Request, d *Device, user uuid.UUID) {
	d.Named()
	mark := d.mark(user)
	marks := []string{mark}
	for _, m := range d.marks {
		if m != mark && len(marks) < deviceUsers {
			marks = append(marks, m)
		}
	}
	b.scope(r).Set(w, deviceBase, d.ID+"."+strings.Join(marks, "."), deviceLife)
	b.fitSession(w, r)
}
