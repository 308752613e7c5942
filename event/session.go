package event

import "github.com/google/uuid"

var sessionKinds = []kind{kindOf[SessionCreated](), kindOf[SessionEnded](), kindOf[LogoutQueued](), kindOf[LogoutFailed]()}

// SessionCreated records that a browser got a session.
type SessionCreated struct {
	SessionID uuid.UUID `json:"session_id"`
}

// Type implements Fact.
func (SessionCreated) Type() Type { return "session.created" }

// EndsNothing implements Harmless.
func (SessionCreated) EndsNothing() {}

// A SessionEnd is why a session is over. The values are API.
type SessionEnd string

// The ways in which a session ends.
const (
	SessionLoggedOut       SessionEnd = "logout"           // in its browser, also by RP-initiated logout
	SessionReplaced        SessionEnd = "replaced"         // by that of another user in the same browser
	SessionExpired         SessionEnd = "expired"          // its idle or its absolute limit passed
	SessionPasswordChanged SessionEnd = "password_changed" // the user's, in another browser or by an operator
	SessionSignedOut       SessionEnd = "signed_out"       // the user, on all devices
	SessionEndedByUser     SessionEnd = "ended_by_user"    // from another browser, in the list of their sessions
	SessionEndedByOperator SessionEnd = "ended_by_operator"
	SessionUserDisabled    SessionEnd = "user_disabled"
	SessionUserEnabled     SessionEnd = "user_enabled" // made while somebody's SQL had disabled the user
	SessionUserDeleted     SessionEnd = "user_deleted"
	SessionDeviceRevoked   SessionEnd = "device_revoked" // the remembered browser that stood in for the second factor

	SessionIdentityUnlinked   SessionEnd = "identity_unlinked" // the account at an identity provider that it was begun with
	SessionConnectionDisabled SessionEnd = "connection_disabled"
	SessionConnectionDeleted  SessionEnd = "connection_deleted"
	SessionUpstreamLogout     SessionEnd = "upstream_logout" // the provider said so
)

// SessionEnds are all of them.
func SessionEnds() []SessionEnd {
	return []SessionEnd{
		SessionLoggedOut, SessionReplaced, SessionExpired, SessionPasswordChanged,
		SessionSignedOut, SessionEndedByUser, SessionEndedByOperator, SessionUserDisabled, SessionUserEnabled, SessionUserDeleted, SessionDeviceRevoked,
		SessionIdentityUnlinked, SessionConnectionDisabled, SessionConnectionDeleted, SessionUpstreamLogout,
	}
}

// SessionEnded records that a session is over, with the grants that hang on it.
type SessionEnded struct {
	SessionID uuid.UUID  `json:"session_id"`
	Reason    SessionEnd `json:"reason,omitempty"` // earlier versions gave none
}

// Type implements Fact.
func (SessionEnded) Type() Type { return "session.ended" }

// LogoutQueued records that one client is to be told of the end of a session.
type LogoutQueued struct {
	SessionID uuid.UUID `json:"session_id"`
	ClientID  string    `json:"client_id"` // as the client knows it
}

// Type implements Fact.
func (LogoutQueued) Type() Type { return "backchannel_logout.queued" }

// EndsNothing implements Harmless.
func (LogoutQueued) EndsNothing() {}

// LogoutFailed records that a client could not be told of the end of a session.
type LogoutFailed struct {
	SessionID uuid.UUID `json:"session_id"`
	ClientID  string    `json:"client_id"`
}

// Type implements Fact.
func (LogoutFailed) Type() Type { return "backchannel_logout.failed" }

// EndsNothing implements Harmless.
func (LogoutFailed) EndsNothing() {}
