package plintotest

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"plinto/provider"
	"plinto/provider/keys"
	"plinto/tenant"
)

func (s *Server) get(t *testing.T, path string) (*http.Response, string) {
	t.Helper()
	res, err := s.HTTP().Get(s.Issuer() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func idClaimsOf(t *testing.T, token *oauth2.Token) map[string]any {
	t.Helper()
	raw, _ := token.Extra("id_token").(string)
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		t.Fatalf("no ID token in %v", token)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// login signs alice in and redeems the code.
func (s *Server) login(t *testing.T, b *Browser, c *provider.Client, secret string, extra url.Values) *oauth2.Token {
	t.Helper()
	rp := party(t, s, c, secret)
	verifier := oauth2.GenerateVerifier()
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier)}
	for name := range extra {
		options = append(options, oauth2.SetAuthURLParam(name, extra.Get(name)))
	}
	answer := b.SignIn(rp.config.AuthCodeURL("s", options...), "alice@example.com")
	token, err := rp.config.Exchange(rp.ctx, answer.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatalf("exchange %v: %v", answer, err)
	}
	return token
}

// Members that drafts define are in the document of OAuth alone.
func TestDiscovery_bothDocumentsSayTheSame(t *testing.T) {
	t.Parallel()
	s := Start(t)
	res, oidc := s.get(t, "/.well-known/openid-configuration")
	_, oauth := s.get(t, "/.well-known/oauth-authorization-server")
	challenge := `"authorization_challenge_endpoint":"` + s.Issuer() + `/oauth2/challenge",`
	if oidc != strings.Replace(oauth, challenge, "", 1) || oidc == oauth || res.Header.Get("Etag") == "" || res.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(res.Header.Get("Cache-Control"), "max-age") {
		t.Errorf("headers %v, same %v", res.Header, oidc == oauth)
	}
	var doc map[string]any
	if err := json.Unmarshal([]byte(oidc), &doc); err != nil {
		t.Fatal(err)
	}
	for _, member := range []string{"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported", "claims_supported", "scopes_supported"} {
		if doc[member] == nil {
			t.Errorf("%s is missing", member)
		}
	}
	if doc["issuer"] != s.Issuer() {
		t.Errorf("issuer %v, want %s", doc["issuer"], s.Issuer())
	}
}

// RFC 8414 §3: the well-known part goes between host and path.
func TestDiscovery_ofAPathTenant(t *testing.T) {
	t.Parallel()
	s := Start(t)
	acme := s.NewTenant("acme", "", tenant.Settings{})
	for _, path := range []string{
		"/t/acme/.well-known/openid-configuration", "/t/acme/.well-known/oauth-authorization-server",
		"/.well-known/openid-configuration/t/acme", "/.well-known/oauth-authorization-server/t/acme",
	} {
		res, body := s.get(t, path)
		if res.StatusCode != http.StatusOK || !strings.Contains(body, `"issuer":"`+acme.Issuer+`"`) {
			t.Errorf("%s: %d %s", path, res.StatusCode, body)
		}
	}
	if res, _ := s.get(t, "/t/nobody/.well-known/openid-configuration"); res.StatusCode != http.StatusNotFound {
		t.Errorf("unknown tenant: %d", res.StatusCode)
	}
}

func TestAuthorize_promptAndMaxAge(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	if p := b.Open(s.AuthorizeURL(client, url.Values{"prompt": {"none"}})); p.Left.Query().Get("error") != "login_required" || p.Left.Query().Get("iss") != s.Issuer() {
		t.Fatalf("silent without a session: %v", p.Left)
	}
	first := idClaimsOf(t, s.login(t, b, client, secret, nil))
	silent := idClaimsOf(t, s.login(t, b, client, secret, url.Values{"prompt": {"none"}}))
	if first["auth_time"] != silent["auth_time"] || first["sub"] != silent["sub"] || first["sid"] != silent["sid"] {
		t.Errorf("silent login differs: %v, %v", first, silent)
	}
	if p := b.Open(s.AuthorizeURL(client, url.Values{"max_age": {"10000"}})); p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Error("max_age=10000 asked again")
	}
	for name, extra := range map[string]url.Values{
		"prompt=login": {"prompt": {"login"}}, "max_age=0": {"max_age": {"0"}},
	} {
		if p := b.Open(s.AuthorizeURL(client, extra)); p.Left != nil || p.Doc.Find("#password").Length() != 1 {
			t.Errorf("%s did not ask for the password: %v", name, p.Left)
		}
	}
	if p := b.Open(s.AuthorizeURL(client, url.Values{"prompt": {"select_account"}})); p.Left != nil || p.Doc.Find("#account-0").Length() != 1 {
		t.Errorf("select_account did not ask: %v", p.Left)
	} else if p = p.Submit("account-0", nil); p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Errorf("the chosen account was not used: %s", p.URL)
	}
}

func TestAuthorize_idTokenHintOfAnotherUser(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	s.User("bob@example.com")
	token := s.login(t, s.Browser(), client, secret, nil)
	hint, _ := token.Extra("id_token").(string)
	b := s.Browser()
	b.SignIn(s.AuthorizeURL(client, nil), "bob@example.com")
	p := b.Open(s.AuthorizeURL(client, url.Values{"prompt": {"none"}, "id_token_hint": {hint}}))
	if p.Left == nil || p.Left.Query().Get("error") != "login_required" {
		t.Errorf("bob answers for alice: %v", p.Left)
	}
}

// A resource server's scopes make it the audience, besides the issuer.
func TestToken_audienceFollowsTheScopes(t *testing.T) {
	t.Parallel()
	s := Start(t)
	err := s.Store.ResourceServers.Put(s.In(), provider.ResourceServer{Identifier: "https://api.example", Scopes: []provider.Scope{{Name: "orders:read"}}})
	if err != nil {
		t.Fatal(err)
	}
	m := web("https://rp.example/cb")
	m.Scope += " orders:read"
	client, secret := s.Client(m)
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"orders:read"}}
	req, err := http.NewRequest(http.MethodPost, s.Issuer()+"/oauth2/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(client.ClientID, secret)
	res, err := s.HTTP().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(answer.AccessToken+"..", ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Aud   []string
		Scope string
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatalf("%d %q: %v", res.StatusCode, payload, err)
	}
	if !slices.Equal(claims.Aud, []string{"https://api.example"}) || claims.Scope != "orders:read" {
		t.Errorf("claims %+v", claims)
	}
}

// plinto keys rotate is another process: the server hears of it from the database.
func TestKeys_rotatedElsewhereSignAtOnce(t *testing.T) {
	t.Parallel()
	s := Start(t)
	_, before := s.get(t, "/.well-known/jwks.json")
	elsewhere := &keys.Service{Keys: s.Store.Keys, Outbox: s.Store.Outbox, Tx: s.Store.DB, Root: s.Root, Now: time.Now}
	if err := elsewhere.Rotate(s.In(), "ES256"); err != nil {
		t.Fatal(err)
	}
	old := before[strings.Index(before, `"kid":"`):][:50]
	Eventually(t, "the new key is published beside the old ones", func() bool {
		_, after := s.get(t, "/.well-known/jwks.json")
		return strings.Count(after, `"kid"`) == 3 && strings.Contains(after, old)
	})
}

func TestLogout_withTheHintOfThisSessionAsksNothing(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	token := s.login(t, b, client, secret, nil)
	hint, _ := token.Extra("id_token").(string)
	address := s.Issuer() + "/oauth2/logout?" + url.Values{
		"id_token_hint": {hint}, "post_logout_redirect_uri": {"https://rp.example/bye"}, "state": {"x"},
	}.Encode()
	// Another browser's session must not end by it.
	other := s.Browser()
	s.login(t, other, client, secret, nil)
	if p := other.Open(address); p.Left != nil || p.Doc.Find("#logout-yes").Length() != 1 {
		t.Errorf("a hint of another session was enough: %v", p.Left)
	}
	p := b.Open(address)
	if p.Left == nil || p.Left.String() != "https://rp.example/bye?state=x" {
		t.Fatalf("left to %v", p.Left)
	}
	if p := b.Open(s.AuthorizeURL(client, url.Values{"prompt": {"none"}})); p.Left.Query().Get("error") != "login_required" {
		t.Errorf("still signed in: %v", p.Left)
	}
	// What hung on the session is dead, the offline grant lives.
	rp := party(t, s, client, secret)
	if _, err := rp.config.TokenSource(rp.ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token(); err != nil {
		t.Errorf("the offline grant died with the session: %v", err)
	}
}
