package keys

import (
	"context"

	"plinto/event"
	"plinto/provider"
)

// A Maker makes the keys of a tenant as soon as there is the tenant, so that its first request does not
// wait for an RSA key. Every tenant has one, as RS256 is what ID tokens are signed with where a client
// says nothing else, and has to be offered (OpenID Connect Discovery 1.0 §3). Where no queue is worked
// off, the first request that needs a key makes it.
type Maker struct{ Keys *Service }

// Subscription implements event.Subscriber.
func (*Maker) Subscription() event.Subscription {
	return event.Subscription{Name: "signing.keys", Types: []event.Fact{event.TenantCreated{}}}
}

// Handle implements event.Subscriber. Keys that are there stay.
func (m *Maker) Handle(ctx context.Context, _ event.Event) error {
	_, err := m.Keys.ring(ctx, provider.DefaultAlgs...)
	return err
}
