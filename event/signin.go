package event

import "github.com/google/uuid"

var signInKinds = []kind{kindOf[SignInSucceeded](), kindOf[SignInFailed](), kindOf[SignUpRequested]()}

// SignInSucceeded records that a user proved who they are.
type SignInSucceeded struct {
	SessionID uuid.UUID `json:"session_id"`
	AMR       []string  `json:"amr"`        // RFC 8176
	NewDevice bool      `json:"new_device"` // this browser never signed the user in before
}

// Type implements Fact.
func (SignInSucceeded) Type() Type { return "authentication.succeeded" }

// EndsNothing implements Harmless.
func (SignInSucceeded) EndsNothing() {}

// SignInFailed records that a guess was refused; the reason is the event's.
type SignInFailed struct{}

// Type implements Fact.
func (SignInFailed) Type() Type { return "authentication.failed" }

// EndsNothing implements Harmless.
func (SignInFailed) EndsNothing() {}

// SignUpRequested records that somebody wants an account for an address: there is a letter
// to send. It names the one-time token that has the letter.
type SignUpRequested struct {
	Purpose string `json:"purpose"`
	Hash    string `json:"hash"` // base64url, without padding
}

// Type implements Fact.
func (SignUpRequested) Type() Type { return "sign_up.requested" }

// EndsNothing implements Harmless.
func (SignUpRequested) EndsNothing() {}
