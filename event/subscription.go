package event

import (
	"context"
	"slices"
)

// A Lane is a part of the queue with workers of its own, so that slow subscribers of one
// lane do not delay those of another.
type Lane string

// The lanes.
const (
	LaneDefault Lane = ""
	LaneLogout  Lane = "logout"  // clients that are slow to hear of a logout
	LaneWebhook Lane = "webhook" // which endpoints want an event; sending has lanes of its own
)

// A Subscription says which events a subscriber wants. It is apart from the handler because
// a process that only writes events needs no handlers.
type Subscription struct {
	// Name is stable: queued jobs have it. It is lower-case words with dots.
	Name string
	Lane Lane
	// Types are the events that are wanted, by any fact of their type.
	Types []Fact
	// When, if there is one, chooses among the events of these types. It must depend on
	// the event alone.
	When func(*Event) bool
	// Chosen says that tenants choose the types that are queued (tenant.Tenant.Webhooks),
	// among Types: so that an event that no tenant's endpoint wants costs nothing.
	Chosen bool
	// Origin says that the subscriber tells people where an event came from: IP and UserAgent
	// are only kept for those. They go with the user.
	Origin bool
}

// Wants reports whether the subscriber is told of e.
func (s *Subscription) Wants(e *Event) bool {
	return slices.ContainsFunc(s.Types, func(f Fact) bool { return f.Type() == e.Type() }) && (s.When == nil || s.When(e))
}

// A Subscriber is told of events after they are committed, at least once each. It must
// be idempotent by event id.
type Subscriber interface {
	Subscription() Subscription
	// Handle acts on one event; ctx acts for the event's tenant. A returned error has
	// the queue try again, this subscriber only.
	Handle(ctx context.Context, e Event) error
}
