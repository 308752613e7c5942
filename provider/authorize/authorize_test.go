package authorize_test

import (
	"net/url"
	"strings"
	"testing"

	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/provider"
)

// A flow belongs to the browser that started it (Dex CVE-2022-39222).
func TestFlow_isWorthNothingInAnotherBrowser(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.example/cb"))
	p := s.Browser().Open(s.AuthorizeURL(client, nil))
	victim := s.Browser().Open(p.URL.String())
	if victim.Left != nil || victim.Doc.Find("#password").Length() > 0 || !strings.Contains(victim.Doc.Text(), "flow_expired") {
		t.Errorf("another browser can go on with the flow: %s", victim.Doc.Text())
	}
}

func TestFlow_givesOneCodeOnly(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	login := b.Open(s.AuthorizeURL(client, nil))
	if p := login.Submit("submit", plintotest.Alice()); p.Left == nil {
		t.Fatalf("not answered: %s", p.URL)
	}
	replay := b.Open(s.Issuer() + "/oauth2/authorize/continue?flow=" + login.URL.Query().Get("flow"))
	if replay.Left != nil {
		t.Errorf("the flow was answered twice: %v", replay.Left)
	}
}

func TestAuthorize_byPost(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	b.SignIn(s.AuthorizeURL(client, nil), "alice@example.com")
	u, err := url.Parse(s.AuthorizeURL(client, nil))
	if err != nil {
		t.Fatal(err)
	}
	if p := b.Post(s.Issuer()+"/oauth2/authorize", u.Query()); p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Errorf("a posted request was not answered: %s", p.URL)
	}
}

func TestAuthorize_formPost(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	b.SignIn(s.AuthorizeURL(client, nil), "alice@example.com")
	p := b.Open(s.AuthorizeURL(client, url.Values{"response_mode": {"form_post"}}))
	if p.Left != nil || p.Doc.Find("form#form-post").AttrOr("action", "") != "https://rp.example/cb" {
		t.Fatalf("no form: %v", p.Left)
	}
	for _, name := range []string{"code", "state", "iss"} {
		if p.Doc.Find("input[name="+name+"]").AttrOr("value", "") == "" {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestAuthorize_speaksTheLanguageAsked(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.example/cb"))
	p := s.Browser().Open(s.AuthorizeURL(client, url.Values{"ui_locales": {"xx de-AT"}, "login_hint": {"alice@example.com"}}))
	if p.Doc.Find("html").AttrOr("lang", "") != "de" || !strings.Contains(p.Doc.Find("h1").Text(), "Anmelden") {
		t.Errorf("language %q, heading %q", p.Doc.Find("html").AttrOr("lang", ""), p.Doc.Find("h1").Text())
	}
	if got := p.Doc.Find("#username").AttrOr("value", ""); got != "alice@example.com" {
		t.Errorf("login_hint prefilled %q", got)
	}
}

// RFC 8252: loopback with any port; it and private-use schemes are asked for every time.
func TestAuthorize_nativeApps(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	app, _ := s.Client(provider.Metadata{
		ApplicationType: "native", TokenEndpointAuthMethod: provider.AuthNone, RedirectURIs: []string{"http://127.0.0.1/cb", "com.example.app:/cb"},
		GrantTypes: []string{provider.GrantCode}, ResponseTypes: []string{"code"}, Scope: "openid",
	})
	s.User("alice@example.com")
	b := s.Browser()
	b.SignIn(s.AuthorizeURL(app, url.Values{"redirect_uri": {"http://127.0.0.1:50123/cb"}}), "alice@example.com")
	p := b.Open(s.AuthorizeURL(app, url.Values{"redirect_uri": {"http://127.0.0.1:50999/cb"}}))
	if p.Left != nil || p.Doc.Find("#allow").Length() != 1 {
		t.Errorf("loopback was not asked for consent again: %v", p.Left)
	} else if p = p.Submit("allow", nil); p.Left == nil || p.Left.Host != "127.0.0.1:50999" {
		t.Errorf("another loopback port: %v", p.Left)
	}
	if p := b.Open(s.AuthorizeURL(app, url.Values{"redirect_uri": {"com.example.app:/cb"}})); p.Left != nil || p.Doc.Find("#allow").Length() != 1 {
		t.Errorf("a private-use scheme was not asked for consent again: %v", p.Left)
	}
}
