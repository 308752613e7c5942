package manifest_test

import (
	"strings"
	"testing"

	"plinto/cmd/plinto/manifest"
	"plinto/federation"
	"plinto/internal/fakesaml"
	"plinto/tenant"
)

const federated = `
tenants:
  - slug: acme
    organizations:
      - {slug: customer, name: Customer}
    connections:
      - slug: work
        name: Work
        issuer: https://idp.example
        client_id: plinto
        client_secret: the-secret-of-the-provider
        email_domains: [example.com]
        provision: domain
        sso: required
        sso_exempt: [owner@example.com]
        mfa: trust
        trusted_amr: [mfa]
      - slug: customer
        name: Customer's own
        organization: customer
        issuer: https://login.customer.example
        client_id: "7"
        auth_method: private_key_jwt
        endpoints: {authorization: https://login.customer.example/a, token: https://login.customer.example/t, jwks: https://login.customer.example/k}
        disabled: true
`

func TestConnections_areDeclared(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.apply(federated, false)
	for _, c := range s.plan(federated, true).Changes {
		if c.Action != manifest.Unchanged {
			t.Errorf("applied again: %+v", c)
		}
	}
	found, err := s.target.Tenants.BySlug(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	ctx := tenant.With(t.Context(), found)
	all, err := s.target.Connections.List(ctx)
	if err != nil || len(all) != 2 || all[0].Enabled() || all[0].Endpoints == nil || all[1].Provision != federation.ProvisionDomain || all[1].SSO != federation.SSORequired || len(all[1].SSOExempt) != 1 || !all[1].Enabled() {
		t.Fatalf("stored %+v (%v)", all, err)
	}
	if o, err := s.target.Organizations.BySlug(ctx, "customer"); err != nil || all[0].Organization != o.ID {
		t.Errorf("the connection is %s's, not %s's (%v)", all[0].Organization, o.ID, err)
	}
	changed := strings.NewReplacer("provision: domain", "provision: off", "the-secret-of-the-provider", "another-secret", "disabled: true", "disabled: false").Replace(federated)
	plan, _ := s.apply(changed, false)
	if n := plan.Count(manifest.Update); n != 2 {
		t.Errorf("%d updates: %+v", n, plan.Changes)
	}
	for _, c := range plan.Changes {
		for _, f := range c.Fields {
			if strings.Contains(f.From+f.To, "another-secret") || strings.Contains(f.From+f.To, "the-secret") {
				t.Errorf("%s shows the secret", f.Name)
			}
		}
	}
	work, err := s.target.Connections.BySlug(ctx, "work")
	if err != nil {
		t.Fatal(err)
	}
	if credentials, err := s.target.Connections.Vault.Open(found.ID, &work); err != nil || credentials.Secret != "another-secret" {
		t.Errorf("the secret is another (%v)", err)
	}
	if plan, _ = s.apply("\ntenants:\n  - slug: acme\n    connections: []\n", true); plan.Count(manifest.Delete) < 2 {
		t.Errorf("pruned: %+v", plan.Changes)
	}
}

const mapped = `
tenants:
  - slug: acme
    organizations:
      - {slug: customer, name: Customer}
    connections:
      - {slug: google, preset: google, client_id: id, client_secret: given}
      - slug: work
        preset: keycloak
        issuer: https://idp.example/realms/work
        client_id: plinto
        client_secret: given
        claims: {name: display_name, locale: locale}
        claims_update: always
        groups_claim: groups
        group_roles:
          - {group: staff, role: member, organization: customer}
          - {group: it, role: administrator}
`

func TestConnections_haveMappings(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.apply(mapped, false)
	for _, c := range s.plan(mapped, true).Changes {
		if c.Action != manifest.Unchanged {
			t.Errorf("applied again: %+v", c)
		}
	}
	found, err := s.target.Tenants.BySlug(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	ctx := tenant.With(t.Context(), found)
	work, err := s.target.Connections.BySlug(ctx, "work")
	if err != nil {
		t.Fatal(err)
	}
	o, err := s.target.Organizations.BySlug(ctx, "customer")
	if err != nil || len(work.GroupRoles) != 2 || work.GroupRoles[0].Organization != o.ID || work.Claims["name"] != "display_name" || work.ClaimsUpdate != federation.ClaimsAlways {
		t.Errorf("stored %+v (%v)", work.Spec, err)
	}
	if google, err := s.target.Connections.BySlug(ctx, "google"); err != nil || google.Issuer != "https://accounts.google.com" {
		t.Errorf("stored %+v (%v)", google.Spec, err)
	}
	if written := s.export(); !strings.Contains(written, "preset: keycloak") || !strings.Contains(written, "organization: customer") || !strings.Contains(written, "name: display_name") {
		t.Errorf("exported %s", written)
	}
	fewer := strings.Replace(mapped, "          - {group: it, role: administrator}\n", "", 1)
	if plan, _ := s.apply(fewer, false); plan.Count(manifest.Update) != 1 {
		t.Errorf("changed: %+v", plan.Changes)
	}
}

// FED-49: a secret that is declared goes along to another host; one that is only stored does not.
func TestConnections_moveWithTheirSecret(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.apply(mapped, false)
	moved := strings.Replace(mapped, "https://idp.example/realms/work", "https://new.example/realms/work", 1)
	if plan, _ := s.apply(moved, false); plan.Count(manifest.Update) != 1 {
		t.Errorf("changed: %+v", plan.Changes)
	}
	silent := strings.Replace(mapped, "        client_secret: given\n", "", 1)
	m, _, err := manifest.Parse("plinto.yaml", []byte(silent))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Plan(t.Context(), s.target, false); err == nil || !strings.Contains(err.Error(), "connection work: client_secret") {
		t.Errorf("moved without its secret: %v", err)
	}
}

func TestConnections_bySAMLAreDeclared(t *testing.T) {
	t.Parallel()
	key, err := fakesaml.Shared()
	if err != nil {
		t.Fatal(err)
	}
	text := `
tenants:
  - slug: acme
    settings: {saml: "on"}
    connections:
      - slug: work
        kind: saml
        name: Work
        issuer: https://idp.example/entity
        email_domains: [example.com]
        saml:
          sign_on_url: https://idp.example/sso
          certificates: ["` + key.Certificate() + `"]
          sign_requests: true
`
	s := newScene(t)
	m, _, err := manifest.Parse("plinto.yaml", []byte(strings.Replace(text, `{saml: "on"}`, "{}", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Plan(t.Context(), s.target, false); err == nil || !strings.Contains(err.Error(), "has not switched SAML on") {
		t.Errorf("where SAML is off: %v", err)
	}
	s.apply(text, false)
	for _, c := range s.plan(text, true).Changes {
		if c.Action != manifest.Unchanged {
			t.Errorf("applied again: %+v", c)
		}
	}
	found, err := s.target.Tenants.BySlug(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	work, err := s.target.Connections.BySlug(tenant.With(t.Context(), found), "work")
	if err != nil || work.Kind != federation.KindSAML || work.SAML == nil || !work.SAML.SignRequests {
		t.Fatalf("stored %+v (%v)", work.Spec, err)
	}
	if plan, _ := s.apply(strings.Replace(text, "sign_requests: true", "sign_requests: false", 1), false); plan.Count(manifest.Update) != 1 {
		t.Errorf("changed: %+v", plan.Changes)
	}
}
