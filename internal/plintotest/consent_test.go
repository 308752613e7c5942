package plintotest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"plinto/internal/jwt"
	"plinto/provider"
	"plinto/tenant"
)

// silently says whether a request is answered without asking: "" when it is, or the
// error.
func (b *Browser) silently(address string) string {
	b.t.Helper()
	p := b.Open(address + "&prompt=none")
	if p.Left == nil {
		b.t.Fatalf("not answered: %s (%d)", p.URL, p.Status)
	}
	return p.Left.Query().Get("error")
}

// allows signs Alice in where that is asked, and allows what the page shows.
func (b *Browser) allows(address string) *Page {
	b.t.Helper()
	p := b.Open(address)
	if p.Doc != nil && p.Doc.Find("#password").Length() > 0 {
		p = p.Submit("submit", map[string]string{"username": "alice@example.com", "password": Password})
	}
	if p = p.Submit("allow", nil); p.Left == nil || p.Left.Query().Get("code") == "" {
		b.t.Fatalf("allowed: on %s (%d), left to %v", p.URL, p.Status, p.Left)
	}
	return p
}

// change changes what a client is.
func (s *Server) change(c *provider.Client, f func(*provider.Client)) {
	s.t.Helper()
	changed, err := s.Registrar().Update(s.In(), c.ClientID, func(c *provider.Client) error { f(c); return nil })
	if err != nil {
		s.t.Fatal(err)
	}
	*c = *changed
}

// CON-11: {everything that the page shows of a client} × {changed after the user
// allowed it}: the user is asked again, and a silent request is refused.
func TestConsent_isAskedAgainAfterWhatThePageShowedChanged(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.User("alice@example.com")
	m := web("https://rp.example/cb", "https://other.example/cb")
	m.LogoURI, m.PolicyURI, m.TosURI = "https://rp.example/logo.png", "https://rp.example/policy", "https://rp.example/terms"
	m.SubjectType, m.SectorIdentifierURI = provider.SubjectPairwise, "https://sector.example/uris"
	for what, change := range map[string]func(*provider.Client){
		"name":          func(c *provider.Client) { c.ClientName = "Your Bank" },
		"logo":          func(c *provider.Client) { c.LogoURI = "https://bank.example/logo.png" },
		"policy":        func(c *provider.Client) { c.PolicyURI = "https://rp.example/new" },
		"terms":         func(c *provider.Client) { c.TosURI = "https://rp.example/new" },
		"redirect URIs": func(c *provider.Client) { c.RedirectURIs = []string{"https://evil.example/cb"} },
		"sector":        func(c *provider.Client) { c.SectorIdentifierURI = "https://ring.example/uris" },
		"subject type":  func(c *provider.Client) { c.SubjectType = provider.SubjectPublic },
	} {
		client, _ := s.Client(m)
		b := s.Browser()
		b.allows(s.authorizeURL(client, nil))
		if got := b.silently(s.authorizeURL(client, nil)); got != "" {
			t.Fatalf("%s: control: %s", what, got)
		}
		s.change(client, change)
		if got := b.silently(s.authorizeURL(client, nil)); got != "consent_required" {
			t.Errorf("%s: a silent request got %q, want consent_required", what, got)
		}
		p := b.Open(s.authorizeURL(client, nil))
		if p.Left != nil || p.Doc.Find("#allow").Length() != 1 {
			t.Errorf("%s: not asked again, left to %v", what, p.Left)
		}
	}
}

// CON-11: what was allowed for one host says nothing of the client's others.
func TestConsent_isForTheHostThatWasShown(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.User("alice@example.com")
	client, _ := s.Client(web("https://rp.example/cb", "https://rp.example/other", "https://second.example/cb", "https://rp.example:8443/cb"))
	b := s.Browser()
	to := func(uri string) string { return s.authorizeURL(client, url.Values{"redirect_uri": {uri}}) }
	b.allows(to("https://rp.example/cb"))
	for uri, want := range map[string]string{
		"https://rp.example/other": "", "https://second.example/cb": "consent_required", "https://rp.example:8443/cb": "consent_required",
	} {
		if got := b.silently(to(uri)); got != want {
			t.Errorf("%s: %q, want %q", uri, got, want)
		}
	}
	b.allows(to("https://second.example/cb"))
	for _, uri := range []string{"https://rp.example/cb", "https://second.example/cb"} {
		if got := b.silently(to(uri)); got != "" {
			t.Errorf("%s was allowed, and is asked again: %s", uri, got)
		}
	}
}

// CON-12: the answer is to what the page said, not to what is so by now.
func TestConsent_isTheAnswerToWhatThePageShowed(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.User("alice@example.com")
	client, _ := s.Client(web("https://rp.example/cb"))
	b := s.Browser()
	asked := b.Open(s.authorizeURL(client, nil)).Submit("submit", map[string]string{"username": "alice@example.com", "password": Password})
	s.change(client, func(c *provider.Client) { c.ClientName = "Your Bank" })
	again := asked.Submit("allow", nil)
	if again.Left != nil || again.Doc.Find("#changed").Length() != 1 || !strings.Contains(again.Doc.Find("h1").Text(), "Your Bank") {
		t.Fatalf("allowed a page that says something else: on %s (%d), left to %v", again.URL, again.Status, again.Left)
	}
	if p := again.Submit("allow", nil); p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Errorf("allowed what it says now: on %s (%d)", p.URL, p.Status)
	}
	// And what was allowed is of no use once the client changed, in the same flow too.
	other, _ := s.Client(web("https://rp.example/cb"))
	asked = b.Open(s.authorizeURL(other, nil))
	f := asked.form("allow", nil)
	a := s.Send(http.MethodPost, f.path, f.data, b.cookies, With("Sec-Fetch-Site", "same-origin"))
	s.change(other, func(c *provider.Client) { c.ClientName = "Your Bank" })
	s.keep(b, a)
	if p := b.Open(s.URL + a.Header.Get("Location")); p.Left != nil || p.Doc.Find("#allow").Length() != 1 {
		t.Errorf("the client changed after the answer: on %s, left to %v", p.URL, p.Left)
	}
}

// keep gives a browser the cookies of an answer.
func (s *Server) keep(b *Browser, a Answer) {
	s.t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	b.Jar.SetCookies(u, a.Cookies())
}

// api puts a resource server into the server's tenant.
func (s *Server) api(identifier, name string, scopes ...string) {
	s.t.Helper()
	r := provider.ResourceServer{Identifier: identifier, Name: name}
	for _, scope := range scopes {
		r.Scopes = append(r.Scopes, provider.Scope{Name: scope, Description: "May " + scope})
	}
	if err := s.Store.ResourceServers.Put(s.In(), r); err != nil {
		s.t.Fatal(err)
	}
}

// CON-13: a token is for no resource server that the page did not name, with one of
// its scopes.
func TestConsent_showsEveryResourceServer(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.User("alice@example.com")
	s.api("https://orders.example", "Orders", "read", "order")
	s.api("https://bills.example", "Bills", "read")
	s.api("https://plain.example", "")
	m := web("https://rp.example/cb")
	m.Scope += " read order"
	client, secret := s.Client(m)
	b := s.Browser()
	ask := func(scope string, resources ...string) string {
		return s.authorizeURL(client, url.Values{"scope": {scope}, "resource": resources, "code_challenge": {Challenge}})
	}
	for _, c := range []struct {
		scope     string
		resources []string
		shown     string // identifiers with the scopes below each
		audience  string
	}{
		{"openid read", []string{"https://orders.example"}, "https://orders.example: read", "https://orders.example " + s.Issuer()},
		{"openid read", nil, "https://bills.example: read; https://orders.example: read", "https://bills.example https://orders.example " + s.Issuer()},
		{"openid order", nil, "https://orders.example: order", "https://orders.example " + s.Issuer()},
		{"openid", []string{"https://plain.example"}, "https://plain.example: ", "https://plain.example " + s.Issuer()},
	} {
		if b.silently(ask(c.scope, c.resources...)) == "" {
			t.Errorf("%s %v: not asked", c.scope, c.resources)
		}
		p := b.Open(ask(c.scope, c.resources...))
		if p.Doc.Find("#password").Length() > 0 {
			p = p.Submit("submit", map[string]string{"username": "alice@example.com", "password": Password})
		}
		if got := p.resources(); got != c.shown {
			t.Errorf("%s %v: the page shows %q, want %q", c.scope, c.resources, got, c.shown)
		}
		p = p.Submit("allow", nil)
		tokens := s.succeeds(s.Redeem(client, secret, p.Left.Query().Get("code")))
		if got := audience(t, tokens); got != c.audience {
			t.Errorf("%s %v: the token is for %q, want %q", c.scope, c.resources, got, c.audience)
		}
		if got := b.silently(ask(c.scope, c.resources...)); got != "" {
			t.Errorf("%s %v: asked again: %s", c.scope, c.resources, got)
		}
	}
	// None of its scopes: there would be nothing to show.
	for _, resource := range []string{"https://bills.example", "https://orders.example"} {
		if p := b.Open(ask("openid email", resource)); p.Left == nil || p.Left.Query().Get("error") != "invalid_target" || p.Left.Query().Get("state") != "s" {
			t.Errorf("%s without a scope: left to %v", resource, p.Left)
		}
	}
}

// resources is what a consent page shows of resource servers: "identifier: scope scope".
func (p *Page) resources() string {
	var all []string
	p.Doc.Find("section.resource").Each(func(_ int, section *goquery.Selection) {
		var scopes []string
		section.Find("ul code").Each(func(_ int, code *goquery.Selection) { scopes = append(scopes, code.Text()) })
		all = append(all, section.Find(".resource-id").Text()+": "+strings.Join(scopes, " "))
	})
	return strings.Join(all, "; ")
}

// A resource server that comes to know a scope later is not what was allowed.
func TestGrant_isNotForResourceServersThatCameLater(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.User("alice@example.com")
	s.api("https://orders.example", "Orders", "read")
	m := web("https://rp.example/cb")
	m.Scope += " read"
	client, secret := s.Client(m)
	tokens := s.Tokens(client, secret, "alice@example.com", "openid offline_access read")
	s.api("https://late.example", "Late", "read")
	a := s.succeeds(s.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"]}}, As(client, secret)))
	if got, want := audience(t, a), "https://orders.example "+s.Issuer(); got != want {
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
		s.api(api, "Orders", "read")
		client := s.register(t, "")
		s.change(client, func(client *provider.Client) { client.Scope = "openid read"; c.change(client) })
		p := s.Browser().Open(s.authorizeURL(client, url.Values{"scope": {"openid read"}, "resource": {api}}))
		if refused := p.Doc.Find("#leave").Length() == 1; refused == c.want {
			t.Errorf("%s, by resource: on %s (%d), want it allowed: %t", name, p.URL, p.Status, c.want)
		}
		// A scope that the client may not have is left out (RFC 6749 §3.3).
		p = s.Browser().Open(s.authorizeURL(client, url.Values{"scope": {"openid read"}})).
			Submit("submit", map[string]string{"username": "alice@example.com", "password": Password})
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
		b.allows(s.authorizeURL(third, nil))
		if got := b.silently(s.authorizeURL(third, nil)); got != "consent_required" {
			t.Errorf("%s: a silent request got %q", redirect, got)
		}
		if p := b.Open(s.authorizeURL(third, nil)); p.Left != nil || p.Doc.Find("#allow").Length() != 1 {
			t.Errorf("%s: not asked again, left to %v", redirect, p.Left)
		}
		if got := b.silently(s.authorizeURL(own, nil)); got != "interaction_required" {
			t.Errorf("%s, the tenant's own: a silent request got %q", redirect, got)
		}
		p := b.Open(s.authorizeURL(own, nil))
		if p.Left != nil || p.Doc.Find("#account-0").Length() != 1 || p.Doc.Find("#redirect-host").Text() != provider.RedirectHost(redirect) {
			t.Errorf("%s, the tenant's own: a session alone was enough, left to %v", redirect, p.Left)
			continue
		}
		if p = p.Submit("account-0", nil); p.Left == nil || p.Left.Query().Get("code") == "" {
			t.Errorf("%s, the tenant's own: after the user went on: %s", redirect, p.URL)
		}
		// Who signs in just now did something.
		fresh := s.Browser()
		if got := fresh.SignIn(s.authorizeURL(own, nil), "alice@example.com"); got.Get("code") == "" {
			t.Errorf("%s, the tenant's own: signed in: %v", redirect, got)
		}
	}
	claimed, _ := s.Client(native("https://app.example/cb"), FirstParty)
	b := s.Browser()
	b.SignIn(s.authorizeURL(claimed, nil), "alice@example.com")
	if got := b.silently(s.authorizeURL(claimed, nil)); got != "" {
		t.Errorf("an app with an address of its own: %s", got)
	}
}

// A redirect URI that the client gave up while the user was on a page gets no answer.
func TestFlow_answersNoRedirectURIThatIsGone(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.User("alice@example.com")
	client, _ := s.Client(web("https://rp.example/cb"), FirstParty)
	address := s.authorizeURL(client, nil)
	pages := map[string]*Page{"signed in": s.Browser().Open(address), "cancelled": s.Browser().Open(address)}
	s.change(client, func(c *provider.Client) { c.RedirectURIs = []string{"https://new.example/cb"} })
	for what, p := range pages {
		button := map[string]string{"signed in": "submit", "cancelled": "cancel"}[what]
		if got := p.Submit(button, map[string]string{"username": "alice@example.com", "password": Password}); got.Left != nil || got.Doc.Find("#error-code").Text() != "invalid_redirect_uri" {
			t.Errorf("%s: on %s (%d), left to %v", what, got.URL, got.Status, got.Left)
		}
	}
}

// audience is that of the access token in a token response, in order.
func audience(t *testing.T, a Answer) string {
	t.Helper()
	token, _ := a.JSON["access_token"].(string)
	payload, _, err := jwt.Peek(token)
	if err != nil {
		t.Fatalf("no JWT: %v in %s", err, a.Text)
	}
	claims, err := jwt.ParseStandard(payload)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(claims.Audience, " ")
}
