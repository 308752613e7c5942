package keys

import (
	"context"
	"testing"

	"plinto/event"
	"plinto/internal/jwt"
	"plinto/provider"
)

// counted counts what is asked of keys.
type counted struct {
	*stored
	dataKeys, created int
}

func (c *counted) DataKey(ctx context.Context, fresh []byte) ([]byte, error) {
	c.dataKeys++
	return c.stored.DataKey(ctx, fresh)
}

func (c *counted) Create(ctx context.Context, k provider.SigningKey) (bool, error) {
	c.created++
	return c.stored.Create(ctx, k)
}

// A tenant's first requests find the keys that are offered to every client.
func TestMaker_leavesNoKeyToTheFirstRequest(t *testing.T) {
	t.Parallel()
	ctx, s, stored, _ := setup(t)
	asked := &counted{stored: stored}
	s.Keys = asked
	m := &Maker{Keys: s}
	if wanted := m.Subscription(); !wanted.Wants(&event.Event{Fact: event.TenantCreated{}}) || wanted.Wants(&event.Event{Fact: event.TenantUpdated{}}) {
		t.Errorf("it is told of %v", wanted.Types)
	}
	if err := m.Handle(ctx, event.Event{Fact: event.TenantCreated{}}); err != nil {
		t.Fatal(err)
	}
	if asked.created != len(provider.DefaultAlgs) || asked.dataKeys != 1 {
		t.Fatalf("%d keys made, the data key read %d times; want %d keys and one read", asked.created, asked.dataKeys, len(provider.DefaultAlgs))
	}
	elsewhere := &Service{Keys: asked, Outbox: stored, Tx: stored, Root: s.Root, Now: s.Now} // another process
	published(ctx, t, elsewhere)
	for _, alg := range provider.DefaultAlgs {
		if _, err := elsewhere.Sign(ctx, alg, "", []byte(`{}`)); err != nil {
			t.Error(err)
		}
	}
	if asked.created != len(provider.DefaultAlgs) || asked.dataKeys != 2 {
		t.Errorf("the first requests made %d keys and read the data key %d times, want 0 and 1", asked.created-len(provider.DefaultAlgs), asked.dataKeys-1)
	}
	if err := m.Handle(ctx, event.Event{Fact: event.TenantCreated{}}); err != nil || asked.created != len(provider.DefaultAlgs) {
		t.Errorf("told twice: %v, and %d keys made", err, asked.created)
	}
	if _, err := elsewhere.Sign(ctx, jwt.PS256, "", []byte(`{}`)); err != nil || asked.created != len(provider.DefaultAlgs)+1 {
		t.Errorf("of an algorithm that nobody asked for before: %v, and %d keys", err, asked.created)
	}
}
