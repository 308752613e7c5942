package identity

import (
	"context"
	"encoding/hex"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/internal/tid"
	"plinto/tenant"
)

// DevicePrefix starts the public id of a device.
const DevicePrefix = "dev"

// ErrDeviceUnknown reports a device that is none of the user's, or not any more.
var ErrDeviceUnknown = fault.New(fault.NotFound, "device_not_found", "There is no such device.")

// A Device is a browser that signed a user in. It is known until everything of the user is ended,
// as by another password, or it is revoked.
type Device struct {
	ID        uuid.UUID
	IP        string // at the last sign-in
	Agent     string // User-Agent header, same
	CreatedAt time.Time
	UsedAt    time.Time // of the last sign-in
	// RememberedUntil is until when the second factor is not asked for; zero: it is.
	RememberedUntil time.Time
}

// PublicID returns "dev_…".
func (d *Device) PublicID() string { return tid.Format(DevicePrefix, d.ID) }

// A KnownDevice is what is known of a browser in which somebody proves that they are a user.
type KnownDevice struct {
	ID    uuid.UUID // uuid.Nil: there is no row of it
	Known bool      // it signed the user in before
	// Remembered says that it is not asked for the user's second factor.
	Remembered bool
	// ByCookie says that the user's browsers are known by a mark in their cookie too: it is from
	// before browsers had rows.
	ByCookie bool
}

// NeedsDeviceCheck reports whether a proof is checked by a code that is mailed to the user: a password alone
// is, in a browser that is new to the account. A user whom no mail can reach is let in, or kept out, as the
// policy says. It is for proofs after which no second factor is asked for. mails reports whether the server
// sends mail.
func (p *Proof) NeedsDeviceCheck(policy tenant.Devices, mails bool) bool {
	if !policy.Checks() || p.Device.Known || !slices.Equal(p.AMR, []string{AMRPassword}) {
		return false
	}
	return policy.Refuses() || mails && p.User.Email != ""
}

// A Sighting is a sign-in in a browser.
type Sighting struct {
	UserID      uuid.UUID
	Hash        []byte // see DeviceHash
	Mark        time.Time
	IP, Agent   string
	RememberFor time.Duration // 0: as before
}

// MaxDevices is how many browsers of a user are known. The ones that were not used for longest are
// forgotten first.
const MaxDevices = 50

// DeviceWrites stores what a SessionStarter has decided.
type DeviceWrites interface {
	// Sight makes a browser one that signed the user in. It is sent with the rest of the
	// transaction of ctx.
	Sight(ctx context.Context, s Sighting) error
}

// DeviceHash is how the secret in a browser's cookie is kept; nil for none.
func DeviceHash(id tenant.ID, cookie string) []byte {
	if cookie == "" {
		return nil
	}
	return secret.Hash("device", id, cookie)
}

// DeviceKey names a browser in the keys of counters; "" for none.
func DeviceKey(hash []byte) string { return hex.EncodeToString(hash[:min(len(hash), 16)]) }

// Sight is the sighting of a user in the browser that the request of ctx came from, other than by a
// sign-in.
func Sight(ctx context.Context, user *User, hash []byte) Sighting {
	origin := event.OriginFrom(ctx)
	return Sighting{UserID: user.ID, Hash: hash, Mark: user.NotBefore, IP: origin.IP, Agent: origin.UserAgent}
}

func sighted(s *Session, in Browser) Sighting {
	return Sighting{UserID: s.UserID, Hash: in.Device, Mark: s.Mark, IP: s.IP, Agent: s.Agent, RememberFor: in.RememberFor}
}
