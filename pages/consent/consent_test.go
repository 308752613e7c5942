package consent_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/provider"
)

func TestConsent_isRememberedPerClientAndScopes(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.example/cb"))
	s.User("alice@example.com")
	b := s.Browser()
	p := b.Open(s.AuthorizeURL(client, nil)).Submit("submit", plintotest.Alice())
	if p.Doc == nil || p.Doc.Find("#allow").Length() != 1 || p.Doc.Find("#deny").Length() != 1 {
		t.Fatalf("not on the consent page: %s %v", p.URL, p.Left)
	}
	if p = p.Submit("allow", map[string]string{"scope": "openid email admin"}); p.Left == nil {
		t.Fatalf("not answered: %s", p.URL)
	}
	if p = b.Open(s.AuthorizeURL(client, nil)); p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Fatalf("asked again: %s", p.URL)
	}
	if p = b.Open(s.AuthorizeURL(client, url.Values{"scope": {"openid email"}})); p.Left != nil {
		t.Fatalf("not asked for a new scope: %v", p.Left)
	}
	if p = p.Submit("deny", nil); p.Left == nil || p.Left.Query().Get("error") != "access_denied" {
		t.Fatalf("denied: %v", p.Left)
	}
}

// CON-11: {everything that the page shows of a client} × {changed after the user
// allowed it}: the user is asked again, and a silent request is refused.
func TestConsent_isAskedAgainAfterWhatThePageShowedChanged(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	s.User("alice@example.com")
	m := testworld.Web("https://rp.example/cb", "https://other.example/cb")
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
		b.Allows(s.AuthorizeURL(client, nil))
		if got := b.Silently(s.AuthorizeURL(client, nil)); got != "" {
			t.Fatalf("%s: control: %s", what, got)
		}
		s.Change(client, change)
		if got := b.Silently(s.AuthorizeURL(client, nil)); got != "consent_required" {
			t.Errorf("%s: a silent request got %q, want consent_required", what, got)
		}
		p := b.Open(s.AuthorizeURL(client, nil))
		if p.Left != nil || p.Doc.Find("#allow").Length() != 1 {
			t.Errorf("%s: not asked again, left to %v", what, p.Left)
		}
	}
}

// CON-11: what was allowed for one host says nothing of the client's others.
func TestConsent_isForTheHostThatWasShown(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	s.User("alice@example.com")
	client, _ := s.Client(testworld.Web("https://rp.example/cb", "https://rp.example/other", "https://second.example/cb", "https://rp.example:8443/cb"))
	b := s.Browser()
	to := func(uri string) string { return s.AuthorizeURL(client, url.Values{"redirect_uri": {uri}}) }
	b.Allows(to("https://rp.example/cb"))
	for uri, want := range map[string]string{
		"https://rp.example/other": "", "https://second.example/cb": "consent_required", "https://rp.example:8443/cb": "consent_required",
	} {
		if got := b.Silently(to(uri)); got != want {
			t.Errorf("%s: %q, want %q", uri, got, want)
		}
	}
	b.Allows(to("https://second.example/cb"))
	for _, uri := range []string{"https://rp.example/cb", "https://second.example/cb"} {
		if got := b.Silently(to(uri)); got != "" {
			t.Errorf("%s was allowed, and is asked again: %s", uri, got)
		}
	}
}

// CON-12: the answer is to what the page said, not to what is so by now.
func TestConsent_isTheAnswerToWhatThePageShowed(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	s.User("alice@example.com")
	client, _ := s.Client(testworld.Web("https://rp.example/cb"))
	b := s.Browser()
	asked := b.Open(s.AuthorizeURL(client, nil)).Submit("submit", plintotest.Alice())
	s.Change(client, func(c *provider.Client) { c.ClientName = "Your Bank" })
	again := asked.Submit("allow", nil)
	if again.Left != nil || again.Doc.Find("#changed").Length() != 1 || !strings.Contains(again.Doc.Find("h1").Text(), "Your Bank") {
		t.Fatalf("allowed a page that says something else: on %s (%d), left to %v", again.URL, again.Status, again.Left)
	}
	if p := again.Submit("allow", nil); p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Errorf("allowed what it says now: on %s (%d)", p.URL, p.Status)
	}
	// And what was allowed is of no use once the client changed, in the same flow too.
	other, _ := s.Client(testworld.Web("https://rp.example/cb"))
	asked = b.Open(s.AuthorizeURL(other, nil))
	f := asked.Form("allow", nil)
	a := s.Send(http.MethodPost, f.Path, f.Data, b.Cookies, plintotest.With("Sec-Fetch-Site", "same-origin"))
	s.Change(other, func(c *provider.Client) { c.ClientName = "Your Bank" })
	b.Keep(a)
	if p := b.Open(s.URL + a.Header.Get("Location")); p.Left != nil || p.Doc.Find("#allow").Length() != 1 {
		t.Errorf("the client changed after the answer: on %s, left to %v", p.URL, p.Left)
	}
}

// CON-13: a token is for no resource server that the page did not name, with one of
// its scopes.
func TestConsent_showsEveryResourceServer(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	s.User("alice@example.com")
	s.API("https://orders.example", "Orders", "read", "order")
	s.API("https://bills.example", "Bills", "read")
	s.API("https://plain.example", "")
	m := testworld.Web("https://rp.example/cb")
	m.Scope += " read order"
	client, secret := s.Client(m)
	b := s.Browser()
	ask := func(scope string, resources ...string) string {
		return s.AuthorizeURL(client, url.Values{"scope": {scope}, "resource": resources, "code_challenge": {testworld.Challenge}})
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
		if b.Silently(ask(c.scope, c.resources...)) == "" {
			t.Errorf("%s %v: not asked", c.scope, c.resources)
		}
		p := b.Open(ask(c.scope, c.resources...))
		if p.Doc.Find("#password").Length() > 0 {
			p = p.Submit("submit", plintotest.Alice())
		}
		if got := resources(p); got != c.shown {
			t.Errorf("%s %v: the page shows %q, want %q", c.scope, c.resources, got, c.shown)
		}
		p = p.Submit("allow", nil)
		tokens := s.Succeeds(s.Redeem(client, secret, p.Left.Query().Get("code")))
		if got := tokens.Audience(t); got != c.audience {
			t.Errorf("%s %v: the token is for %q, want %q", c.scope, c.resources, got, c.audience)
		}
		if got := b.Silently(ask(c.scope, c.resources...)); got != "" {
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
func resources(p *plintotest.Page) string {
	var all []string
	p.Doc.Find("section.resource").Each(func(_ int, section *goquery.Selection) {
		var scopes []string
		section.Find("ul code").Each(func(_ int, code *goquery.Selection) { scopes = append(scopes, code.Text()) })
		all = append(all, section.Find(".resource-id").Text()+": "+strings.Join(scopes, " "))
	})
	return strings.Join(all, "; ")
}

// COD-20, SES-13: the answer on the consent page is that of the user who was asked.
func TestConsent_isTheAnswerOfWhoWasAsked(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.test/cb"))
	own, _ := s.Client(testworld.Web("https://own.test/cb"), plintotest.FirstParty)
	s.User("alice@example.com")
	s.User("bob@example.com")
	alice, bob := s.Browser(), s.Browser()
	asked := alice.Open(s.AuthorizeURL(client, nil)).Submit("submit", plintotest.Alice())
	bob.SignIn(s.AuthorizeURL(own, nil), "bob@example.com")
	f := asked.Form("allow", nil)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	// Alice's browser with the session of Bob: somebody else sat down, or put it there.
	alice.Jar.SetCookies(u, []*http.Cookie{bob.SessionCookie()})
	p := alice.Post(s.Issuer()+f.Path, f.Data)
	if p.Left != nil || p.Doc.Find("#password").Length() != 1 {
		t.Errorf("answered for Bob what Alice was asked: %s, left to %v", p.URL, p.Left)
	}
	bobs := bob.Open(s.AuthorizeURL(client, url.Values{"prompt": {"none"}}))
	if bobs.Left == nil || bobs.Left.Query().Get("error") != "consent_required" {
		t.Errorf("Bob never allowed anything: left to %v", bobs.Left)
	}
}

// CON-09: whatever a client calls itself, the page says where the answer goes, and
// names every scope.
func TestConsent_showsWhereItGoesAndEveryScope(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	m := testworld.Web("https://evil.test/cb")
	m.ClientName, m.ClientURI = "Your Bank (bank.example)", "https://bank.example"
	for i := range 20 {
		name := "orders:" + string(rune('a'+i))
		m.Scope += " " + name
		if err := s.Store.ResourceServers.Put(s.In(), provider.ResourceServer{Identifier: "https://" + name[7:] + ".example", Scopes: []provider.Scope{{Name: name}}}); err != nil {
			t.Fatal(err)
		}
	}
	client, _ := s.Client(m)
	s.User("alice@example.com")
	p := s.Browser().Open(s.AuthorizeURL(client, url.Values{"scope": {m.Scope}})).Submit("submit", plintotest.Alice())
	if got := p.Doc.Find("#redirect-host").Text(); got != "evil.test" {
		t.Errorf("the page says that the answer goes to %q", got)
	}
	shown := p.Doc.Find("ul.scopes li").Length()
	if want := len(strings.Fields(m.Scope)); shown != want {
		html, _ := p.Doc.Find("main").Html()
		t.Errorf("%d of %d scopes are shown: %s", shown, want, html)
	}
}
