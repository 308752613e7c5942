package provider_test

import (
	"testing"

	"plinto/federation"
	"plinto/internal/plintotest"
	"plinto/internal/secret"
	"plinto/internal/testworld"
)

// A second Plinto as the provider: discovery, PKCE, code, ID token and userinfo are those of a real server. An account is made
// at the first sign-in, and known at the second.
func TestProvider_canBeAnotherPlinto(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	upstream := plintotest.Start(t)
	client, clientSecret := upstream.Client(testworld.Web(w.Issuer()+"/federation/plinto/callback"), plintotest.FirstParty)
	upstream.User("carol@example.com")
	_, err := w.service().Create(w.In(), "plinto", federation.Spec{
		Name: "Another Plinto", Issuer: upstream.Issuer(), ClientID: client.ClientID, EmailDomains: []string{"example.com"}, Provision: federation.ProvisionDomain,
	}, secret.NewString(clientSecret))
	must(t, err)
	for _, when := range []string{"at first", "again"} {
		here, there := w.Browser(), upstream.Browser()
		to := w.leaves(here, "plinto", nil)
		p := there.Open(to.String()).Submit("submit", map[string]string{"username": "carol@example.com", "password": plintotest.Password})
		if p.Left == nil || p.Left.Query().Get("code") == "" {
			t.Fatalf("%s: there: on %s (%d): %s", when, p.URL, p.Status, text(p))
		}
		if p = here.Open(p.Left.String()); !signedIn(p) {
			t.Fatalf("%s: here: on %s (%d): %s", when, p.URL, p.Status, text(p))
		}
	}
	if held := w.identities("carol@example.com"); len(held) != 1 || held[0].Issuer != upstream.Issuer() {
		t.Errorf("identities %+v", held)
	}
}
