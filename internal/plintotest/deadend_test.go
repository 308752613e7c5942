package plintotest

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plinto/provider"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// A stranded page is where somebody got to by a way that leads no further.
type stranded struct {
	s      *Server
	client *provider.Client
	now    *atomic.Int64 // added to the clock
	owner  string        // URL of the database, as its owner
}

func strand(t *testing.T) *stranded {
	t.Helper()
	database, owner := storagetest.URL(t)
	x := &stranded{now: &atomic.Int64{}, owner: owner}
	x.s = Start(t, Options{
		Database: database,
		Mail:     true, Settings: tenant.Settings{SignUp: tenant.SignUp{Enabled: true}},
		Now: func() time.Time { return time.Now().Add(time.Duration(x.now.Load())) },
	})
	m := web("https://rp.example/cb")
	m.InitiateLoginURI, m.ClientURI = "https://rp.example/start?x=1", "https://rp.example/"
	x.client, _ = x.s.Client(m, FirstParty)
	x.s.User("alice@example.com")
	return x
}

// open begins a sign-in in a browser and returns its page.
func (x *stranded) open(b *Browser) *Page { return b.Open(x.s.AuthorizeURL(x.client, nil)) }

func (x *stranded) signIn(p *Page) *Page {
	return p.Submit("submit", Alice())
}

// pagesOfAFlow are those that belong to a sign-in.
var pagesOfAFlow = []string{"/login", "/login/account", "/consent", "/sign-up", "/sign-up/code", "/oauth2/authorize/continue"}

// {every page of a sign-in} × {every way to come there too late or by the wrong way}: the
// page says what happened, and leads on to a place that is there.
func TestPages_areNoDeadEnds(t *testing.T) {
	t.Parallel()
	x := strand(t)
	const back = "https://rp.example/start?x=1&iss="
	for name, c := range map[string]struct {
		// come returns a browser and the handle of the flow that it asks for.
		come   func(t *testing.T) (*Browser, string)
		header map[string]string
		title  string
		links  string // ids of the links
	}{
		"a bookmark": {func(*testing.T) (*Browser, string) { return x.s.Browser(), "" }, nil, "Open the app you want to use", "home"},
		"a bookmark, signed in": {func(*testing.T) (*Browser, string) {
			b := x.s.Browser()
			x.signIn(x.open(b))
			return b, ""
		}, nil, "You’re already signed in", "home"},
		"Back after signing in": {func(*testing.T) (*Browser, string) {
			b := x.s.Browser()
			p := x.open(b)
			x.signIn(p)
			return b, p.URL.Query().Get("flow")
		}, nil, "You’re already signed in", "return home"},
		"Back after cancelling": {func(*testing.T) (*Browser, string) {
			b := x.s.Browser()
			p := x.open(b)
			p.Submit("cancel", nil)
			return b, p.URL.Query().Get("flow")
		}, nil, "This page has expired", "return home"},
		"Back after cancelling, in a browser that says where from": {func(*testing.T) (*Browser, string) {
			b := x.s.Browser()
			p := x.open(b)
			p.Submit("cancel", nil)
			return b, p.URL.Query().Get("flow")
		}, map[string]string{"Sec-Fetch-Site": "cross-site"}, "This page has expired", "return home"},
		"another browser": {func(*testing.T) (*Browser, string) {
			b := x.s.Browser()
			x.open(b)
			return b, x.open(x.s.Browser()).URL.Query().Get("flow")
		}, nil, "This page has expired", "return home"},
		"a link that was pasted": {func(*testing.T) (*Browser, string) {
			return x.s.Browser(), x.open(x.s.Browser()).URL.Query().Get("flow")
		}, map[string]string{"Sec-Fetch-Site": "none"}, "This page has expired", "return home"},
		"cookies blocked": {func(*testing.T) (*Browser, string) {
			b := x.s.Browser()
			b.Client.Jar = nil
			return b, x.open(b).URL.Query().Get("flow")
		}, map[string]string{"Sec-Fetch-Site": "cross-site"}, "Cookies are blocked", "return home"},
		"a garbled address": {func(*testing.T) (*Browser, string) { return x.s.Browser(), "%00.." }, nil, "Open the app you want to use", "home"},
	} {
		b, handle := c.come(t)
		for _, page := range pagesOfAFlow {
			p := b.visit(t, x.s.Issuer()+page+"?flow="+url.QueryEscape(handle), c.header)
			if p.Left != nil || p.Doc.Find("#gone").Text() != c.title {
				t.Errorf("%s, %s: on %s (%d) %q, left to %v", name, page, p.URL, p.Status, p.Doc.Find("h1").Text(), p.Left)
				continue
			}
			for id := range strings.FieldsSeq(c.links) {
				link := p.Doc.Find("#"+id).AttrOr("href", "")
				switch {
				case id == "return" && link != back+url.QueryEscape(x.s.Issuer()), id == "return" && p.Doc.Find("#return-host").Text() != "rp.example":
					t.Errorf("%s, %s: leads back to %q at %q", name, page, link, p.Doc.Find("#return-host").Text())
				case id == "home" && b.Open(x.s.Issuer()+link).Status != http.StatusOK:
					t.Errorf("%s, %s: the home page is not at %q", name, page, link)
				}
			}
			if !strings.Contains(c.links, "return") && p.Doc.Find("#return").Length() > 0 {
				t.Errorf("%s, %s: leads to a client that nobody named", name, page)
			}
		}
	}
}

// visit opens an address with headers that a browser would send.
func (b *Browser) visit(t *testing.T, address string, header map[string]string) *Page {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	res, err := b.Client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return b.page(res)
}

// Who was away longer than a sign-in may take goes on with the same request.
func TestFlow_thatExpiredStartsAgain(t *testing.T) {
	t.Parallel()
	x := strand(t)
	b := x.s.Browser()
	p := x.open(b)
	x.now.Store(int64(provider.FlowTTL + time.Minute))
	for _, what := range []string{"the page again", "the password late"} {
		var got *Page
		if what == "the page again" {
			got = b.Open(p.URL.String())
		} else {
			got = x.signIn(p)
		}
		if got.Left != nil || got.Doc.Find("#gone").Text() != "This page has expired" || got.Doc.Find("#again").Length() != 1 {
			t.Fatalf("%s: on %s (%d), left to %v", what, got.URL, got.Status, got.Left)
		}
		again := b.Open(x.s.Issuer() + got.Doc.Find("#again").AttrOr("href", ""))
		if again.Left != nil || again.Doc.Find("#password").Length() != 1 || again.URL.Query().Get("flow") == p.URL.Query().Get("flow") {
			t.Fatalf("%s, started again: on %s (%d)", what, again.URL, again.Status)
		}
		if what == "the password late" {
			if again = x.signIn(again); again.Left == nil || again.Left.Query().Get("code") == "" || again.Left.Query().Get("state") != "s" {
				t.Errorf("%s, signed in: on %s, left to %v", what, again.URL, again.Left)
			}
			continue
		}
		p = x.open(b) // the first is gone
		x.now.Add(int64(provider.FlowTTL + time.Minute))
	}
	b = x.s.Browser()
	old := x.open(b)
	x.now.Add(int64(3 * time.Hour))
	if got := b.Open(old.URL.String()); got.Doc.Find("#again").Length() != 0 || got.Doc.Find("#return").Length() != 1 {
		t.Errorf("a request of hours ago: on %s", got.URL)
	}
}

// {every form of a sign-in} sent twice, or after its end: never an error without a way on.
func TestForms_sentTwiceAreNoDeadEnds(t *testing.T) {
	t.Parallel()
	x := strand(t)
	third, _ := x.s.Client(web("https://third.example/cb"))
	for name, send := range map[string]func(b *Browser) *Page{
		"login": func(b *Browser) *Page {
			p := x.open(b)
			x.signIn(p)
			return x.signIn(p)
		},
		"cancel": func(b *Browser) *Page {
			p := x.open(b)
			p.Submit("cancel", nil)
			return p.Submit("cancel", nil)
		},
		"consent": func(b *Browser) *Page {
			p := x.signIn(b.Open(x.s.AuthorizeURL(third, nil)))
			p.Submit("allow", nil)
			return p.Submit("allow", nil)
		},
		"account": func(b *Browser) *Page {
			x.signIn(x.open(b))
			p := b.Open(x.s.AuthorizeURL(x.client, url.Values{"prompt": {"select_account"}}))
			p.Submit("account-0", nil)
			return p.Submit("account-0", nil)
		},
		"sign-up": func(b *Browser) *Page {
			p := b.Open(x.s.AuthorizeURL(x.client, url.Values{"prompt": {"create"}}))
			p.Submit("cancel", nil)
			return p.Submit("cancel", nil)
		},
		"logout": func(b *Browser) *Page {
			x.signIn(x.open(b))
			p := b.Open(x.s.Issuer() + "/oauth2/logout")
			p.Submit("logout-yes", nil)
			return p.Submit("logout-yes", nil)
		},
	} {
		p := send(x.s.Browser())
		if p.Left != nil {
			continue // answered once more
		}
		if p.Doc.Find("#gone").Length()+p.Doc.Find("#logged-out").Length() != 1 {
			t.Errorf("%s: on %s (%d) %q", name, p.URL, p.Status, p.Doc.Find("h1").Text())
		}
		if p.Doc.Find("#gone").Length() == 1 && p.Doc.Find("#home").Length() != 1 {
			t.Errorf("%s: no way on from %s", name, p.URL)
		}
	}
}

// Signing out where nobody is signed in says so, and leads back.
func TestLogout_withoutASessionLeadsBack(t *testing.T) {
	t.Parallel()
	x := strand(t)
	for address, link := range map[string]string{
		"/logout": "", "/oauth2/logout": "", "/logged-out": "", "/oauth2/logout?client_id=nobody": "",
		"/oauth2/logout?client_id=" + x.client.ClientID:                                                                      "#return",
		"/oauth2/logout?client_id=" + x.client.ClientID + "&post_logout_redirect_uri=https%3A%2F%2Frp.example%2Fbye&state=x": "#continue",
	} {
		p := x.s.Browser().Open(x.s.Issuer() + address)
		if p.Left != nil || p.Status != http.StatusOK || p.Doc.Find("#logged-out").Length() != 1 {
			t.Errorf("%s: on %s (%d), left to %v", address, p.URL, p.Status, p.Left)
			continue
		}
		if found := p.Doc.Find("#return, #continue"); link == "" && found.Length() > 0 || link != "" && p.Doc.Find(link).Length() != 1 {
			t.Errorf("%s: leads to %q, want %s", address, found.AttrOr("href", ""), link)
		}
	}
}

// An address of nobody, and a request that cannot be answered: the page leads to where
// somebody is.
func TestErrorPages_leadOn(t *testing.T) {
	t.Parallel()
	x := strand(t)
	x.s.NewTenant("acme", "", tenant.Settings{})
	plain, _ := x.s.Client(web("https://plain.example/cb"))
	for address, want := range map[string]struct{ home, back string }{
		"/t/nobody/login": {"/", ""}, "/nothing/here": {"/", ""}, "/t/acme/nothing": {"/t/acme/", ""}, "/federation/work/acs": {"/", ""}, "/t/acme/federation/work/callback": {"/t/acme/", ""}, "/t/acme/setup": {"/t/acme/", ""},
		"/oauth2/authorize?client_id=nobody": {"/", ""},
		"/oauth2/authorize?client_id=" + plain.ClientID + "&redirect_uri=https%3A%2F%2Fevil.example%2Fcb":       {"/", ""},
		"/oauth2/authorize?client_id=" + x.client.ClientID + "&redirect_uri=https%3A%2F%2Fevil.example%2Fcb":    {"/", "https://rp.example/start?x=1&iss=" + url.QueryEscape(x.s.Issuer())},
		"/oauth2/authorize?client_id=" + x.client.ClientID + "&client_id=" + x.client.ClientID + "&state=twice": {"/", ""},
	} {
		p := x.s.Browser().Open(x.s.URL + address)
		if p.Doc == nil || p.Doc.Find("#error").Length() != 1 {
			t.Errorf("%s: on %s (%d), left to %v", address, p.URL, p.Status, p.Left)
			continue
		}
		home, back := p.Doc.Find("#home").AttrOr("href", ""), p.Doc.Find("#return").AttrOr("href", "")
		if home != want.home || back != want.back || x.s.Browser().Open(x.s.URL+home).Status != http.StatusOK {
			t.Errorf("%s: leads home by %q and back by %q", address, home, back)
		}
	}
}

// RED-22: what a page that is over leads to is registered, by a client that somebody
// vouches for.
func TestPages_thatAreOverLeadToNoClientThatAnybodyRegistered(t *testing.T) {
	t.Parallel()
	s := openTo(t, tenant.RegistrationOpen, false)
	c := s.register(t, "")
	s.Change(c, func(c *provider.Client) {
		c.InitiateLoginURI, c.ClientURI = "https://evil.example/start", "https://evil.example/"
	})
	b := s.Browser()
	p := b.Open(s.AuthorizeURL(c, nil))
	p.Submit("cancel", nil)
	p = b.Open(p.URL.String())
	if p.Doc.Find("#gone").Length() != 1 || strings.Contains(p.Doc.Text(), "Your Bank") || p.Doc.Find("a[href*=evil]").Length() > 0 {
		html, _ := p.Doc.Find("main").Html()
		t.Errorf("the page names or leads to the client: %s", html)
	}
	p = b.Open(s.Issuer() + "/oauth2/logout?client_id=" + c.ClientID)
	if p.Doc.Find("a[href*=evil]").Length() > 0 {
		t.Error("the logged-out page leads to the client")
	}
}

// Twenty tabs that are open at once can all be gone on with; the budget says why no more.
func TestFlow_twentyTabsAreGoneOnWith(t *testing.T) {
	t.Parallel()
	x := strand(t)
	b := x.s.Browser()
	var tabs []*Page
	for range provider.MaxFlows {
		tabs = append(tabs, x.open(b))
	}
	for i, p := range tabs {
		if p = x.signIn(p); p.Left == nil || p.Left.Query().Get("code") == "" {
			t.Errorf("tab %d: on %s (%d) %q", i, p.URL, p.Status, p.Doc.Find("h1").Text())
		}
	}
	if n := x.rows(t); n != 0 {
		t.Errorf("%d flows are left behind", n)
	}
}

// rows counts stored flows.
func (x *stranded) rows(t *testing.T) (n int) {
	t.Helper()
	conn := storagetest.Owner(t, x.owner)
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM flows`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
