package provider_test

import (
	"errors"
	"testing"

	"plinto/event"
	"plinto/federation"
	"plinto/identity"
	"plinto/internal/plintotest"
)

// ADR-10: nobody has the accounts of others at a provider connected with theirs by a user name that is looked up as an address of
// these, also not by one that is there from a time when it could be chosen.
func TestProvider_connectsNobodyByAUserName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{}, func(s *federation.Spec) { trusting(s); s.Provision = federation.ProvisionDomain })
	mallory := w.User("mallory@else.example")
	_, err := w.Directory().Update(w.In(), event.Actor{Type: "operator"}, mallory.ID, func(u *identity.User) { u.Username = "alice\uff20example.com" })
	if !errors.Is(err, identity.ErrUsername) {
		t.Errorf("the name is taken: %v", err)
	}
	w.exec(`INSERT INTO user_identifiers (tenant_id, canonical, kind, user_id) VALUES ($1, 'alice@example.com', 'username', $2) ON CONFLICT DO NOTHING`,
		w.Tenant.ID.String(), mallory.ID)
	if p := w.comes("alice"); signedIn(p) || len(w.identities("mallory@else.example")) > 0 {
		t.Errorf("alice is signed in as mallory: on %s, left to %v", p.URL, p.Left)
	}
}
