package webhook

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/event"
)

const (
	// ReplayPause is between two replays to one endpoint: a receiver that was away must not
	// be flooded when it is back.
	ReplayPause = 100 * time.Millisecond
	// MaxReplay bounds one replay.
	MaxReplay = 10_000
)

// A Selection says which events are sent to an endpoint again: that of one delivery, or those
// of the deliveries in a range of time, by when they happened. What is pending anyway is not.
type Selection struct {
	Delivery    uuid.UUID // uuid.Nil: by time
	From, To    time.Time // To is exclusive; zero: no bound
	OnlyFailed  bool      // only those that were given up
	FailedSince time.Time // only those that were given up since then; zero: no bound
}

// Replayed says what became of a selection.
type Replayed struct {
	Queued int  // deliveries that are made again
	Erased int  // not sent: the user was deleted
	Gone   int  // not sent: the event is not kept any more
	More   bool // there were more than MaxReplay: those from the earliest are queued
}

// Replay has events sent to an endpoint again, with the webhook-id they had: a receiver that
// has seen one knows it. ErrNotFound, ErrDisabled; of one delivery ErrNoDelivery, ErrErased,
// ErrEventGone.
func (s *Service) Replay(ctx context.Context, endpoint uuid.UUID, what Selection) (Replayed, error) {
	e, err := s.ByID(ctx, endpoint)
	if err != nil {
		return Replayed{}, err
	}
	if !e.DisabledAt.IsZero() {
		return Replayed{}, ErrDisabled
	}
	var done Replayed
	return done, s.change(ctx, endpoint, func(ctx context.Context) (event.Fact, error) {
		done, err = s.Deliveries.Repeat(ctx, endpoint, what, s.Now())
		switch {
		case err != nil:
			return nil, err
		case what.Delivery != uuid.Nil && done.Erased > 0:
			return nil, ErrErased
		case what.Delivery != uuid.Nil && done.Gone > 0:
			return nil, ErrEventGone
		case done.Queued == 0:
			return nil, nil //nolint:nilnil // nothing changed
		}
		return event.WebhookEndpointReplayed{Deliveries: done.Queued}, nil
	})
}

// SinceFailing selects what failed since sending to an endpoint began to fail, the last time
// that it did. ErrNeverFailed.
func (e *Endpoint) SinceFailing() (Selection, error) {
	if e.Health.BrokeAt.IsZero() {
		return Selection{}, ErrNeverFailed
	}
	return Selection{OnlyFailed: true, FailedSince: e.Health.BrokeAt}, nil
}
