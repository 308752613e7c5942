package plintotest

import (
	"net/url"
	"slices"
	"testing"

	"plinto/provider"
	"plinto/tenant"
)

// acmeLevels are two names for what a password reaches.
var acmeLevels = tenant.ACRLevels{{ACR: "urn:acme:bronze", AMR: []string{"pwd"}}, {ACR: "urn:acme:silver", AMR: []string{"pwd"}}}

// essential asks for one acr that has to be reached.
func essential(acr string) url.Values {
	return url.Values{"claims": {`{"id_token":{"acr":{"essential":true,"value":"` + acr + `"}}}`}}
}

// published are the acr values of discovery.
func (s *Server) published(t *testing.T) (names []string) {
	t.Helper()
	list, _ := s.Send("GET", "/.well-known/openid-configuration", nil).JSON["acr_values_supported"].([]any)
	for _, name := range list {
		names = append(names, name.(string))
	}
	return names
}

// setLevels changes the levels of the server's tenant, and waits until it knows them.
func (s *Server) setLevels(t *testing.T, levels tenant.ACRLevels) {
	t.Helper()
	if _, err := s.Registry().Update(t.Context(), s.Tenant.Slug, func(t *tenant.Tenant) error { t.Settings.ACRLevels = levels; return nil }); err != nil {
		t.Fatal(err)
	}
	Eventually(t, "the document has the new levels", func() bool { return slices.Equal(s.published(t), levels.Names()) })
}

func TestACRLevels_areTheTenantsOwn(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Settings: tenant.Settings{ACRLevels: acmeLevels}})
	other := &Server{Server: s.Server, App: s.App, Store: s.Store, Tenant: s.NewTenant("other", "", tenant.Settings{}), t: t}
	elsewhere, elsewhereSecret := s.ClientIn(other.Tenant, web("https://rp.example/cb"), FirstParty)
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	s.UserIn(other.Tenant, "alice@example.com")
	if got := s.published(t); !slices.Equal(got, acmeLevels.Names()) {
		t.Errorf("published: got %v, want %v", got, acmeLevels.Names())
	}
	if got := other.published(t); !slices.Equal(got, []string{tenant.ACRPassword}) {
		t.Errorf("published by the other tenant: got %v, want the default", got)
	}
	for name, tt := range map[string]struct {
		ask  url.Values
		want string
	}{
		"nothing":        {nil, "urn:acme:silver"},
		"a lower one":    {url.Values{"acr_values": {"urn:acme:bronze"}}, "urn:acme:bronze"},
		"essential":      {essential("urn:acme:bronze"), "urn:acme:bronze"},
		"an unknown one": {url.Values{"acr_values": {tenant.ACRPassword}}, "urn:acme:silver"},
	} {
		claims := idClaimsOf(t, s.login(t, s.Browser(), client, secret, tt.ask))
		if claims["acr"] != tt.want {
			t.Errorf("asked for %s: acr %v, want %s", name, claims["acr"], tt.want)
		}
		for _, method := range claims["amr"].([]any) {
			if !slices.Contains(provider.SignInMethods, method.(string)) {
				t.Errorf("the method %v is not in the table of offers", method)
			}
		}
	}
	if claims := idClaimsOf(t, other.login(t, s.Browser(), elsewhere, elsewhereSecret, nil)); claims["acr"] != tenant.ACRPassword {
		t.Errorf("the other tenant: acr %v, want the default", claims["acr"])
	}
	const unmet = "unmet_authentication_requirements"
	if got := s.Browser().SignIn(s.AuthorizeURL(client, essential(tenant.ACRPassword)), "alice@example.com"); got.Get("error") != unmet {
		t.Errorf("the default's name at a tenant with its own: got %v, want %s", got, unmet)
	}
	if got := s.Browser().SignIn(other.AuthorizeURL(elsewhere, essential("urn:acme:silver")), "alice@example.com"); got.Get("error") != unmet {
		t.Errorf("one tenant's name at another: got %v, want %s", got, unmet)
	}
}

// SES-23: a session reached what it reached under the levels of its day. Once the tenant
// changed them it proves nothing: applications are told no acr, and who insists on one has
// the user sign in again.
func TestACRLevels_changedUnderASessionAreAskedForAgain(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Settings: tenant.Settings{ACRLevels: acmeLevels, MFA: tenant.MFA{Policy: tenant.MFAOff}}})
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	if claims := idClaimsOf(t, s.login(t, b, client, secret, essential("urn:acme:silver"))); claims["acr"] != "urn:acme:silver" {
		t.Fatalf("signed in: acr %v", claims["acr"])
	}
	if got := b.Silently(s.AuthorizeURL(client, essential("urn:acme:bronze"))); got != "" {
		t.Fatalf("with the session: %s", got)
	}
	gone := tenant.ACRLevels{{ACR: "urn:acme:gold", AMR: []string{"pwd"}}}
	more := tenant.ACRLevels{gone[0], {ACR: "urn:acme:silver", AMR: []string{"pwd", "otp"}}}
	for name, levels := range map[string]tenant.ACRLevels{"takes more": more, "is gone": gone} {
		s.setLevels(t, levels)
		if claims := idClaimsOf(t, s.login(t, b, client, secret, url.Values{"prompt": {"none"}})); claims["acr"] != nil {
			t.Errorf("%s: acr %v, want none", name, claims["acr"])
		}
		if got := b.Silently(s.AuthorizeURL(client, essential("urn:acme:gold"))); got != "login_required" {
			t.Errorf("%s: silently: got %q, want login_required", name, got)
		}
	}
	if claims := idClaimsOf(t, s.login(t, b, client, secret, essential("urn:acme:gold"))); claims["acr"] != "urn:acme:gold" {
		t.Errorf("signed in again: acr %v, want urn:acme:gold", claims["acr"])
	}
	s.setLevels(t, more)
	if got := b.SignIn(s.AuthorizeURL(client, essential("urn:acme:silver")), "alice@example.com"); got.Get("error") != "unmet_authentication_requirements" {
		t.Errorf("a level that nobody can reach: got %v", got)
	}
}
