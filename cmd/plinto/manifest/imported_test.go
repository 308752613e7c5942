package manifest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"plinto/cmd/plinto/manifest"
	"plinto/provider"
	"plinto/tenant"
)

// Clients of another server keep their ids and secrets; what is weak is said now and
// known later.
func TestApply_takesClientsOfOtherServersAsTheyAre(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	const doc = `
tenants:
  - slug: acme
    clients:
      - {client_id: "urn:acme:shop", client_secret: "short:secret-16c", redirect_uris: ["https://shop.example/cb"]}
      - {client_id: app, application_type: native, token_endpoint_auth_method: none, redirect_uris: ["myapp:/cb"], allowed_origins: ["capacitor://localhost"]}
    users:
      - {email: "zoë@münchen.example", password: "correct horse battery staple"}
`
	_, warnings, err := manifest.Parse("plinto.yaml", []byte(doc))
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0].In("plinto.yaml"), "clients[0].client_secret: is short") {
		t.Fatalf("%v, warnings %v", err, warnings)
	}
	s.apply(doc, false)
	ctx := s.in("acme")
	c, err := s.store.Clients.ByClientID(ctx, "urn:acme:shop")
	if err != nil || len(c.Secrets) != 1 || !c.Secrets[0].Weak || !s.target.Registrar.Secrets.Matches(tenant.Must(ctx).ID, c, "short:secret-16c", time.Now()) {
		t.Errorf("got %+v, %v", c, err)
	}
	for _, typed := range []string{"ZOË@münchen.example", "zoë@xn--mnchen-3ya.example"} {
		if held, err := s.store.Users.Credential(ctx, typed, nil); err != nil || held.User.Email != "zoë@münchen.example" {
			t.Errorf("%s: %+v, %v", typed, held.User, err)
		}
	}
}

// RFC 3986 §6.2: two spellings are one resource server.
func TestApply_knowsAResourceServerInAnotherSpelling(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	const one = `
tenants:
  - slug: acme
    resource_servers:
      - {identifier: "https://api.example"}
`
	twice := one + `      - {identifier: "HTTPS://API.example:443/"}
`
	var problems *manifest.Problems
	if _, _, err := manifest.Parse("plinto.yaml", []byte(twice)); !errors.As(err, &problems) || !strings.Contains(err.Error(), "declared twice") {
		t.Errorf("declared twice: %v", err)
	}
	s.apply(one, false)
	m, _, err := manifest.Parse("plinto.yaml", []byte(strings.Replace(one, "api.example", "api.example/", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Plan(t.Context(), s.target, false); err == nil || !strings.Contains(err.Error(), `registered already as "https://api.example"`) {
		t.Errorf("declared in another spelling: %v", err)
	}
	ctx := s.in("acme")
	if err := s.store.ResourceServers.Put(ctx, provider.ResourceServer{Identifier: "https://API.example"}); !errors.Is(err, provider.ErrResourceTaken) {
		t.Errorf("stored in another spelling: %v", err)
	}
	servers, err := s.store.ResourceServers.All(ctx)
	if err != nil || len(servers) != 1 {
		t.Fatalf("%v, %v", servers, err)
	}
	if err := s.store.ResourceServers.Put(ctx, provider.ResourceServer{Identifier: "https://api.example", Name: "API", Version: servers[0].Version}); err != nil {
		t.Errorf("replaced: %v", err)
	}
}
