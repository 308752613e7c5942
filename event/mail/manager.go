package mail

import (
	"context"
	"fmt"
	"strconv"

	"plinto/event"
	"plinto/tenant"
)

// MaxManagers is how many of those who manage an organization are told.
const MaxManagers = 5

// A Manager tells one of those who manage the domains of an organization that it loses one before long. It implements event.Subscriber. Each
// has a subscriber, as a Contact has.
type Manager struct {
	Nth    int // of those who manage the domains, from 0
	Sender Sender
	// Recipient returns who that is in the organization that is an event's subject, and its name; no Email when there are fewer.
	Recipient func(ctx context.Context, subject string, nth int) (to Recipient, organization string, err error)
}

// lapsing is the kind of letters about domains.
const lapsing = "domain.lapsing"

// Subscription implements event.Subscriber.
func (m *Manager) Subscription() event.Subscription {
	return event.Subscription{Name: "mail.manager." + strconv.Itoa(m.Nth+1), Types: []event.Fact{event.DomainLapsing{}}}
}

// Handle implements event.Subscriber. A mail that can never be sent is dropped; everything else
// is tried again by the queue.
func (m *Manager) Handle(ctx context.Context, e event.Event) error {
	fact, is := e.Fact.(event.DomainLapsing)
	if !is {
		return nil
	}
	t, err := tenant.From(ctx)
	if err != nil {
		return err
	}
	to, organization, err := m.Recipient(ctx, e.Subject, m.Nth)
	if err != nil {
		return fmt.Errorf("find manager: %w", err)
	}
	if to.Email == "" {
		return nil
	}
	v := newView(t, to.Lang, lapsing)
	v.Name, v.Organization, v.Domain, v.Record, v.Date = line(to.Name, maxName), line(organization, maxName), fact.Domain, fact.Record, v.day(fact.LapsesAt)
	return v.post(ctx, m.Sender, t, &e, to.Email, "-"+strconv.Itoa(m.Nth+1))
}
