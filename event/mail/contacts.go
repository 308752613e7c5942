package mail

import (
	"context"
	"fmt"
	"strconv"

	"plinto/event"
	"plinto/tenant"
)

// An Endpoint is a webhook endpoint as a letter names it.
type Endpoint struct {
	ID          string // "" when there is nothing to tell: it is gone, or enabled again
	Description string
	Host        string // of its address, whose path may be a secret
}

// A Connection is a connection to an identity provider as a letter names it.
type Connection struct {
	Slug string // "" when there is nothing to tell: it is gone, or disabled
	Name string
}

// A Contact tells one of the technical contacts of a tenant that a webhook endpoint was
// disabled, unless it was by an operator, that nobody can sign in with an identity provider before long, or that its metadata are not believed, and that
// an API key of the tenant or the secret of a client ends. It implements event.Subscriber. Each contact has a
// subscriber, so that one who cannot be reached has nothing sent to the others again.
type Contact struct {
	Nth    int // of tenant.Settings.Contacts, from 0
	Sender Sender
	// Endpoint finds the endpoint that is an event's subject.
	Endpoint func(ctx context.Context, subject string) (Endpoint, error)
	// Connection finds the connection that is an event's subject.
	Connection func(ctx context.Context, subject string) (Connection, error)
	// Credential finds what an event says of that it ends.
	Credential func(ctx context.Context, e *event.Event) (Credential, error)
	// Lang returns the language of whoever has an address, a BCP 47 tag, or "".
	Lang func(ctx context.Context, email string) (string, error)
}

// reasons are those of endpoints that nobody disabled.
var reasons = map[string]bool{"failing": true, "gone": true}

// Subscription implements event.Subscriber.
func (c *Contact) Subscription() event.Subscription {
	return event.Subscription{
		Name: "mail.contact." + strconv.Itoa(c.Nth+1),
		Types: []event.Fact{
			event.WebhookEndpointDisabled{},
			event.ConnectionCertificateExpiring{},
			event.ConnectionMetadataFailing{},
			event.APIKeyExpiring{},
			event.ClientSecretExpiring{},
		},
		When: func(e *event.Event) bool {
			if ofUser(e.Fact) {
				return false
			}
			disabled, is := e.Fact.(event.WebhookEndpointDisabled)
			return !is || reasons[disabled.Reason]
		},
	}
}

// Handle implements event.Subscriber. A mail that can never be sent is dropped; everything else
// is tried again by the queue.
func (c *Contact) Handle(ctx context.Context, e event.Event) error {
	t, err := tenant.From(ctx)
	if err != nil {
		return err
	}
	if c.Nth >= len(t.Settings.Contacts) {
		return nil
	}
	to := t.Settings.Contacts[c.Nth]
	lang, err := c.Lang(ctx, to)
	if err != nil {
		return fmt.Errorf("find language of contact: %w", err)
	}
	v, tells, err := c.about(ctx, t, lang, &e)
	if err != nil || !tells {
		return err
	}
	return v.post(ctx, c.Sender, t, &e, to, "-"+strconv.Itoa(c.Nth+1))
}

// Kinds of letters about connections: about certificates, about metadata that cannot be read, and about those that nobody vouches for.
const (
	expiring  = "connection.certificate_expiring"
	failsLong = "connection.metadata_failing"
	newThings = "connection.metadata_failing.unsigned_changes"
)

// about is what a letter about an event says, where there is something to tell.
func (c *Contact) about(ctx context.Context, t *tenant.Tenant, lang string, e *event.Event) (v view, tells bool, err error) {
	switch fact := e.Fact.(type) {
	case event.WebhookEndpointDisabled:
		endpoint, err := c.Endpoint(ctx, e.Subject)
		if err != nil {
			return v, false, fmt.Errorf("find webhook endpoint: %w", err)
		}
		v = newView(t, lang, string(e.Type())+"."+fact.Reason)
		v.When, v.Endpoint, v.Host = v.when(e.OccurredAt), endpoint.ID, line(endpoint.Host, maxName)
		if endpoint.Description != "" {
			v.Endpoint += " (" + line(endpoint.Description, maxDevice) + ")"
		}
		return v, endpoint.ID != "", nil
	case event.ConnectionCertificateExpiring:
		found, err := c.Connection(ctx, e.Subject)
		if err != nil {
			return v, false, fmt.Errorf("find connection: %w", err)
		}
		v = newView(t, lang, expiring)
		v.Connection, v.Date = found.Slug+" ("+line(found.Name, maxName)+")", v.day(fact.ExpiresAt)
		return v, found.Slug != "", nil
	case event.ConnectionMetadataFailing:
		found, err := c.Connection(ctx, e.Subject)
		if err != nil {
			return v, false, fmt.Errorf("find connection: %w", err)
		}
		kind := failsLong
		if fact.Problem == "unsigned_changes" {
			kind = newThings
		}
		v = newView(t, lang, kind)
		v.Connection, v.Date = found.Slug+" ("+line(found.Name, maxName)+")", v.day(fact.Since)
		return v, found.Slug != "", nil
	case event.APIKeyExpiring, event.ClientSecretExpiring:
		return c.ending(ctx, t, lang, e)
	}
	return v, false, nil
}
