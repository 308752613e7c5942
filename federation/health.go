package federation

import (
	"context"
	"time"

	"plinto/event"
	"plinto/identity"
)

// limitHealth is how often it is told that a provider fails, and how often that it answers again.
var limitHealth = identity.Limit{Name: "federation-health", Count: 60, Period: time.Hour, Burst: 1}

// Why a provider is left alone.
const (
	HealthTimeout     = "timeout"     // it did not answer in time
	HealthUnreachable = "unreachable" // there was no connection to it
	HealthStatus      = "status"      // it answered with a status that says that it fails
)

// Health tells in events when the provider of a connection is left alone because it fails, and when it answers again.
type Health struct {
	Limiter identity.Limiter
	Outbox  event.Outbox
	Tx      identity.Transactor
}

// Failed tells that a provider is left alone, and why.
func (h *Health) Failed(ctx context.Context, c *Connection, why string) {
	h.tell(ctx, c, "failed", event.Event{Fact: event.ConnectionUnavailable{Slug: c.Slug}, Outcome: "failure", Reason: why})
}

// Recovered tells that it answers again.
func (h *Health) Recovered(ctx context.Context, c *Connection) {
	h.tell(ctx, c, "recovered", event.Event{Fact: event.ConnectionAvailable{Slug: c.Slug}, Outcome: "success"})
}

// tell appends an event, unless that was told a moment ago. Whoever signs in does not wait for its success: the log and the metrics
// have it too.
func (h *Health) tell(ctx context.Context, c *Connection, what string, e event.Event) {
	ctx = context.WithoutCancel(ctx)
	if h.Limiter.Take(ctx, limitHealth.Of(c.ID.String()+" "+what)) > 0 {
		return
	}
	e.Actor, e.Subject = event.Actor{Type: "system"}, c.PublicID()
	_ = h.Tx.InTx(ctx, func(ctx context.Context) error { return h.Outbox.Append(ctx, e) })
}
