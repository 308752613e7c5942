package challenge_test

import (
	"testing"
	"time"

	"plinto/federation"
	"plinto/internal/plintotest"
	"plinto/internal/secret"
)

// FED-21: an application that signs users in by itself opens a page for those whose organization has them sign in with its
// identity provider.
func TestChallenge_leadsToTheProviderThatIsRequired(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	connections := &federation.Service{
		Connections: w.Store.Connections, Writes: w.Store.Connections, Vault: federation.NewVault(w.Root),
		CheckURL: func(string) error { return nil }, Outbox: w.Store.Outbox, Tx: w.Store.DB, Now: time.Now,
	}
	c, err := connections.Create(w.In(), "work", federation.Spec{
		Name: "Work", Issuer: "https://idp.example", ClientID: "plinto", EmailDomains: []string{"example.com"}, SSO: federation.SSORequired,
	}, secret.NewString("secret"))
	if err != nil {
		t.Fatal(err)
	}
	w.posts(w.request(password()), "redirect_to_web sign_in")
	if err := connections.Disable(w.In(), c.ID); err != nil {
		t.Fatal(err)
	}
	w.posts(w.request(password()), "")
}
