package plintotest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"plinto/tenant"
)

// Origins of pages, and whether a client with redirect URIs at spa.test and on a
// loopback port, and with app.test allowed besides, lives there.
var origins = map[string]bool{
	"https://spa.test": true, "https://app.test": true, "http://localhost:5173": true, "capacitor://localhost": true,
	"chrome-extension://abcdefghijklmnopabcdefghijklmnop": true, "chrome-extension://ponmlkjihgfedcbaponmlkjihgfedcba": false, "ionic://localhost": false,
	"https://evil.test": false, "null": false, "https://spa.test.evil.test": false, "http://spa.test": false, "https://spa.test:8443": false,
	"http://localhost:5174": false, "com.example.app:": false, "https://SPA.test": false, "": false,
}

// SES-17: an SPA reads what it asks for itself, from the origins that it registered and no
// others; never with cookies, and never from the opaque origin null.
func TestCORS_isForRegisteredOrigins(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.User("alice@example.com")
	m := web("https://spa.test/cb", "http://localhost:5173/cb")
	m.TokenEndpointAuthMethod, m.AllowedOrigins, m.GrantTypes = "none", []string{
		"https://app.test", "capacitor://localhost", "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
	}, []string{"authorization_code"}
	client, _ := s.Client(m, FirstParty)
	tokens := s.Tokens(client, "", "alice@example.com", "openid")
	id := url.Values{"client_id": {client.ClientID}}
	requests := map[string]struct {
		method, path string
		form         url.Values
		change       func(*http.Request)
	}{
		"token":    {http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"authorization_code"}, "client_id": {client.ClientID}, "code": {"x"}}, nil},
		"revoke":   {http.MethodPost, "/oauth2/revoke", url.Values{"client_id": {client.ClientID}, "token": {"x"}}, nil},
		"refused":  {http.MethodPost, "/oauth2/revoke", url.Values{"client_id": {client.ClientID}, "client_secret": {"x"}, "token": {"x"}}, nil},
		"bad push": {http.MethodPost, "/oauth2/par", url.Values{"client_id": {client.ClientID}, "client_secret": {"x"}}, nil},
		"push":     {http.MethodPost, "/oauth2/par", id, nil},
		"userinfo": {http.MethodGet, "/oauth2/userinfo", nil, With("Authorization", "Bearer "+tokens["access_token"])},
	}
	for name, r := range requests {
		for origin, lives := range origins {
			change := []func(*http.Request){With("Origin", origin)}
			if r.change != nil {
				change = append(change, r.change)
			}
			readable(t, s.Send(r.method, r.path, r.form, change...), name, origin, lives)
		}
		preflight := s.Send(http.MethodOptions, r.path, nil, With("Origin", "https://spa.test"), With("Access-Control-Request-Headers", "x-client-version,authorization"))
		if got := preflight.Header.Get("Access-Control-Allow-Headers"); got != "x-client-version,authorization" {
			t.Errorf("preflight of %s allows %q", name, got)
		}
		a := s.Send(http.MethodOptions, r.path, nil, With("Origin", "https://spa.test"), With("Access-Control-Request-Method", r.method))
		if a.StatusCode != http.StatusNoContent || !strings.Contains(a.Header.Get("Access-Control-Allow-Methods"), r.method) || !strings.Contains(a.Header.Get("Access-Control-Allow-Headers"), "DPoP") {
			t.Errorf("preflight of %s: %d %v", name, a.StatusCode, a.Header)
		}
	}
}

func readable(t *testing.T, a Answer, what, origin string, want bool) {
	t.Helper()
	got := a.Header.Get("Access-Control-Allow-Origin")
	if (got != "") != want || want && got != origin || a.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%s from %q: %d, allowed %q", what, origin, a.StatusCode, got)
	}
	if !strings.Contains(a.Header.Get("Vary"), "Origin") && a.StatusCode == http.StatusOK && origin != "" {
		t.Errorf("%s from %q: a cache cannot tell", what, origin)
	}
}

// RFC 9700 §2.6: pages, and the endpoints that send the browser on, are nobody's to
// read; the documents are everybody's.
func TestCORS_isNotForPagesAndForAllOfThePublicDocuments(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, _ := s.Client(web("https://spa.test/cb"))
	authorize := strings.TrimPrefix(s.AuthorizeURL(client, nil), s.Issuer())
	for _, path := range []string{"/", authorize, "/oauth2/authorize/continue", "/oauth2/logout", "/login", "/consent", "/logout", "/logged-out", "/oauth2/introspect"} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions} {
			a := s.Send(method, path, nil, With("Origin", "https://spa.test"), With("Access-Control-Request-Method", "POST"))
			readable(t, a, method+" "+path, "", false)
		}
	}
	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/.well-known/jwks.json"} {
		a := s.Send(http.MethodGet, path, nil, With("Origin", "https://evil.test"))
		if a.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %v", path, a.Header)
		}
		publicPreflight(t, s, path, "GET")
	}
}

// publicPreflight wants a preflight of any page answered, with the headers it asks for.
func publicPreflight(t *testing.T, s *Server, path, method string) {
	t.Helper()
	a := s.Send(http.MethodOptions, path, nil, With("Origin", "https://any.test"), With("Access-Control-Request-Method", method),
		With("Access-Control-Request-Headers", "authorization,content-type,x-own"))
	if a.StatusCode != http.StatusNoContent || a.Header.Get("Access-Control-Allow-Origin") != "*" || a.Header.Get("Access-Control-Allow-Credentials") != "" ||
		!strings.Contains(a.Header.Get("Access-Control-Allow-Methods"), method) || a.Header.Get("Access-Control-Allow-Headers") != "authorization,content-type,x-own" {
		t.Errorf("preflight of %s: %d %v", path, a.StatusCode, a.Header)
	}
}

// An app in a browser may register itself, and read, change and delete what it is with
// the token of that. The token is all it takes, so the page's origin says nothing.
func TestCORS_letsAnAppRegisterAndManageItself(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Settings: tenant.Settings{Registration: tenant.Registration{Mode: tenant.RegistrationOpen}}})
	body, err := json.Marshal(map[string]any{"redirect_uris": []string{"https://spa.test/cb"}, "token_endpoint_auth_method": "none"})
	if err != nil {
		t.Fatal(err)
	}
	made := s.Send(http.MethodPost, "/oauth2/register", url.Values{"x": {"y"}}, func(r *http.Request) {
		r.Header.Set("Content-Type", "application/json")
		r.Body, r.ContentLength = readCloser{strings.NewReader(string(body))}, int64(len(body))
	})
	manage, _ := made.JSON["registration_client_uri"].(string)
	token, _ := made.JSON["registration_access_token"].(string)
	path := strings.TrimPrefix(manage, s.Issuer())
	if made.Header.Get("Access-Control-Allow-Origin") != "*" || token == "" {
		t.Errorf("registering: %d %v", made.StatusCode, made.Header)
	}
	publicPreflight(t, s, "/oauth2/register", "POST")
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		publicPreflight(t, s, path, method)
	}
	for _, r := range []struct {
		method, token string
		want          int
	}{{http.MethodGet, token, 200}, {http.MethodGet, "x", 401}, {http.MethodDelete, "x", 401}, {http.MethodDelete, token, 204}} {
		a := s.Send(r.method, path, nil, With("Origin", "https://other.test"), With("Authorization", "Bearer "+r.token))
		if a.StatusCode != r.want || a.Header.Get("Access-Control-Allow-Origin") != "*" || a.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s with %q: %d %v", r.method, r.token, a.StatusCode, a.Header)
		}
	}
}
