package userinfo_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plinto/event"
	"plinto/internal/plintotest"
	"plinto/provider"
	"plinto/tenant"
)

const path = "/oauth2/userinfo"

func metadata() provider.Metadata {
	return provider.Metadata{
		TokenEndpointAuthMethod: provider.AuthBasic, RedirectURIs: []string{"https://rp.example/cb"}, IDTokenSignedAlg: "ES256",
		GrantTypes:    []string{provider.GrantCode, provider.GrantRefresh, provider.GrantClientCredentials},
		ResponseTypes: []string{"code"}, Scope: "openid profile email offline_access orders",
	}
}

func bearer(token string) func(*http.Request) {
	return plintotest.With("Authorization", "Bearer "+token)
}

func TestUserinfo_answersByHeaderAndBody(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c, secret := s.Client(metadata(), plintotest.FirstParty)
	user := s.User("alice@example.com")
	token := s.Tokens(c, secret, "alice@example.com", "openid email")["access_token"]
	want := map[string]any{"sub": user.PublicID(), "email": "alice@example.com", "email_verified": true}
	for name, a := range map[string]plintotest.Answer{
		"GET":            s.Send(http.MethodGet, path, nil, bearer(token)),
		"POST":           s.Send(http.MethodPost, path, nil, bearer(token)),
		"POST of a form": s.Send(http.MethodPost, path, url.Values{"access_token": {token}}),
		"POST of JSON":   s.Send(http.MethodPost, path, url.Values{}, bearer(token), plintotest.With("Content-Type", "application/json")),
		"lower case":     s.Send(http.MethodGet, path, nil, plintotest.With("Authorization", "bearer "+token)),
	} {
		if diff := cmp.Diff(want, a.JSON); diff != "" || a.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.Text)
		}
		if a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v", name, a.Header)
		}
	}
}

// RFC 6750 §2 and §3; TOK-23, MIX-06.
func TestUserinfo_refusesEverythingElseWithAChallenge(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c, secret := s.Client(metadata(), plintotest.FirstParty)
	s.User("alice@example.com")
	tokens := s.Tokens(c, secret, "alice@example.com", "openid offline_access")
	good := tokens["access_token"]
	if err := s.Store.ResourceServers.Put(s.In(), provider.ResourceServer{Identifier: "https://orders.example", Scopes: []provider.Scope{{Name: "orders"}}}); err != nil {
		t.Fatal(err)
	}
	elsewhere := s.Tokens(c, secret, "alice@example.com", "orders")["access_token"]
	noUser, _ := s.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"client_credentials"}}, plintotest.As(c, secret)).JSON["access_token"].(string)
	for _, r := range []struct {
		name   string
		answer plintotest.Answer
		status int
		code   string // in the challenge
	}{
		{"nothing", s.Send(http.MethodGet, path, nil), 401, ""},
		{"another scheme", s.Send(http.MethodGet, path, nil, plintotest.As(c, secret)), 401, ""},
		{"rubbish", s.Send(http.MethodGet, path, nil, bearer("x")), 401, "invalid_token"},
		{"an ID token", s.Send(http.MethodGet, path, nil, bearer(tokens["id_token"])), 401, "invalid_token"},
		{"a refresh token", s.Send(http.MethodGet, path, nil, bearer(tokens["refresh_token"])), 401, "invalid_token"},
		{"alg none", s.Send(http.MethodGet, path, nil, bearer(unsigned(good))), 401, "invalid_token"},
		{"a client's own", s.Send(http.MethodGet, path, nil, bearer(noUser)), 403, "insufficient_scope"},
		{"without openid", s.Send(http.MethodGet, path, nil, bearer(elsewhere)), 403, "insufficient_scope"},
		{"query", s.Send(http.MethodGet, path+"?access_token="+good, nil), 400, "invalid_request"},
		{"header and query", s.Send(http.MethodGet, path+"?access_token="+good, nil, bearer(good)), 400, "invalid_request"},
		{"header and body", s.Send(http.MethodPost, path, url.Values{"access_token": {good}}, bearer(good)), 400, "invalid_request"},
		{"two headers", s.Send(http.MethodGet, path, nil, bearer(good), func(r *http.Request) { r.Header.Add("Authorization", "Bearer "+good) }), 400, "invalid_request"},
	} {
		challenge := r.answer.Header.Get("WWW-Authenticate")
		named := strings.Contains(challenge, `error="`+r.code+`"`) || r.code == "" && !strings.Contains(challenge, "error=")
		if r.answer.StatusCode != r.status || !strings.HasPrefix(challenge, `Bearer realm="`+s.Issuer()+`"`) || !named {
			t.Errorf("%s: got %d, %s", r.name, r.answer.StatusCode, challenge)
		}
	}
	if a := s.Send(http.MethodDelete, path, nil, bearer(good)); a.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("DELETE: %d", a.StatusCode)
	}
}

// unsigned is the same token with the header {"alg":"none","typ":"at+jwt"}.
func unsigned(token string) string {
	payload := strings.Split(token, ".")[1]
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"at+jwt"}`)) + "." + payload + "."
}

// TOK-07: the token is in memory, its end is not.
func TestUserinfo_noticesThatAUserWasDisabled(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c, secret := s.Client(metadata(), plintotest.FirstParty)
	user := s.User("alice@example.com")
	token := s.Tokens(c, secret, "alice@example.com", "openid")["access_token"]
	if a := s.Send(http.MethodGet, path, nil, bearer(token)); a.StatusCode != http.StatusOK {
		t.Fatalf("control: %d", a.StatusCode)
	}
	if err := s.Directory().Disable(s.In(), event.Actor{Type: "operator"}, user.ID); err != nil {
		t.Fatal(err)
	}
	if a := s.Send(http.MethodGet, path, nil, bearer(token)); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("got %d %s", a.StatusCode, a.Text)
	}
}

// TOK-08: what was taken from a client is not had by the claims parameter of a grant from before either.
func TestUserinfo_tellsNothingThatWasTakenFromTheClient(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c, secret := s.Client(metadata(), plintotest.FirstParty)
	s.User("alice@example.com")
	request := url.Values{
		"client_id": {c.ClientID}, "redirect_uri": {c.RedirectURIs[0]}, "response_type": {"code"}, "scope": {"openid"},
		"code_challenge": {plintotest.Challenge}, "code_challenge_method": {"S256"}, "claims": {`{"userinfo":{"email":null}}`},
	}
	answer := s.Redeem(c, secret, s.Browser().SignIn(s.Issuer()+"/oauth2/authorize?"+request.Encode(), "alice@example.com").Get("code"))
	token, _ := answer.JSON["access_token"].(string)
	if a := s.Send(http.MethodGet, path, nil, bearer(token)); a.JSON["email"] != "alice@example.com" {
		t.Fatalf("control: %d %s", a.StatusCode, a.Text)
	}
	s.Change(c, func(c *provider.Client) { c.Scope = "openid profile" })
	if a := s.Send(http.MethodGet, path, nil, bearer(token)); a.StatusCode != http.StatusOK || a.JSON["sub"] == nil || a.JSON["email"] != nil {
		t.Errorf("%d %s", a.StatusCode, a.Text)
	}
}

// MIX-04.
func TestUserinfo_ofAnotherTenantKnowsNoTokenOfThisOne(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c, secret := s.Client(metadata(), plintotest.FirstParty)
	s.User("alice@example.com")
	token := s.Tokens(c, secret, "alice@example.com", "openid")["access_token"]
	other := s.NewTenant("other", "", tenant.Settings{})
	if a := s.Send(http.MethodGet, other.Path+path, nil, bearer(token)); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("got %d %s", a.StatusCode, a.Text)
	}
}

func TestUserinfo_isReadableByThePagesOfTheClientAndItsRefusalsByAll(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c, secret := s.Client(metadata(), plintotest.FirstParty)
	s.User("alice@example.com")
	token := s.Tokens(c, secret, "alice@example.com", "openid")["access_token"]
	for _, c := range []struct{ token, origin, want string }{
		{token, "https://rp.example", "https://rp.example"},
		{token, "https://evil.example", ""},
		{token, "null", ""},
		{"expired", "https://evil.example", "https://evil.example"},
		{"expired", "null", ""},
	} {
		a := s.Send(http.MethodGet, path, nil, bearer(c.token), plintotest.With("Origin", c.origin))
		if got := a.Header.Get("Access-Control-Allow-Origin"); got != c.want || a.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s from %s: %q", c.token[:7], c.origin, got)
		}
	}
}
