package playground_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"plinto/internal/playground"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/provider"
)

// signedIn is a relying party that Alice is signed in to.
func signedIn(t *testing.T, s *plintotest.Server, m provider.Metadata) (*playground.Playground, *provider.Client) {
	t.Helper()
	m.Scope = "openid offline_access"
	client, secret := s.Client(m, plintotest.FirstParty)
	p := playground.New(playground.Client{
		Issuer: s.Issuer(), ID: client.ClientID, Secret: secret, SecretInBody: m.TokenEndpointAuthMethod == provider.AuthPost, RedirectURL: testworld.Callback,
	}, s.Server.Client().Transport)
	address, err := p.Start(playground.Ask{Scope: "openid offline_access"})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Callback(s.Browser().SignIn(address, "alice@example.com")); err != nil {
		t.Fatal(err)
	}
	return p, client
}

// titles are the steps, each with the line of its answer that tells success.
func titles(p *playground.Playground) string {
	var all []string
	for _, s := range p.Steps() {
		line, _, _ := strings.Cut(s.Response, "\n")
		all = append(all, s.Title+" "+strings.TrimPrefix(line, "HTTP/1.1 "))
	}
	return strings.Join(all, "; ")
}

// Each kind of client goes through everything that the page offers, and what is shown is
// what was sent.
func TestPlayground_walksThroughALogin(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	s.User("alice@example.com")
	post := testworld.Web()
	post.TokenEndpointAuthMethod, post.Profile = provider.AuthPost, provider.ProfileStrict
	for name, m := range map[string]provider.Metadata{"basic": testworld.Web(), "post": post, "public": testworld.Public(testworld.Web())} {
		p, client := signedIn(t, s, m)
		if in, refreshable := p.SignedIn(); !in || !refreshable {
			t.Fatalf("%s: signed in %t, refreshable %t: %s", name, in, refreshable, titles(p))
		}
		for _, do := range []func() error{p.Userinfo, p.Refresh, p.Userinfo, p.Introspect, p.Revoke} {
			if err := do(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if err := p.Userinfo(); err == nil {
			t.Errorf("%s: the access token outlives its revoked grant", name)
		}
		introspected := "200 OK"
		if client.Public() {
			introspected = "401 Unauthorized" // RFC 7662 §2.1
		}
		want := "Discovery 200 OK; Authorization request ; Authorization response ; Token request 200 OK; Keys 200 OK; Userinfo 200 OK; Refresh 200 OK; Userinfo 200 OK; Introspection " +
			introspected + "; Revocation 200 OK; Userinfo 401 Unauthorized"
		if got := titles(p); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
		if !strings.Contains(p.Steps()[3].Request, "code_verifier=") || !strings.Contains(p.Steps()[3].Tokens[0].Claims, `"nonce"`) {
			t.Errorf("%s: the token request is shown as %+v", name, p.Steps()[3])
		}
		after, err := url.Parse(p.Logout())
		if err != nil || after.Query().Get("id_token_hint") == "" || after.Query().Get("client_id") != client.ClientID {
			t.Errorf("%s: signs out at %s, %v", name, after, err)
		}
		if in, _ := p.SignedIn(); in || len(p.Steps()) != 0 {
			t.Errorf("%s: something is left after signing out", name)
		}
	}
}

// What other relying parties have to refuse, this one shows how to (RFC 9700 §4.7, RFC 9207):
// no code is sent anywhere.
func TestCallback_refusesWhatItDidNotAskFor(t *testing.T) {
	t.Parallel()
	var issuer *httptest.Server
	var redeemed atomic.Int32
	issuer = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			redeemed.Add(1)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{
			"issuer": issuer.URL, "authorization_endpoint": issuer.URL + "/a", "token_endpoint": issuer.URL + "/t", "jwks_uri": issuer.URL + "/k",
		})
	}))
	defer issuer.Close()
	client := playground.Client{Issuer: issuer.URL, ID: "web", Secret: "s", RedirectURL: testworld.Callback}
	good := func(state string) url.Values {
		return url.Values{"code": {"c"}, "state": {state}, "iss": {issuer.URL}}
	}
	for name, forge := range map[string]func(url.Values){
		"another state":  func(q url.Values) { q.Set("state", "x") },
		"no state":       func(q url.Values) { q.Del("state") },
		"another issuer": func(q url.Values) { q.Set("iss", "https://evil.example") },
		"no issuer":      func(q url.Values) { q.Del("iss") },
		"an error":       func(q url.Values) { q.Set("error", "access_denied") },
	} {
		p := playground.New(client, nil)
		if p.Callback(good("")) == nil {
			t.Errorf("%s: answered before anything was asked", name)
		}
		started := func() (state string) {
			t.Helper()
			address, err := p.Start(playground.Ask{Scope: "openid"})
			if err != nil {
				t.Fatal(err)
			}
			asked, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			return asked.Query().Get("state")
		}
		answer := good(started())
		forge(answer)
		if p.Callback(answer) == nil || redeemed.Load() != 0 {
			t.Errorf("%s: accepted, or %d codes redeemed", name, redeemed.Load())
		}
		for what, do := range map[string]func() error{"userinfo": p.Userinfo, "refresh": p.Refresh, "introspect": p.Introspect, "revoke": p.Revoke} {
			if do() == nil {
				t.Errorf("%s: %s without tokens", name, what)
			}
		}
		if answer = good(started()); p.Callback(answer) == nil || redeemed.Swap(0) != 1 {
			t.Errorf("%s: control: what was asked for is not redeemed", name)
		}
	}
}
