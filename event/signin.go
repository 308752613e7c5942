package event

import "github.com/google/uuid"

var signInKinds = []kind{kindOf[SignInSucceeded](), kindOf[SignInFailed](), kindOf[SignUpRequested](), kindOf[SignInCodeRequested](), kindOf[RecoveryRequested](), kindOf[RecoveryLinkIssued](), kindOf[AuthorizationGranted]()}

// SignInSucceeded records that a user proved who they are.
type SignInSucceeded struct {
	SessionID uuid.UUID `json:"session_id"`
	AMR       []string  `json:"amr"`        // RFC 8176
	NewDevice bool      `json:"new_device"` // this browser never signed the user in before
	ACR       string    `json:"acr,omitempty"`
	ClientID  string    `json:"client_id,omitempty"`  // of the application that sent the user, as it knows it
	ACRValues []string  `json:"acr_values,omitempty"` // that the application asked for
	Demanded  string    `json:"demanded,omitempty"`   // why the session that there was did not do: a stable code
	// ConnectionID is the public id of the connection to the identity provider that said who it is, where one did.
	ConnectionID string `json:"connection_id,omitempty"`
}

// Type implements Fact.
func (SignInSucceeded) Type() Type { return "authentication.succeeded" }

// EndsNothing implements Harmless.
func (SignInSucceeded) EndsNothing() {}

// SignInFailed records that a guess was refused; the reason is the event's.
type SignInFailed struct {
	ClientID string `json:"client_id,omitempty"` // of the application that sent the user, as it knows it
	// ConnectionID is the public id of the connection to an identity provider, where it was that.
	ConnectionID string `json:"connection_id,omitempty"`
}

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

// SignInCodeRequested records that somebody wants to sign in with a code of a mail: there may be a
// letter to send. It names the one-time token that has the letter.
type SignInCodeRequested struct {
	Purpose string `json:"purpose"`
	Hash    string `json:"hash"` // base64url, without padding
}

// Type implements Fact.
func (SignInCodeRequested) Type() Type { return "sign_in.code_requested" }

// EndsNothing implements Harmless.
func (SignInCodeRequested) EndsNothing() {}

// RecoveryRequested records that somebody cannot sign in and wants another password: there may
// be a letter to send. It names the one-time token that has the letter.
type RecoveryRequested struct {
	Purpose string `json:"purpose"`
	Hash    string `json:"hash"` // base64url, without padding
}

// Type implements Fact.
func (RecoveryRequested) Type() Type { return "recovery.requested" }

// EndsNothing implements Harmless.
func (RecoveryRequested) EndsNothing() {}

// RecoveryLinkIssued records that an operator made a one-time link by which a user who has lost
// everything sets another password.
type RecoveryLinkIssued struct {
	Seconds      int  `json:"seconds"`       // that it is good
	ResetFactors bool `json:"reset_factors"` // whether using it removes all second factors
}

// Type implements Fact.
func (RecoveryLinkIssued) Type() Type { return "recovery_link.issued" }

// EndsNothing implements Harmless.
func (RecoveryLinkIssued) EndsNothing() {}

// AuthorizationGranted records that a client was answered with success: the user signed in
// to it, perhaps without noticing.
type AuthorizationGranted struct {
	ClientID  string    `json:"client_id"` // as the client knows it
	GrantID   uuid.UUID `json:"grant_id"`
	SessionID uuid.UUID `json:"session_id"`
	// Path is how the user was known: "session", by the browser's session alone, or
	// "sign_in", by a proof within the same flow.
	Path      string   `json:"path"`
	AMR       []string `json:"amr"` // RFC 8176, of the session
	ACR       string   `json:"acr,omitempty"`
	ACRValues []string `json:"acr_values,omitempty"` // that the client asked for
	Scopes    []string `json:"scopes"`
}

// The values of AuthorizationGranted.Path.
const (
	PathSession = "session"
	PathSignIn  = "sign_in"
)

// Type implements Fact.
func (AuthorizationGranted) Type() Type { return "authorization.granted" }

// EndsNothing implements Harmless.
func (AuthorizationGranted) EndsNothing() {}
