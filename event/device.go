package event

import "github.com/google/uuid"

var deviceKinds = []kind{kindOf[DeviceCodeRequested](), kindOf[DeviceRemembered](), kindOf[DeviceForgotten]()}

// DeviceCodeRequested records that somebody proved the password of a user in a browser that is new
// to the account: there is a letter to send. It names the one-time token that has the letter.
type DeviceCodeRequested struct {
	Purpose string `json:"purpose"`
	Hash    string `json:"hash"` // base64url, without padding
}

// Type implements Fact.
func (DeviceCodeRequested) Type() Type { return "device.code_requested" }

// EndsNothing implements Harmless.
func (DeviceCodeRequested) EndsNothing() {}

// DeviceRemembered records that a user who proved their second factor wants not to be asked for it
// again in that browser.
type DeviceRemembered struct {
	SessionID uuid.UUID `json:"session_id"`
	Seconds   int       `json:"seconds"` // that it is remembered
}

// Type implements Fact.
func (DeviceRemembered) Type() Type { return "device.remembered" }

// EndsNothing implements Harmless.
func (DeviceRemembered) EndsNothing() {}

// DeviceForgotten records that browsers of a user were revoked, or are asked for the second factor
// again.
type DeviceForgotten struct {
	DeviceID uuid.UUID `json:"device_id,omitzero"` // nil: all that were remembered
	Reason   string    `json:"reason"`             // "revoked", "factor_removed"
}

// The values of DeviceForgotten.Reason.
const (
	DeviceRevoked       = "revoked"
	DeviceFactorRemoved = "factor_removed"
)

// Type implements Fact.
func (DeviceForgotten) Type() Type { return "device.forgotten" }

// EndsNothing implements Harmless: sessions that end with it have events of their own.
func (DeviceForgotten) EndsNothing() {}
