package mail

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"plinto/event"
)

// An OldAddress tells the mailbox of an address that another one is the primary address of its
// account now, with a link that takes that back. The new one is told by Notifier: each has a
// subscriber, so that a mailbox that cannot be reached has nothing sent to the other again. It
// implements event.Subscriber.
type OldAddress struct {
	Sender Sender
	// Recipient returns whom to tell at the old address, with no Email when there was none or it is
	// too late, and whether the change can be taken back.
	Recipient func(ctx context.Context, subject string, change uuid.UUID) (to Recipient, revocable bool, err error)
	// Place says where the mail says that the request came from.
	Place Place
	// NotMe makes the address by which the change is taken back.
	NotMe func(ctx context.Context, e *event.Event, to string) (string, error)
}

// Subscription implements event.Subscriber.
func (*OldAddress) Subscription() event.Subscription {
	return event.Subscription{Name: "mail.old_address", Types: []event.Fact{event.EmailPrimaryChanged{}}, Origin: true}
}

// Handle implements event.Subscriber. A mail that can never be sent is dropped; everything else
// is tried again by the queue.
func (o *OldAddress) Handle(ctx context.Context, e event.Event) error {
	fact, is := e.Fact.(event.EmailPrimaryChanged)
	if !is {
		return nil // not subscribed to
	}
	to, revocable, err := o.Recipient(ctx, e.Subject, fact.ChangeID)
	if err != nil {
		return fmt.Errorf("find old address: %w", err)
	}
	if to.Email == "" {
		return nil
	}
	kind, makeLink := string(e.Type())+".old", o.NotMe
	if !revocable {
		kind, makeLink = kind+".operator", nil
	}
	m, err := notice(ctx, &e, kind, to, o.Place, makeLink)
	if err != nil {
		return fmt.Errorf("compose mail: %w", err)
	}
	m.ID += "-old"
	return send(ctx, o.Sender, m)
}
