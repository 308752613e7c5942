package plintotest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"plinto/tenant"
)

// sends is how many bytes of cookies the browser sends to the server.
func (b *Browser) sends() int {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodGet, b.origin, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Cookies(r)
	return len(r.Header.Get("Cookie"))
}

const cookieBudget = 6 << 10

// NET-21: {what strangers can put into a link} × many links: the browser is not made to
// send more than a proxy takes, and the user can still sign in.
func TestCookies_ofStrangersLinksLockNobodyOut(t *testing.T) {
	t.Parallel()
	s := Start(t)
	acme := s.NewTenant("acme", "", tenant.Settings{})
	client, _ := s.Client(web("https://rp.example/cb"))
	own, _ := s.Client(web("https://own.example/cb"), FirstParty)
	elsewhere, _ := s.ClientIn(acme, web("https://rp.example/cb"))
	s.User("alice@example.com")
	padding := strings.Repeat("x", 4000)
	links := map[string]url.Values{
		"ui_locales": {"ui_locales": {padding}}, "acr_values": {"acr_values": {padding}}, "both": {"ui_locales": {padding}, "acr_values": {padding}},
		"state": {"state": {padding}}, "nonce": {"nonce": {padding[:1000]}}, "login_hint": {"login_hint": {padding[:256]}}, "prompt": {"prompt": {strings.Repeat("login ", 600)}},
		"claims":  {"claims": {`{"userinfo":{"` + padding[:1900] + `":null}}`}},
		"unknown": {"x": {padding}}, "resource": {"resource": {"https://x.example/" + padding[:1900]}},
	}
	b := s.Browser()
	before := b.Open(s.AuthorizeURL(own, nil))
	for range 5 {
		for name, extra := range links {
			b.Open(s.AuthorizeURL(client, extra))
			other := &Server{Server: s.Server, App: s.App, Store: s.Store, Tenant: acme, t: t}
			b.Open(other.AuthorizeURL(elsewhere, extra))
			if n := b.sends(); n > cookieBudget {
				t.Fatalf("%s: the browser sends %d bytes of cookies", name, n)
			}
		}
	}
	if p := before.Submit("submit", Alice()); p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Errorf("the sign-in that was open before: on %s (%d), left to %v", p.URL, p.Status, p.Left)
	}
	if n := b.sends(); n > cookieBudget {
		t.Errorf("signed in: the browser sends %d bytes of cookies", n)
	}
}

// NET-24: a form of another site comes without our cookies, so what the browser has
// cannot be seen: it is given nothing until it comes back.
func TestCookies_areNotGivenToFormsOfOtherSites(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, _ := s.Client(web("https://rp.example/cb"))
	for name, state := range map[string]string{"short": "s", "long": strings.Repeat("s", 4096)} {
		u, err := url.Parse(s.AuthorizeURL(client, url.Values{"state": {state}}))
		if err != nil {
			t.Fatal(err)
		}
		a := s.Send(http.MethodPost, "/oauth2/authorize", u.Query(), With("Sec-Fetch-Site", "cross-site"))
		if a.StatusCode != http.StatusSeeOther || len(a.Header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s: %d, cookies %v", name, a.StatusCode, a.Header.Values("Set-Cookie"))
		}
		back := s.URL + a.Header.Get("Location")
		if strings.Contains(back, "ssss") {
			t.Errorf("%s: the request can be read in the address", name)
		}
		b := s.Browser()
		p := b.Open(back)
		if p.Left != nil || p.Doc.Find("#password").Length() != 1 {
			t.Fatalf("%s: came back to %s (%d), left to %v", name, p.URL, p.Status, p.Left)
		}
		if p = p.Submit("cancel", nil); p.Left == nil && p.Doc.Find("#continue").Length() == 0 || p.target().Query().Get("state") != state {
			t.Errorf("%s: cancelled: on %s, left to %v", name, p.URL, p.Left)
		}
		for range 100 {
			s.Send(http.MethodPost, "/oauth2/authorize", u.Query(), b.Cookies)
		}
		if n := b.sends(); n > cookieBudget {
			t.Errorf("%s: the browser sends %d bytes of cookies", name, n)
		}
	}
	for _, query := range []string{"request=x", "request=", "flow=x&key=y", "key=plfs_x"} {
		if p := s.Browser().Open(s.Issuer() + "/oauth2/authorize/continue?" + query); p.Left != nil || p.Doc.Find("#gone").Length() != 1 {
			t.Errorf("%s: on %s (%d), left to %v", query, p.URL, p.Status, p.Left)
		}
	}
}

// target is where the page leads to by itself: by a redirect, or, where that would be
// too long, by its link.
func (p *Page) target() *url.URL {
	if p.Left != nil {
		return p.Left
	}
	u, err := url.Parse(p.Doc.Find("#continue").AttrOr("href", ""))
	if err != nil {
		p.b.t.Fatal(err)
	}
	return u
}

// SES-16: a tenant below a path has cookies that no other host can set, of its own name.
func TestCookies_ofPathTenantsAreHostCookies(t *testing.T) {
	t.Parallel()
	s := Start(t)
	acme := s.NewTenant("acme", "", tenant.Settings{})
	other := &Server{Server: s.Server, App: s.App, Store: s.Store, Tenant: acme, Root: s.Root, Hasher: s.Hasher, t: t}
	client, _ := s.ClientIn(acme, web("https://rp.example/cb"), FirstParty)
	s.UserIn(acme, "alice@example.com")
	b := s.Browser()
	seen := map[string]bool{}
	b.Client.Transport = observe{b.Client.Transport, func(res *http.Response) {
		for _, c := range res.Cookies() {
			seen[strings.TrimRight(strings.TrimSuffix(c.Name, "_acme"), "0123456789abcdef")] = true
			if !strings.HasPrefix(c.Name, "__Host-plinto_") || !strings.HasSuffix(c.Name, "_acme") || c.Path != "/" || !c.Secure || c.Domain != "" {
				t.Errorf("Set-Cookie: %s", c.Raw)
			}
		}
	}}
	if got := b.SignIn(other.AuthorizeURL(client, nil), "alice@example.com"); got.Get("code") == "" {
		t.Fatalf("signed in: %v", got)
	}
	b.Open(other.AuthorizeURL(client, url.Values{"state": {strings.Repeat("s", 4096)}, "prompt": {"login"}}))
	for _, name := range []string{"__Host-plinto_s", "__Host-plinto_", "__Host-plinto_o", "__Host-plinto_f_"} {
		if !seen[name] {
			t.Errorf("no cookie %s among %v", name, seen)
		}
	}
}
