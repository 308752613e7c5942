package event

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// A Type is a stable, dotted, past-tense name. Types are API: webhooks and the
// audit log show them.
type Type string

// A Fact is what one type of event tells: a struct whose fields are stored as JSON.
// It holds ids and reasons, never secrets or personal data.
type Fact interface {
	Type() Type
}

// A Harmless fact ends no token, so copies of tokens in memory stay valid. A fact that does
// not implement it is taken to end tokens.
type Harmless interface {
	Fact
	EndsNothing()
}

// EndsTokens reports whether tokens that stood before the fact may be over after it.
func EndsTokens(f Fact) bool {
	_, harmless := f.(Harmless)
	return !harmless
}

// An Actor is who did it.
type Actor struct {
	Type string `json:"type"`         // "user", "client", "api_key", "operator" (command line, or a caller of the system tenant), "system"
	ID   string `json:"id,omitempty"` // public id
}

// An Event is one fact with what every event says.
type Event struct {
	ID         uuid.UUID
	OccurredAt time.Time // zero: the database's now()
	Actor      Actor
	Subject    string // public id of what it happened to
	Outcome    string // "success" or "failure"
	Reason     string // stable code, for failures
	IP         string
	UserAgent  string // as sent, cut to 256 bytes
	RequestID  string
	Fact       Fact
	// Seq is given to an event that is stored for subscribers: it grows per subject, in the
	// order of the changes. Zero before, and for events of earlier versions.
	Seq int64
}

// Type returns the type of the fact.
func (e *Event) Type() Type { return e.Fact.Type() }

// An Outbox records events with the change they tell of.
type Outbox interface {
	// Append writes each event with its audit row, and a queue job for each
	// subscription that wants it, in the transaction of ctx. It fails outside one:
	// an event without its change, or a change without its event, cannot be written.
	Append(ctx context.Context, events ...Event) error
}
