package tenant

import "time"

// Whether who signs in with a password alone, in a browser that is new to the account, shows that
// they read its mail.
const (
	CheckOn  = "on" // the default
	CheckOff = "off"
)

// What becomes of such a sign-in where no mail can be sent.
const (
	UnreachableRefuse = "refuse" // the default
	UnreachableAllow  = "allow"
)

// Whether users may have a browser remembered, so that it is not asked for their second factor.
const (
	RememberOn  = "on" // the default
	RememberOff = "off"
)

// How long a browser is remembered.
const (
	DefaultRememberFor = 30 * 24 * time.Hour
	MinRememberFor     = time.Hour
	MaxRememberFor     = 365 * 24 * time.Hour
)

// Devices is what browsers are trusted with.
type Devices struct {
	// Check is CheckOn or CheckOff; "" is CheckOn.
	Check string `json:"check,omitempty" yaml:"check"`
	// Unreachable is UnreachableRefuse or UnreachableAllow; "" is UnreachableRefuse. It is for users
	// without an address, and for all where the server sends no mail.
	Unreachable string `json:"unreachable,omitempty" yaml:"unreachable"`
	// Remember is RememberOn or RememberOff; "" is RememberOn.
	Remember string `json:"remember,omitempty" yaml:"remember"`
	// RememberFor is how long, since the second factor; 0 is DefaultRememberFor.
	RememberFor Duration `json:"remember_for,omitempty" yaml:"remember_for"`
}

// Checks reports whether new browsers are asked for a code by mail.
func (d Devices) Checks() bool { return d.Check != CheckOff }

// Refuses reports whether nobody signs in from a new browser whom no mail can reach.
func (d Devices) Refuses() bool { return d.Unreachable != UnreachableAllow }

// Remembers returns how long a browser is remembered; 0: not at all.
func (d Devices) Remembers() time.Duration {
	if d.Remember == RememberOff {
		return 0
	}
	return d.RememberFor.Or(DefaultRememberFor)
}
