package webhook

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/tid"
)

// An Eraser deletes what is kept for webhooks of users that were deleted. It implements
// event.Subscriber. Nothing about them is sent before it has: see Due.
type Eraser struct {
	// Erase drops what is pending about a user of the context's tenant, and deletes their
	// stored events and the answers to them.
	Erase func(ctx context.Context, user uuid.UUID) error
}

// Subscription implements event.Subscriber.
func (*Eraser) Subscription() event.Subscription {
	return event.Subscription{Name: "webhooks.erasure", Types: []event.Fact{event.UserDeleted{}}}
}

// Handle implements event.Subscriber.
func (x *Eraser) Handle(ctx context.Context, e event.Event) error {
	user, err := tid.Parse(userPrefix, e.Subject)
	if err != nil {
		return nil //nolint:nilerr // an event that names nobody erases nobody; it will not get better
	}
	if err := x.Erase(ctx, user); err != nil {
		return fmt.Errorf("erase webhooks of user: %w", err)
	}
	return nil
}
