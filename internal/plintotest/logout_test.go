package plintotest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"plinto/event"
	"plinto/provider"
)

// A site is a relying party's server: it notes what arrives at its logout endpoints.
type site struct {
	*httptest.Server
	mu     sync.Mutex
	paths  map[string]int
	status func(attempt int) int // of the back-channel
	front  chan url.Values
	back   chan *http.Request
}

func newSite(t *testing.T) *site {
	t.Helper()
	rp := &site{paths: map[string]int{}, status: func(int) int { return http.StatusOK }, front: make(chan url.Values, 20), back: make(chan *http.Request, 20)}
	rp.Server = httptest.NewTLSServer(http.HandlerFunc(rp.serve))
	t.Cleanup(rp.Close)
	return rp
}

func (rp *site) serve(w http.ResponseWriter, r *http.Request) {
	rp.mu.Lock()
	rp.paths[r.URL.Path]++
	attempt := rp.paths[r.URL.Path]
	rp.mu.Unlock()
	switch r.URL.Path {
	case "/front":
		rp.front <- r.URL.Query()
	case "/back":
		if r.ParseForm() != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Location", rp.URL+"/elsewhere")
		w.WriteHeader(rp.status(attempt))
		rp.back <- r
	default:
		_, _ = w.Write([]byte("<!DOCTYPE html><title>RP</title><p id=rp>RP</p>"))
	}
}

func (rp *site) visits(path string) int {
	rp.mu.Lock()
	defer rp.mu.Unlock()
	return rp.paths[path]
}

// told waits for a logout token.
func (rp *site) told(t *testing.T) *http.Request {
	t.Helper()
	select {
	case r := <-rp.back:
		return r
	case <-time.After(30 * time.Second):
		t.Fatal("the client was not told")
		return nil
	}
}

func (rp *site) metadata() provider.Metadata {
	m := web(rp.URL + "/cb")
	m.PostLogoutRedirectURIs = []string{rp.URL + "/bye"}
	return m
}

// verified checks a logout token as a relying party does: signature by a published
// key, and returns header and claims.
func (s *Server) verified(t *testing.T, r *http.Request) (header jose.Header, claims map[string]any) {
	t.Helper()
	if len(r.PostForm) != 1 || len(r.PostForm["logout_token"]) != 1 || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Fatalf("posted %v as %q", r.PostForm, r.Header.Get("Content-Type"))
	}
	raw := r.PostForm.Get("logout_token")
	ctx := oidc.ClientContext(context.Background(), s.Server.Client())
	payload, err := oidc.NewRemoteKeySet(ctx, s.Issuer()+"/.well-known/jwks.json").VerifySignature(ctx, raw)
	if err != nil {
		t.Fatalf("signature of %s: %v", raw, err)
	}
	parsed, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.RS256, jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return parsed.Signatures[0].Header, claims
}

// Back-Channel Logout 1.0: two clients of one session are told; one that is busy is
// told again, a redirect is not followed, a third client of another session hears nothing.
func TestBackchannelLogout_tellsTheClientsOfTheSession(t *testing.T) {
	t.Parallel()
	s := Start(t)
	one, two, away, other := newSite(t), newSite(t), newSite(t), newSite(t)
	two.status = func(attempt int) int {
		if attempt == 1 {
			return http.StatusServiceUnavailable
		}
		return http.StatusNoContent
	}
	away.status = func(int) int { return http.StatusTemporaryRedirect }
	user := s.User("alice@example.com")
	b := s.Browser()
	clients, claims := map[*site]*provider.Client{}, map[*site]map[string]any{}
	hint := ""
	for _, rp := range []*site{one, two, away, other} {
		m := rp.metadata()
		m.BackchannelLogoutURI = rp.URL + "/back"
		if rp == two {
			m.IDTokenSignedAlg = "ES256"
		}
		client, secret := s.Client(m, FirstParty)
		in := b
		if rp == other {
			in = s.Browser()
		}
		token := s.login(t, in, client, secret, nil)
		clients[rp], claims[rp] = client, idClaimsOf(t, token)
		if rp == one {
			hint, _ = token.Extra("id_token").(string)
		}
	}
	before := time.Now().Add(-time.Second).Unix()
	p := b.Open(s.Issuer() + "/oauth2/logout?" + url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {one.URL + "/bye"}}.Encode())
	if p.Left == nil || p.Left.String() != one.URL+"/bye" {
		t.Fatalf("left to %v", p.Left)
	}
	for rp, alg := range map[*site]string{one: "RS256", two: "ES256"} {
		header, got := s.verified(t, rp.told(t))
		if header.Algorithm != alg || header.ExtraHeaders["typ"] != "logout+jwt" {
			t.Errorf("header %+v", header)
		}
		iat, _ := got["iat"].(float64)
		if jti, _ := got["jti"].(string); len(jti) < 16 || int64(iat) < before || int64(iat) > time.Now().Unix() || got["exp"] != iat+120 {
			t.Errorf("jti, iat, exp of %v", got)
		}
		delete(got, "jti")
		delete(got, "iat")
		delete(got, "exp")
		want := map[string]any{
			"iss": s.Issuer(), "aud": clients[rp].ClientID, "sub": user.PublicID(), "sid": claims[rp]["sid"],
			"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("claims differ (-want +got):\n%s", diff)
		}
	}
	away.told(t)
	two.told(t) // again, by the queue, after it was busy
	if n := away.visits("/elsewhere"); n != 0 {
		t.Errorf("a redirect was followed %d times", n)
	}
	if n := other.visits("/back"); n != 0 {
		t.Errorf("a client of another session was told %d times", n)
	}
}

// Global sign-out: whatever ends all sessions of a user tells every client of each,
// and what was not offline is revoked (§2.7).
func TestGlobalSignOut_endsAndTellsEverything(t *testing.T) {
	t.Parallel()
	s := Start(t)
	rp := newSite(t)
	m := rp.metadata()
	m.BackchannelLogoutURI = rp.URL + "/back"
	client, secret := s.Client(m, FirstParty)
	user := s.User("alice@example.com")
	sids := map[any]bool{}
	var access []string
	for range 2 {
		token := s.Tokens(client, secret, "alice@example.com", "openid")
		access = append(access, token["access_token"])
		sids[sidOf(t, token["id_token"])] = true
	}
	if len(sids) != 2 {
		t.Fatalf("sessions %v", sids)
	}
	if err := s.Directory().SignOut(s.In(), event.Actor{Type: "operator"}, user.ID, uuid.Nil); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, claims := s.verified(t, rp.told(t))
		if !sids[claims["sid"]] {
			t.Errorf("sid %v is none of %v, or told twice", claims["sid"], sids)
		}
		delete(sids, claims["sid"])
	}
	for _, token := range access {
		a := s.Send(http.MethodPost, "/oauth2/introspect", url.Values{"token": {token}}, As(client, secret))
		if a.JSON["active"] != false {
			t.Errorf("an access token of an ended session: %s", a.Text)
		}
	}
}

// Front-Channel Logout 1.0, as a browser without scripts sees it.
func TestFrontchannelLogout_thePageFramesTheClientsAndNobodyElse(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.User("alice@example.com")
	b := s.Browser()
	frames := map[string]string{ // registered → framed, SID standing for the session's
		"https://one.example/front":         "https://one.example/front?ISS&SID",
		"https://two.example:8443/f?a=b%26": "https://two.example:8443/f?a=b%26&ISS&SID",
		"https://three.example/plain":       "https://three.example/plain",
		"":                                  "",
	}
	want := map[string]bool{}
	hint := ""
	for uri, framed := range frames {
		m := web("https://rp.example/cb")
		m.FrontchannelLogoutURI, m.FrontchannelLogoutSessionRequired = uri, !strings.HasSuffix(uri, "/plain")
		client, secret := s.Client(m, FirstParty)
		token := s.login(t, b, client, secret, nil)
		if hint == "" {
			hint, _ = token.Extra("id_token").(string)
		}
		sid, _ := idClaimsOf(t, token)["sid"].(string)
		if framed != "" {
			framed = strings.Replace(framed, "ISS", url.Values{"iss": {s.Issuer()}}.Encode(), 1)
			want[strings.Replace(framed, "SID", url.Values{"sid": {sid}}.Encode(), 1)] = true
		}
	}
	p := b.Open(s.Issuer() + "/oauth2/logout?" + url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {"https://rp.example/bye"}, "state": {"a b"}}.Encode())
	if p.Left != nil {
		t.Fatalf("left to %v before the clients were told", p.Left)
	}
	got := map[string]bool{}
	for _, n := range p.Doc.Find("iframe").EachIter() {
		got[n.AttrOr("src", "")] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("frames differ (-want +got):\n%s", diff)
	}
	if link := p.Doc.Find("a#continue").AttrOr("href", ""); link != "https://rp.example/bye?state=a+b" {
		t.Errorf("leads on to %q", link)
	}
	policy := p.Header.Get("Content-Security-Policy")
	_, sources, _ := strings.Cut(policy, "frame-src ")
	sources, _, _ = strings.Cut(sources, ";")
	origins := map[string]bool{}
	for _, origin := range strings.Fields(sources) {
		origins[origin] = true
	}
	if diff := cmp.Diff(map[string]bool{"https://one.example": true, "https://two.example:8443": true, "https://three.example": true}, origins); diff != "" {
		t.Errorf("frame-src differs (-want +got):\n%s", diff)
	}
	if !strings.Contains(policy, "frame-ancestors 'none'") || p.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("policy %s, caching %s", policy, p.Header.Get("Cache-Control"))
	}
	if strings.Contains(p.URL.String(), "example") || strings.Contains(p.URL.String(), "sid") {
		t.Errorf("the address tells: %s", p.URL)
	}
	if login := b.Open(s.Issuer() + "/logged-out"); !strings.Contains(login.Header.Get("Content-Security-Policy"), "frame-src 'none'") {
		t.Error("a page without frames may hold some")
	}
}
