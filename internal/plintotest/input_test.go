package plintotest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/tenant"
)

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// body sends bytes as they are.
func body(text string) func(*http.Request) {
	return func(r *http.Request) {
		r.Body = readCloser{strings.NewReader(text)}
		r.ContentLength = int64(len(text))
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// COD-14, NET-01, NET-06, NET-12, F10: every endpoint × everything malformed is a
// 4xx in the protocol's own words. Nothing is a 5xx.
func TestInput_malformedIsTheClientsFault(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, secret := s.Client(web("https://rp.test/cb"))
	typed := func(contentType string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Content-Type", contentType) }
	}
	endpoints := []string{"/oauth2/token", "/oauth2/introspect", "/oauth2/revoke", "/oauth2/userinfo", "/oauth2/authorize", "/oauth2/logout", "/login", "/consent", "/login/account", "/account", "/logout", "/setup", "/recover/link", "/not-me"}
	bodies := map[string][]func(*http.Request){
		"empty":              {body("")},
		"JSON":               {body(`{"grant_type":"client_credentials"}`), typed("application/json")},
		"multipart":          {body("--x\r\n\r\n--x--"), typed("multipart/form-data; boundary=x")},
		"no type":            {body("grant_type=client_credentials"), func(r *http.Request) { r.Header.Del("Content-Type") }},
		"compressed":         {body("x"), With("Content-Encoding", "gzip")},
		"repeated":           {body("grant_type=a&grant_type=b&token=a&token=b&flow=a&flow=b&client_id=a&client_id=b&request=a&request=b&access_token=a&access_token=b")},
		"broken escape":      {body("grant_type=%zz&token=%zz")},
		"NUL":                {body("grant_type=a%00b&token=%00&flow=%00")},
		"not UTF-8":          {body("grant_type=%ff%fe&token=%ff")},
		"semicolons":         {body("a=1;b=2")},
		"hundred parameters": {body(strings.Repeat("a[999999999]=1&", 200))},
		"hundred kilobytes":  {body("token=" + strings.Repeat("x", 100<<10))},
		"ten megabytes":      {body("token=" + strings.Repeat("x", 10<<20))},
		"SQL":                {body("grant_type='%20OR%201%3D1--&token='%3Bselect%20pg_sleep(5)--&flow='%20OR%201%3D1--")},
		"odd characters":     {body("grant_type=%E2%80%AE%1B%5B31m&token=%E2%80%AE&flow=%F0%9F%92%A9")},
		"huge token":         {body("grant_type=refresh_token&refresh_token=" + strings.Repeat(".", 8000) + "&token=" + strings.Repeat(".", 8000) + "&code=" + strings.Repeat("a", 8000))},
	}
	for _, path := range endpoints {
		for name, changes := range bodies {
			began := time.Now()
			a := s.Send(http.MethodPost, path, url.Values{}, append(changes, As(client, secret), With("Sec-Fetch-Site", "same-origin"))...)
			if a.StatusCode >= 500 || a.StatusCode == http.StatusOK && path != "/oauth2/introspect" && path != "/oauth2/revoke" {
				t.Errorf("%s × %s: %d %.200s", path, name, a.StatusCode, a.Text)
			}
			if time.Since(began) > 4*time.Second {
				t.Errorf("%s × %s took %v", path, name, time.Since(began))
			}
		}
		for _, method := range []string{"PUT", "DELETE", "PATCH", "TRACE", "BREW"} {
			if a := s.Send(method, path, nil); a.StatusCode != http.StatusMethodNotAllowed && a.StatusCode != http.StatusForbidden {
				t.Errorf("%s %s: %d", method, path, a.StatusCode)
			}
		}
	}
	for name, path := range map[string]string{
		"GET token": "/oauth2/token", "GET revoke": "/oauth2/revoke", "GET introspect": "/oauth2/introspect",
	} {
		if a := s.Send(http.MethodGet, path, nil, With("X-HTTP-Method-Override", "POST")); a.StatusCode != http.StatusMethodNotAllowed || a.Header.Get("Allow") == "" {
			t.Errorf("%s: %d, Allow %q", name, a.StatusCode, a.Header.Get("Allow"))
		}
	}
}

// F10: {every endpoint that reads parameters} × {every way to give one twice}. It is
// refused before any work: no client authenticates, no code is spent.
func TestInput_aParameterGivenTwiceIsRefused(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Settings: tenant.Settings{Registration: tenant.Registration{Mode: tenant.RegistrationOpen}}})
	client, secret := s.Client(web("https://rp.test/cb"))
	good := url.Values{"client_id": {client.ClientID}, "redirect_uri": {"https://rp.test/cb"}, "response_type": {"code"}, "scope": {"openid"}}
	token := url.Values{"token": {"x"}}
	for path, form := range map[string]url.Values{
		"/oauth2/token":      {"grant_type": {"client_credentials"}},
		"/oauth2/introspect": token, "/oauth2/revoke": token, "/oauth2/userinfo": {"access_token": {"x"}},
		"/oauth2/par": good, "/oauth2/authorize": good, "/oauth2/logout": {"client_id": {client.ClientID}, "state": {"x"}},
	} {
		name := slices.Sorted(maps.Keys(form))[0]
		twice := form.Encode() + "&" + name + "=x"
		for way, c := range map[string]struct{ query, body string }{
			"twice in the body":                  {"", twice},
			"in query and body":                  {"?" + name + "=x", form.Encode()},
			"empty in the query":                 {"?" + name, form.Encode()},
			"resource in query and body":         {"?resource=https://a.example", form.Encode() + "&resource=https://b.example"},
			"twice in the query beside a body":   {"?x=1&x=2", form.Encode()},
			"the client's secret in both places": {"?client_secret=x", form.Encode() + "&client_secret=x"},
		} {
			a := s.Send(http.MethodPost, path+c.query, url.Values{}, body(c.body), As(client, secret))
			to := a.Header.Get("Location")
			refused := a.StatusCode == http.StatusBadRequest && (a.JSON == nil || a.JSON["error"] == "invalid_request")
			if !refused && (path != "/oauth2/authorize" || !strings.Contains(to, "error=invalid_request")) {
				t.Errorf("%s × %s: %d %q %.200s", path, way, a.StatusCode, to, a.Text)
			}
		}
	}
	typed := With("Content-Type", "application/json")
	for query, want := range map[string]int{"": http.StatusCreated, "?redirect_uris=x": http.StatusBadRequest} {
		a := s.Send(http.MethodPost, "/oauth2/register"+query, url.Values{}, body(`{"redirect_uris":["https://rp.test/cb"]}`), typed)
		if a.StatusCode != want {
			t.Errorf("register%s: %d %s", query, a.StatusCode, a.Text)
		}
	}
	if a := s.Send(http.MethodGet, "/oauth2/userinfo?x=1&x=2", nil); a.StatusCode != http.StatusBadRequest || a.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("userinfo by GET: %d %s", a.StatusCode, a.Text)
	}
	if a := s.Send(http.MethodGet, "/oauth2/logout?state=1&state=2", nil); a.StatusCode != http.StatusBadRequest {
		t.Errorf("logout by GET: %d", a.StatusCode)
	}
}

// NET-13: router and tenant resolver see one path.
func TestInput_pathGamesLeadNowhere(t *testing.T) {
	t.Parallel()
	s := Start(t)
	for _, path := range []string{
		"//oauth2/token", "/oauth2//token", "/oauth2/./token", "/x/../oauth2/token", "/oauth2/token;x=1", "/oauth2%2ftoken", "/oauth2/token%00",
		"/t/../oauth2/token", "/t/main/../system/", "/%2e%2e/", "/oauth2/token/", "/OAUTH2/TOKEN", "/t/main/oauth2/token", "/t//oauth2/token", "/metrics", "/debug/pprof/", "/admin",
	} {
		if a := s.Send(http.MethodPost, path, url.Values{"grant_type": {"client_credentials"}}); a.StatusCode != http.StatusBadRequest && a.StatusCode != http.StatusNotFound || a.JSON["access_token"] != nil {
			t.Errorf("%s: %d %.100s", path, a.StatusCode, a.Text)
		}
	}
}

// NET-07, NET-10, NET-16: hosts and forwarded hosts that are nobody's name no issuer.
func TestInput_onlyTheHostNamesTheIssuer(t *testing.T) {
	t.Parallel()
	s := Start(t)
	forged := []func(*http.Request){
		With("X-Forwarded-Host", "evil.test"), With("X-Original-URL", "/evil"), With("Forwarded", "host=evil.test"), With("X-Forwarded-Proto", "http"),
	}
	_, want := s.get(t, "/.well-known/openid-configuration")
	if a := s.Send(http.MethodGet, "/.well-known/openid-configuration?x=1", nil, forged...); a.Text != want {
		t.Errorf("forwarded headers changed the document: %s", a.Text)
	}
	for _, host := range []string{"evil.test", "localhost", strings.Repeat("a", 300), "main", "127.0.0.1"} {
		a := s.Send(http.MethodGet, "/.well-known/openid-configuration", nil, func(r *http.Request) { r.Host = host })
		if a.StatusCode != http.StatusNotFound && a.StatusCode != http.StatusBadRequest || strings.Contains(a.Text, s.Issuer()) {
			t.Errorf("host %.20q: %d %.100s", host, a.StatusCode, a.Text)
		}
	}
}

// NET-02: headers are bounded.
func TestInput_hugeHeadersAreRefused(t *testing.T) {
	t.Parallel()
	s := Start(t)
	r, err := http.NewRequest(http.MethodGet, s.Issuer()+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", strings.Repeat("a=b; ", 5000))
	res, err := s.HTTP().Do(r)
	if err != nil {
		return // the connection was closed: just as good
	}
	defer res.Body.Close()
	if res.StatusCode >= 500 {
		t.Errorf("5000 cookies: %d", res.StatusCode)
	}
}

// TOK-23, MIX-06: tokens in the query and tokens of another kind are no access tokens.
func TestUserinfo_takesAccessTokensOnly(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, secret := s.Client(web("https://rp.test/cb"), FirstParty)
	s.User("alice@example.com")
	token := s.login(t, s.Browser(), client, secret, nil)
	id, _ := token.Extra("id_token").(string)
	if a := s.Send(http.MethodGet, "/oauth2/userinfo?access_token="+token.AccessToken, nil); a.StatusCode != http.StatusBadRequest || !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Bearer") {
		t.Errorf("in the query: %d %q", a.StatusCode, a.Header.Get("WWW-Authenticate"))
	}
	half := len(token.AccessToken) / 2
	for name, value := range map[string]string{
		"ID token": id, "refresh token": token.RefreshToken, "cut": token.AccessToken[:len(token.AccessToken)-1], "longer": token.AccessToken + "A", "dot": token.AccessToken + ".",
		"flipped": token.AccessToken[:half] + "x" + token.AccessToken[half+1:], "garbage": "a.b.c", "empty claims": "e30.e30.e30", "spaces": "   ",
	} {
		a := s.Send(http.MethodGet, "/oauth2/userinfo", nil, With("Authorization", "Bearer "+value))
		if a.StatusCode != http.StatusUnauthorized || a.JSON["error"] != "invalid_token" {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.Text)
		}
	}
	if a := s.Send(http.MethodPost, "/oauth2/userinfo", url.Values{"access_token": {token.AccessToken}}); a.StatusCode != http.StatusOK || a.JSON["sub"] == nil {
		t.Errorf("in a form: %d %s", a.StatusCode, a.Text)
	}
	if a := s.Send(http.MethodGet, "/oauth2/userinfo", nil, With("Authorization", "bEARER "+token.AccessToken)); a.StatusCode != http.StatusOK {
		t.Errorf("the scheme is case-sensitive: %d", a.StatusCode)
	}
}
