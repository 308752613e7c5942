package webhook

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/tid"
	"plinto/tenant"
)

// A Subscriber makes deliveries of events for the endpoints that want them. It implements
// event.Subscriber.
type Subscriber struct {
	Endpoints  Endpoints
	Deliveries Deliveries
	Now        func() time.Time

	mu      sync.Mutex
	waiting map[tenant.ID]*batch // of each tenant, what the next write takes along
}

// A batch is what several events at once have written together.
type batch struct {
	all  []Delivery
	done chan struct{}
	err  error
	turn chan struct{} // closed when the write before is over
}

// Subscription implements event.Subscriber.
func (*Subscriber) Subscription() event.Subscription {
	return event.Subscription{Name: "webhooks", Lane: event.LaneWebhook, Types: Facts(), Chosen: true}
}

// Handle implements event.Subscriber. That an event is handled twice adds nothing.
func (s *Subscriber) Handle(ctx context.Context, e event.Event) error {
	endpoints, err := s.Endpoints.Collecting(ctx)
	if err != nil {
		return fmt.Errorf("find webhook endpoints: %w", err)
	}
	now := s.Now()
	var all []Delivery
	for i := range endpoints {
		if !wants(&endpoints[i], &e) {
			continue
		}
		all = append(all, Delivery{
			ID: uuid.Must(uuid.NewV7()), EndpointID: endpoints[i].ID, EventID: e.ID, Type: e.Type(), UserID: about(&e),
			OccurredAt: e.OccurredAt, State: Pending, DueAt: now, CreatedAt: now,
		})
	}
	if len(all) == 0 {
		return nil
	}
	return s.add(ctx, all)
}

// wants reports whether an endpoint is sent an event. A test is for the endpoint it names; of
// what else happens to an endpoint only the others are told.
func wants(endpoint *Endpoint, e *event.Event) bool {
	id, err := tid.Parse(EndpointPrefix, e.Subject)
	its := err == nil && id == endpoint.ID
	if (e.Type() == event.WebhookEndpointTested{}.Type()) {
		return its
	}
	return !its && event.Wanted(endpoint.Events, e.Type())
}

// add writes deliveries together with those of other events of the tenant that wait for the
// write before: a flood of events is few transactions, and each tenant has one at a time.
func (s *Subscriber) add(ctx context.Context, all []Delivery) error {
	id := tenant.Must(ctx).ID
	s.mu.Lock()
	if s.waiting == nil {
		s.waiting = map[tenant.ID]*batch{}
	}
	b, joined := s.waiting[id]
	if joined && b.all != nil {
		b.all = append(b.all, all...)
		s.mu.Unlock()
		select {
		case <-b.done:
			return b.err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	// The entry is the batch that is being written, if there is one: the next waits for it.
	next := &batch{all: slices.Clone(all), done: make(chan struct{})}
	if joined {
		next.turn = b.done
	}
	s.waiting[id] = next
	s.mu.Unlock()
	return s.write(ctx, id, next)
}

func (s *Subscriber) write(ctx context.Context, id tenant.ID, b *batch) error {
	if b.turn != nil {
		<-b.turn
	}
	s.mu.Lock()
	taken := b.all
	b.all = nil // who comes now begins another batch
	s.mu.Unlock()
	b.err = s.Deliveries.Add(ctx, taken, s.Now())
	s.mu.Lock()
	if s.waiting[id] == b {
		delete(s.waiting, id)
	}
	s.mu.Unlock()
	close(b.done)
	return b.err
}
