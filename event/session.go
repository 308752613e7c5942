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

// SessionEnded records that a session is over, with the grants that hang on it.
type SessionEnded struct {
	SessionID uuid.UUID `json:"session_id"`
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
