package webhook

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/tid"
)

// A State is what became of a delivery.
type State string

// The states.
const (
	Pending   State = "pending"
	Delivered State = "delivered"
	Failed    State = "failed"
	Dropped   State = "dropped"
)

// Why a delivery was dropped.
const (
	Erased     = "erased"     // the user it is about was deleted
	EventGone  = "event_gone" // the event is not kept any more
	Unreadable = "unreadable" // it is of another version
	Restored   = "restored"   // the tenant was put back to an earlier time: it may have been sent
)

// A Delivery is one event for one endpoint.
type Delivery struct {
	ID         uuid.UUID
	EndpointID uuid.UUID
	EventID    uuid.UUID
	Type       event.Type
	UserID     uuid.UUID // whom the event is about; uuid.Nil: no user
	OccurredAt time.Time // when the event happened
	Replay     int       // 0: the first; receivers know a replay by the webhook-id they have seen
	State      State
	Reason     string // of what failed or was dropped: a class of Attempt.Error, or a constant
	Attempts   int
	DueAt      time.Time // of what is pending
	CreatedAt  time.Time
	FinishedAt time.Time // zero: pending
}

// PublicID returns the id as people see it.
func (d *Delivery) PublicID() string { return tid.Format(DeliveryPrefix, d.ID) }

// An Attempt is one request for a delivery.
type Attempt struct {
	ID      uuid.UUID
	At      time.Time
	Latency time.Duration
	Status  int    // 0: there was no answer
	Error   string // "" when it was delivered; else a class: "status", "timeout", "refused", "dns", "tls", "blocked", "connection"
	Answer  string // the beginning of the answer, as text
	Cut     bool   // whether there was more

	retryAfter time.Duration
}

// Deliveries keeps the deliveries of the context's tenant.
type Deliveries interface {
	// Add stores deliveries that are not there yet, due at now, and has them sent.
	Add(ctx context.Context, all []Delivery, now time.Time) error
	// List returns up to limit deliveries of an endpoint, newest first, from the first one
	// before that id (uuid.Nil: all), in one state or ("") any.
	List(ctx context.Context, endpoint, before uuid.UUID, state State, limit int) ([]Delivery, error)
	// ByID returns one with its attempts, the first one first. ErrNoDelivery.
	ByID(ctx context.Context, id uuid.UUID) (Delivery, []Attempt, error)
	// Repeat makes deliveries again, in the transaction of ctx, due one after the other.
	Repeat(ctx context.Context, endpoint uuid.UUID, what Selection, now time.Time) (Replayed, error)
}

// about returns the user whose person an event tells of: none of what is kept of them is sent
// once they are deleted, but that they are.
func about(e *event.Event) uuid.UUID {
	if (e.Fact.Type() == event.UserDeleted{}.Type()) {
		return uuid.Nil
	}
	for _, id := range append([]string{e.Subject, e.Actor.ID}, members(e.Fact)...) {
		if user, err := tid.Parse(userPrefix, id); err == nil {
			return user
		}
	}
	return uuid.Nil
}

// userPrefix is identity.UserPrefix, which this package cannot know.
const userPrefix = "user"

// members returns the texts that a fact holds.
func members(f event.Fact) (texts []string) {
	data, err := json.Marshal(f)
	if err != nil {
		return nil
	}
	var all map[string]any
	if json.Unmarshal(data, &all) != nil {
		return nil
	}
	for _, v := range all {
		if s, is := v.(string); is && strings.HasPrefix(s, userPrefix) {
			texts = append(texts, s)
		}
	}
	return texts
}

// backoff is how long to wait after each failed attempt; after those, as long as the last.
var backoff = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour,
}

const (
	// giveUpAfter is how long a delivery is tried.
	giveUpAfter = 72 * time.Hour
	// disableAfter is how long sending to an endpoint fails without one success before it
	// is disabled.
	disableAfter = 72 * time.Hour
	// maxRetryAfter bounds what a receiver asks for by Retry-After.
	maxRetryAfter = 12 * time.Hour
)

// nextTry returns when a delivery is due again after so many attempts, or false when it is
// given up. Waits are spread by a fifth, so that what failed together does not come together.
func nextTry(d *Delivery, attempts int, asked time.Duration, now time.Time) (time.Time, bool) {
	wait := backoff[min(attempts, len(backoff))-1]
	wait += time.Duration((rand.Float64()*0.4 - 0.2) * float64(wait)) //nolint:gosec // spread, not secret
	next := now.Add(max(wait, min(asked, maxRetryAfter)))
	return next, next.Sub(d.CreatedAt) <= giveUpAfter
}
