package plintotest

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"plinto/internal/testworld"
	"plinto/provider"
)

var web = testworld.Web

// A relyingParty is coreos/go-oidc and x/oauth2: a client that we did not write.
type relyingParty struct {
	ctx      context.Context
	provider *oidc.Provider
	config   oauth2.Config
	verifier *oidc.IDTokenVerifier
}

func party(t *testing.T, s *Server, c *provider.Client, secret string) relyingParty {
	t.Helper()
	ctx := oidc.ClientContext(context.Background(), s.Server.Client())
	p, err := oidc.NewProvider(ctx, s.Issuer())
	if err != nil {
		t.Fatalf("discovery: %v", err)
	}
	return relyingParty{
		ctx: ctx, provider: p, verifier: p.Verifier(&oidc.Config{ClientID: c.ClientID}),
		config: oauth2.Config{
			ClientID: c.ClientID, ClientSecret: secret, Endpoint: p.Endpoint(),
			RedirectURL: c.RedirectURIs[0], Scopes: []string{"openid", "profile", "email", "offline_access"},
		},
	}
}

func TestLogin_aRelyingPartySignsAUserIn(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, secret := s.Client(web("https://rp.example/cb"))
	user := s.User("alice@example.com")
	rp := party(t, s, client, secret)

	verifier := oauth2.GenerateVerifier()
	address := rp.config.AuthCodeURL("state-1", oidc.Nonce("nonce-1"), oauth2.S256ChallengeOption(verifier))
	answer := s.Browser().SignIn(address, "alice@example.com")
	if answer.Get("state") != "state-1" || answer.Get("iss") != s.Issuer() || answer.Get("code") == "" {
		t.Fatalf("answer %v", answer)
	}
	tokens, err := rp.config.Exchange(rp.ctx, answer.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatalf("exchange: %v", err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	id, err := rp.verifier.Verify(rp.ctx, raw)
	if err != nil {
		t.Fatalf("verify ID token: %v", err)
	}
	if id.Subject != user.PublicID() || id.Nonce != "nonce-1" || id.VerifyAccessToken(tokens.AccessToken) != nil {
		t.Errorf("ID token %+v", id)
	}
	info, err := rp.provider.UserInfo(rp.ctx, oauth2.StaticTokenSource(tokens))
	if err != nil {
		t.Fatalf("userinfo: %v", err)
	}
	if info.Subject != user.PublicID() || info.Email != "alice@example.com" || !info.EmailVerified {
		t.Errorf("userinfo %+v", info)
	}
	refreshed, err := rp.config.TokenSource(rp.ctx, &oauth2.Token{RefreshToken: tokens.RefreshToken}).Token()
	if err != nil {
		t.Fatalf("refresh: %v", err)
	}
	if refreshed.RefreshToken == tokens.RefreshToken || refreshed.AccessToken == tokens.AccessToken {
		t.Error("refreshing did not rotate")
	}
}

func TestLogin_aSecondClientNeedsNoSecondPassword(t *testing.T) {
	t.Parallel()
	s := Start(t)
	first, _ := s.Client(web("https://rp.example/cb"), FirstParty)
	second, _ := s.Client(web("https://rp2.example/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	b.SignIn(s.authorizeURL(first, nil), "alice@example.com")
	p := b.Open(s.authorizeURL(second, nil))
	if p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Fatalf("the session did not do: at %s", p.URL)
	}
}

// authorizeURL is a plain code request with PKCE, changed by extra.
func (s *Server) authorizeURL(c *provider.Client, extra url.Values) string {
	v := url.Values{
		"client_id": {c.ClientID}, "redirect_uri": {c.RedirectURIs[0]}, "response_type": {"code"}, "scope": {"openid"},
		"state": {"s"}, "code_challenge": {strings.Repeat("A", 43)}, "code_challenge_method": {"S256"},
	}
	for name, values := range extra {
		v.Del(name)
		for _, value := range values {
			if value != "" {
				v.Add(name, value)
			}
		}
	}
	return s.Issuer() + "/oauth2/authorize?" + v.Encode()
}

func TestLogin_wrongPasswordRevealsNothing(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, _ := s.Client(web("https://rp.example/cb"))
	s.User("alice@example.com")
	pages := map[string]string{}
	for _, name := range []string{"alice@example.com", "nobody@example.com"} {
		p := s.Browser().Open(s.authorizeURL(client, nil)).Submit("submit", map[string]string{"username": name, "password": "wrong-password"})
		if p.Status != http.StatusUnauthorized {
			t.Fatalf("status %d", p.Status)
		}
		html, err := p.Doc.Find("main").Html()
		if err != nil {
			t.Fatal(err)
		}
		p.Doc.Find("input[type=hidden]").Each(func(_ int, in *goquery.Selection) {
			html = strings.ReplaceAll(html, in.AttrOr("value", "\x00"), "")
		})
		pages[name] = strings.ReplaceAll(html, name, "")
	}
	if pages["alice@example.com"] != pages["nobody@example.com"] {
		t.Errorf("the pages differ:\n%s\n%s", pages["alice@example.com"], pages["nobody@example.com"])
	}
}

func TestLogin_cancelTellsTheClient(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, _ := s.Client(web("https://rp.example/cb"))
	p := s.Browser().Open(s.authorizeURL(client, nil)).Submit("cancel", nil)
	if p.Left == nil || p.Left.Query().Get("error") != "access_denied" || p.Left.Query().Get("state") != "s" {
		t.Fatalf("left to %v", p.Left)
	}
}

func TestConsent_isRememberedPerClientAndScopes(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, _ := s.Client(web("https://rp.example/cb"))
	s.User("alice@example.com")
	b := s.Browser()
	p := b.Open(s.authorizeURL(client, nil)).Submit("submit", map[string]string{"username": "alice@example.com", "password": Password})
	if p.Doc == nil || p.Doc.Find("#allow").Length() != 1 || p.Doc.Find("#deny").Length() != 1 {
		t.Fatalf("not on the consent page: %s %v", p.URL, p.Left)
	}
	if p = p.Submit("allow", map[string]string{"scope": "openid email admin"}); p.Left == nil {
		t.Fatalf("not answered: %s", p.URL)
	}
	if p = b.Open(s.authorizeURL(client, nil)); p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Fatalf("asked again: %s", p.URL)
	}
	if p = b.Open(s.authorizeURL(client, url.Values{"scope": {"openid email"}})); p.Left != nil {
		t.Fatalf("not asked for a new scope: %v", p.Left)
	}
	if p = p.Submit("deny", nil); p.Left == nil || p.Left.Query().Get("error") != "access_denied" {
		t.Fatalf("denied: %v", p.Left)
	}
}

// A flow belongs to the browser that started it (Dex CVE-2022-39222).
func TestFlow_isWorthNothingInAnotherBrowser(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, _ := s.Client(web("https://rp.example/cb"))
	p := s.Browser().Open(s.authorizeURL(client, nil))
	victim := s.Browser().Open(p.URL.String())
	if victim.Left != nil || victim.Doc.Find("#password").Length() > 0 || !strings.Contains(victim.Doc.Text(), "flow_expired") {
		t.Errorf("another browser can go on with the flow: %s", victim.Doc.Text())
	}
}

func TestFlow_givesOneCodeOnly(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, _ := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	login := b.Open(s.authorizeURL(client, nil))
	if p := login.Submit("submit", map[string]string{"username": "alice@example.com", "password": Password}); p.Left == nil {
		t.Fatalf("not answered: %s", p.URL)
	}
	replay := b.Open(s.Issuer() + "/oauth2/authorize/continue?flow=" + login.URL.Query().Get("flow"))
	if replay.Left != nil {
		t.Errorf("the flow was answered twice: %v", replay.Left)
	}
}

// again is the page in a browser that has the same cookies and learns nothing of what
// happens in the first: as when a form is posted twice.
func (s *Server) again(p *Page) *Page {
	s.t.Helper()
	b := s.Browser()
	cookies := p.b.Jar.Cookies(p.URL)
	for _, c := range cookies {
		c.Path, c.Secure = "/", true
	}
	b.Jar.SetCookies(p.URL, cookies)
	twin := *p
	twin.b = b
	return &twin
}

// Who clicks twice sees the second answer only.
func TestSignIn_postedTwiceIsAnsweredTwice(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	first := s.Browser().Open(s.authorizeURL(client, url.Values{"code_challenge": {Challenge}}))
	second, third := s.again(first), s.again(first)
	for _, p := range []*Page{first, second} {
		p = p.Submit("submit", map[string]string{"username": "alice@example.com", "password": Password})
		if p.Left == nil || p.Left.Query().Get("code") == "" || p.URL.Path != "/login" {
			t.Fatalf("not answered at once: %s %v", p.URL, p.Left)
		}
		s.succeeds(s.Redeem(client, secret, p.Left.Query().Get("code")))
	}
	wrong := third.Submit("submit", map[string]string{"username": "alice@example.com", "password": "wrong"})
	if wrong.Left != nil || wrong.Status != http.StatusUnauthorized {
		t.Errorf("a wrong password: %d, left to %v", wrong.Status, wrong.Left)
	}
}

// An answer that is a page, or that can be given once only, is not the outcome of a POST.
func TestSignIn_goesByWayOfContinueWhereAnAnswerMustNotBeRepeated(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	signIn := func(address string) *Page {
		return s.Browser().Open(address).Submit("submit", map[string]string{"username": "alice@example.com", "password": Password})
	}
	p := signIn(s.authorizeURL(client, url.Values{"response_mode": {"form_post"}}))
	if p.URL.Path != "/oauth2/authorize/continue" || p.Doc.Find("form[action='https://rp.example/cb']").Length() != 1 {
		t.Errorf("form_post: %s", p.URL)
	}
	asked, err := url.Parse(s.authorizeURL(client, nil))
	if err != nil {
		t.Fatal(err)
	}
	pushed := s.Send(http.MethodPost, "/oauth2/par", asked.Query(), As(client, secret))
	uri, _ := pushed.JSON["request_uri"].(string)
	p = signIn(s.Issuer() + "/oauth2/authorize?" + url.Values{"client_id": {client.ClientID}, "request_uri": {uri}}.Encode())
	if p.Left == nil || p.Left.Query().Get("code") == "" || p.URL.Path != "/oauth2/authorize/continue" {
		t.Errorf("pushed: %s %v", p.URL, p.Left)
	}
}
