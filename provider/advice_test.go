package provider_test

import (
	"encoding/json"
	"strings"
	"testing"

	"plinto/provider"
	"plinto/tenant"
)

func TestAdvise(t *testing.T) {
	t.Parallel()
	servers := []provider.ResourceServer{{Identifier: "https://api.example.com", Scopes: []provider.Scope{{Name: "orders:read"}}}}
	good := provider.Client{ClientID: "c", Secrets: make([]provider.ClientSecret, 1), Metadata: provider.Metadata{
		RedirectURIs: []string{"https://a.example/cb"}, PostLogoutRedirectURIs: []string{"https://a.example/"},
		GrantTypes: []string{"authorization_code", "refresh_token"}, Scope: "openid offline_access orders:read",
		Resources: []string{"https://api.example.com"}, RequirePKCE: true, IDTokenSignedAlg: "ES256",
	}.WithDefaults()}
	if got := provider.Advise(&good, servers, nil); len(got) != 0 {
		t.Errorf("a good client: %v", got)
	}
	other := good
	other.Resources, other.RequirePKCE, other.Profile = []string{"HTTPS://api.example.com:443/"}, false, provider.ProfileStrict
	if got := provider.Advise(&other, servers, nil); len(got) != 0 {
		t.Errorf("a resource in another spelling, and PKCE by profile: %v", got)
	}
	for name, c := range map[string]struct {
		change       func(*provider.Client)
		member, says string
	}{
		"without PKCE":       {func(c *provider.Client) { c.RequirePKCE = false }, "require_pkce", "stolen code"},
		"public first party": {func(c *provider.Client) { c.TokenEndpointAuthMethod, c.FirstParty = "none", true }, "first_party", "consent"},
		"no secret":          {func(c *provider.Client) { c.Secrets = nil }, "client_secret", "rotate-secret"},
		"weak secret":        {func(c *provider.Client) { c.Secrets = []provider.ClientSecret{{Weak: true}} }, "client_secret", "rotate-secret"},
		"colon":              {func(c *provider.Client) { c.ClientID = "urn:app:1" }, "client_id", "colon"},
		"scheme without a dot": {func(c *provider.Client) {
			c.ApplicationType, c.RedirectURIs = "native", []string{"myapp:/cb"}
		}, "redirect_uris", "any app"},
		"two secrets":     {func(c *provider.Client) { c.Secrets = make([]provider.ClientSecret, 2) }, "client_secret", "--now"},
		"RS256":           {func(c *provider.Client) { c.IDTokenSignedAlg = "RS256" }, "id_token_signed_response_alg", "ES256"},
		"offline in vain": {func(c *provider.Client) { c.GrantTypes = []string{"authorization_code"} }, "grant_types", "offline_access"},
		"loopback":        {func(c *provider.Client) { c.RedirectURIs = []string{"http://localhost:3000/cb"} }, "redirect_uris", "development"},
		"custom scheme": {func(c *provider.Client) {
			c.ApplicationType, c.RedirectURIs = "native", []string{"com.example.app:/cb"}
		}, "redirect_uris", "claim"},
		"no way out":       {func(c *provider.Client) { c.PostLogoutRedirectURIs = nil }, "post_logout_redirect_uris", "signing out"},
		"unknown scope":    {func(c *provider.Client) { c.Scope += " orders:raed" }, "scope", "orders:raed"},
		"unknown resource": {func(c *provider.Client) { c.Resources = []string{"https://b.example"} }, "resources", "https://b.example"},
		"unknown acr":      {func(c *provider.Client) { c.DefaultACRValues = []string{tenant.ACRPassword, "urn:x"} }, "default_acr_values", "urn:x"},
		"not in effect": {func(c *provider.Client) {
			c.Extra = map[string]json.RawMessage{"dpop_bound_access_tokens": json.RawMessage("true")}
		}, "dpop_bound_access_tokens", "not in effect"},
	} {
		client := good
		c.change(&client)
		got := provider.Advise(&client, servers, nil)
		if len(got) != 1 || got[0].Member != c.member || !strings.Contains(got[0].Advice, c.says) {
			t.Errorf("%s: %v, want one advice about %s that says %q", name, got, c.member, c.says)
		}
	}
}
