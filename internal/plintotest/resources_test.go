package plintotest

import (
	"net/http"
	"net/url"
	"testing"

	"plinto/provider"
	"plinto/tenant"
)

// A resource server that comes to know a scope later is not what was allowed.
func TestGrant_isNotForResourceServersThatCameLater(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.User("alice@example.com")
	s.API("https://orders.example", "Orders", "read")
	m := web("https://rp.example/cb")
	m.Scope += " read"
	client, secret := s.Client(m)
	tokens := s.Tokens(client, secret, "alice@example.com", "openid offline_access read")
	s.API("https://late.example", "Late", "read")
	a := s.Succeeds(s.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"]}}, As(client, secret)))
	if got, want := a.Audience(t), "https://orders.example "+s.Issuer(); got != want {
		t.Errorf("the token is for %q, want %q", got, want)
	}
	a = s.Send(http.MethodPost, "/oauth2/token", url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {a.JSON["refresh_token"].(string)}, "resource": {"https://late.example"},
	}, As(client, secret))
	a.Wants(t, http.StatusBadRequest, "invalid_target")
}

// CON-14: who registered itself may not use the tenant's APIs until an operator says so.
func TestResources_areNotForClientsThatRegisteredThemselves(t *testing.T) {
	t.Parallel()
	const api = "https://orders.example"
	for name, c := range map[string]struct {
		settings tenant.Registration
		change   func(*provider.Client)
		want     bool
	}{
		"nobody allowed it":   {tenant.Registration{}, func(*provider.Client) {}, false},
		"allowed to all":      {tenant.Registration{Resources: []string{api}}, func(*provider.Client) {}, true},
		"allowed to this one": {tenant.Registration{}, func(c *provider.Client) { c.Resources = []string{api} }, true},
		"made the tenant's":   {tenant.Registration{}, func(c *provider.Client) { c.FirstParty = true }, true},
		"another is allowed":  {tenant.Registration{}, func(c *provider.Client) { c.Resources = []string{"https://bills.example"} }, false},
	} {
		c.settings.Mode = tenant.RegistrationOpen
		s := Start(t, Options{Settings: tenant.Settings{Registration: c.settings}})
		s.User("alice@example.com")
		s.API(api, "Orders", "read")
		client := s.register(t, "")
		s.Change(client, func(client *provider.Client) { client.Scope = "openid read"; c.change(client) })
		p := s.Browser().Open(s.AuthorizeURL(client, url.Values{"scope": {"openid read"}, "resource": {api}}))
		if refused := p.Doc.Find("#leave").Length() == 1; refused == c.want {
			t.Errorf("%s, by resource: on %s (%d), want it allowed: %t", name, p.URL, p.Status, c.want)
		}
		// A scope that the client may not have is left out (RFC 6749 §3.3).
		p = s.Browser().Open(s.AuthorizeURL(client, url.Values{"scope": {"openid read"}})).
			Submit("submit", Alice())
		if asked := p.Left != nil || p.Doc.Find(".resource-id").Text() == api; asked != c.want {
			t.Errorf("%s, by scope: on %s (%d), want it asked for: %t", name, p.URL, p.Status, c.want)
		}
	}
}

// CON-04: an app that another can pretend to be gets nothing while the user looks away.
func TestNativeApps_areAskedForEveryTime(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.User("alice@example.com")
	native := func(redirect string) provider.Metadata {
		m := web(redirect)
		m.ApplicationType, m.TokenEndpointAuthMethod = provider.ApplicationNative, provider.AuthNone
		m.GrantTypes = []string{provider.GrantCode, provider.GrantRefresh}
		return m
	}
	for _, redirect := range []string{"com.example.app:/cb", "http://127.0.0.1/cb", "http://localhost:9999/cb", "http://[::1]/cb"} {
		third, _ := s.Client(native(redirect))
		own, _ := s.Client(native(redirect), FirstParty)
		b := s.Browser()
		b.Allows(s.AuthorizeURL(third, nil))
		if got := b.Silently(s.AuthorizeURL(third, nil)); got != "consent_required" {
			t.Errorf("%s: a silent request got %q", redirect, got)
		}
		if p := b.Open(s.AuthorizeURL(third, nil)); p.Left != nil || p.Doc.Find("#allow").Length() != 1 {
			t.Errorf("%s: not asked again, left to %v", redirect, p.Left)
		}
		if got := b.Silently(s.AuthorizeURL(own, nil)); got != "interaction_required" {
			t.Errorf("%s, the tenant's own: a silent request got %q", redirect, got)
		}
		p := b.Open(s.AuthorizeURL(own, nil))
		if p.Left != nil || p.Doc.Find("#account-0").Length() != 1 || p.Doc.Find("#redirect-host").Text() != provider.RedirectHost(redirect) {
			t.Errorf("%s, the tenant's own: a session alone was enough, left to %v", redirect, p.Left)
			continue
		}
		if p = p.Submit("account-0", nil); p.Left == nil || p.Left.Query().Get("code") == "" {
			t.Errorf("%s, the tenant's own: after the user went on: %s", redirect, p.URL)
		}
		// Who signs in just now did something.
		fresh := s.Browser()
		if got := fresh.SignIn(s.AuthorizeURL(own, nil), "alice@example.com"); got.Get("code") == "" {
			t.Errorf("%s, the tenant's own: signed in: %v", redirect, got)
		}
	}
	claimed, _ := s.Client(native("https://app.example/cb"), FirstParty)
	b := s.Browser()
	b.SignIn(s.AuthorizeURL(claimed, nil), "alice@example.com")
	if got := b.Silently(s.AuthorizeURL(claimed, nil)); got != "" {
		t.Errorf("an app with an address of its own: %s", got)
	}
}

// A redirect URI that the client gave up while the user was on a page gets no answer.
func TestFlow_answersNoRedirectURIThatIsGone(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.User("alice@example.com")
	client, _ := s.Client(web("https://rp.example/cb"), FirstParty)
	address := s.AuthorizeURL(client, nil)
	pages := map[string]*Page{"signed in": s.Browser().Open(address), "cancelled": s.Browser().Open(address)}
	s.Change(client, func(c *provider.Client) { c.RedirectURIs = []string{"https://new.example/cb"} })
	for what, p := range pages {
		button := map[string]string{"signed in": "submit", "cancelled": "cancel"}[what]
		if got := p.Submit(button, Alice()); got.Left != nil || got.Doc.Find("#error-code").Text() != "invalid_redirect_uri" {
			t.Errorf("%s: on %s (%d), left to %v", what, got.URL, got.Status, got.Left)
		}
	}
}
