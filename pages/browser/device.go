package browser

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"plinto/identity/device"
	"plinto/tenant"
)

const (
	deviceBase = "plinto_d"
	deviceLife = 400 * 24 * time.Hour // the longest a browser keeps a cookie
)

// Device reads the device cookie.
func (b *Browser) Device(r *http.Request) device.Token {
	value, _ := b.scope(r).Read(r, deviceBase)
	return device.ReadToken(tenant.Must(r.Context()).ID, b.DeviceKey, value)
}

// Remember notes that this browser signed user in.
func (b *Browser) Remember(w http.ResponseWriter, r *http.Request, d *device.Token, user uuid.UUID) {
	b.scope(r).Set(w, deviceBase, d.With(user), deviceLife)
	b.fitSession(w, r)
}
