package mail

import (
	"context"
	"fmt"

	"plinto/event"
	"plinto/tenant"
)

// A Credential is what a program shows, as a letter names it: an API key, or the client whose secret it is. Nothing of the secret is in it.
type Credential struct {
	ID   string // "" when there is nothing to tell: it is gone
	Name string
	Link string // address of the page where its user replaces it; "" for none
}

// Kinds of letters about credentials that end: about API keys, to their users and to contacts, and about secrets of clients.
const (
	ownKeyEnds    = "api_key.expiring"
	tenantKeyEnds = "api_key.expiring.tenant"
	secretEnds    = "client.secret_expiring"
)

// A KeyOwner tells the user of an API key that it ends before long. It implements event.Subscriber. Of keys of the tenant a Contact tells.
type KeyOwner struct {
	Sender Sender
	// Recipient returns whom an event's subject is, with no Email when the user is gone or has none.
	Recipient func(ctx context.Context, subject string) (Recipient, error)
	// Key finds the API key that is an event's subject.
	Key func(ctx context.Context, subject string) (Credential, error)
}

// Subscription implements event.Subscriber.
func (*KeyOwner) Subscription() event.Subscription {
	return event.Subscription{
		Name: "mail.key.owner", Types: []event.Fact{event.APIKeyExpiring{}},
		When: func(e *event.Event) bool { return ofUser(e.Fact) },
	}
}

// ofUser reports whether a fact is about an API key of a user.
func ofUser(fact event.Fact) bool {
	key, is := fact.(event.APIKeyExpiring)
	return is && key.User != ""
}

// Handle implements event.Subscriber. A mail that can never be sent is dropped; everything else
// is tried again by the queue.
func (o *KeyOwner) Handle(ctx context.Context, e event.Event) error {
	fact, is := e.Fact.(event.APIKeyExpiring)
	if !is {
		return nil
	}
	t, err := tenant.From(ctx)
	if err != nil {
		return err
	}
	key, err := o.Key(ctx, e.Subject)
	if err != nil {
		return fmt.Errorf("find API key: %w", err)
	}
	to, err := o.Recipient(ctx, fact.User)
	if err != nil {
		return fmt.Errorf("find user of API key: %w", err)
	}
	if key.ID == "" || to.Email == "" {
		return nil
	}
	v := newView(t, to.Lang, ownKeyEnds)
	v.Name, v.Key, v.Date, v.Link = line(to.Name, maxName), line(key.Name, maxDevice), v.day(fact.ExpiresAt), key.Link
	return v.post(ctx, o.Sender, t, &e, to.Email, "")
}

// ending is what a letter to contacts says about a credential that ends, where there is something to tell.
func (c *Contact) ending(ctx context.Context, t *tenant.Tenant, lang string, e *event.Event) (v view, tells bool, err error) {
	found, err := c.Credential(ctx, e)
	if err != nil {
		return v, false, fmt.Errorf("find what ends: %w", err)
	}
	named := found.ID
	if found.Name != "" {
		named = line(found.Name, maxDevice) + " (" + found.ID + ")"
	}
	switch fact := e.Fact.(type) {
	case event.APIKeyExpiring:
		v = newView(t, lang, tenantKeyEnds)
		v.Key, v.Date = named, v.day(fact.ExpiresAt)
	case event.ClientSecretExpiring:
		v = newView(t, lang, secretEnds)
		v.App, v.Date = named, v.day(fact.ExpiresAt)
	}
	return v, found.ID != "", nil
}
