package browser

import (
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/internal/secret"
	"plinto/tenant"
)

const (
	deviceBase = "plinto_d"
	deviceLife = 400 * 24 * time.Hour // the longest a browser keeps a cookie
	// deviceUsers bounds how many users a shared browser remembers.
	deviceUsers = 5
)

// A Device is what the device cookie says: an id for the browser and keyed marks
// of the users it signed in before. It lets a user in whose account is under
// attack from elsewhere, and tells a sign-in from a new browser.
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

// Remember notes that this browser signed user in.
func (b *Browser) Remember(w http.ResponseWriter, r *http.Request, d Device, user uuid.UUID) {
	if d.ID == "" {
		d.ID = NewCSRF() // 128 random bits
	}
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
