package conformance

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"plinto/internal/plintotest"
	"plinto/provider"
	"plinto/tenant"
)

// A module is one test of the suite. It runs once per response type.
type module struct {
	name  string
	types []string // response types it runs with
	run   func(*testing.T, *env)
}

// An env is what a module runs in: a server of the plan, with a clock that can be
// put forward, and a response type and mode.
type env struct {
	*testing.T
	s            *plintotest.Server
	clock        *clock
	responseType string
	mode         string // "" or form_post
	dynamic      bool
}

// rp registers a client for the module.
func (e *env) rp(change ...func(*provider.Metadata)) *rp {
	e.Helper()
	if e.dynamic {
		return dynamic(e.T, e.s, e.responseType, change...)
	}
	return newRP(e.T, e.s, e.responseType, change...)
}

// ask authorizes in the plan's response mode and checks how the answer came.
func (e *env) ask(r *rp, change url.Values) callbackAnswer {
	e.Helper()
	merged := url.Values{}
	if e.mode != "" {
		merged.Set("response_mode", e.mode)
	}
	for name, values := range change {
		merged[name] = values
	}
	a := r.authorize(e.responseType, merged)
	want := e.mode
	if want == "" {
		want = carrier(e.responseType, "")
	}
	if a.how != want {
		e.Errorf("answered by %s, want %s", a.how, want)
	}
	if state, sent := a.Get("state"), r.request("", merged).Get("state"); state != sent {
		e.Errorf("state %q, want %q", state, sent)
	}
	return a
}

// login is a whole sign-in: the claims of the last ID token, and the userinfo.
type login struct {
	callbackAnswer
	front, back map[string]any // claims of the ID tokens; nil when there is none
	tokens      map[string]any
	userinfo    map[string]any
}

// claims are those of an ID token, whichever there is.
func (l *login) claims() map[string]any {
	if l.back != nil {
		return l.back
	}
	return l.front
}

func (e *env) login(r *rp, change url.Values, allowed ...string) *login {
	e.Helper()
	l := &login{callbackAnswer: e.ask(r, change)}
	if l.Has("error") {
		e.Fatalf("refused: %v", l.Values)
	}
	front := allowed
	if e.responseType == "id_token" {
		front = append(front, "name")
	}
	if l.Has("id_token") {
		l.front = r.idToken(l.Get("id_token"), front...)
	}
	token := any(l.Get("access_token"))
	if l.Has("code") {
		l.tokens = r.tokens(l.Get("code"))
		token = l.tokens["access_token"]
		if l.tokens["id_token"] != nil {
			l.back = r.idToken(l.tokens["id_token"], allowed...)
		}
	}
	if token != "" {
		l.userinfo = r.userinfo(token)
		if l.claims() != nil && l.userinfo["sub"] != l.claims()["sub"] {
			e.Errorf("sub of userinfo %v, of the ID token %v", l.userinfo["sub"], l.claims()["sub"])
		}
	}
	return l
}

// All response types of the plans.
var (
	basic = []string{"code"}
	all   = provider.ResponseTypes
)

// modules are the modules of the basic, implicit, hybrid and form post plans.
var modules = []module{
	{"oidcc-server", all, func(_ *testing.T, e *env) { e.login(e.rp(), nil) }},
	{"oidcc-server-client-secret-post", withCode, func(_ *testing.T, e *env) {
		e.login(e.rp(func(m *provider.Metadata) { m.TokenEndpointAuthMethod = provider.AuthPost }), nil)
	}},
	{"oidcc-response-type-missing", all, func(t *testing.T, e *env) {
		r := e.rp()
		a := r.authorize("", url.Values{"response_type": nil})
		r.failed(a, "unsupported_response_type", "invalid_request")
	}},
	{"oidcc-idtoken-signature", withIDToken, func(t *testing.T, e *env) {
		l := e.login(e.rp(), nil)
		for _, token := range []any{l.Get("id_token"), l.tokens["id_token"]} {
			if token == nil || token == "" {
				continue
			}
			if h := header(t, token); h["alg"] != "RS256" || h["kid"] == nil {
				t.Errorf("header %v", h)
			}
		}
	}},
	{"oidcc-userinfo-get", withToken, func(_ *testing.T, e *env) { e.login(e.rp(), nil) }},
	{"oidcc-userinfo-post-header", withToken, userinfoPost(false)},
	{"oidcc-userinfo-post-body", withToken, userinfoPost(true)},
	{"oidcc-ensure-request-without-nonce-succeeds-for-code-flow", basic, func(t *testing.T, e *env) {
		if l := e.login(e.rp(), url.Values{"nonce": nil}); l.back["nonce"] != nil {
			t.Errorf("nonce %v", l.back["nonce"])
		}
	}},
	{"oidcc-ensure-request-without-nonce-fails", []string{"id_token", "id_token token", "code id_token", "code id_token token"}, func(_ *testing.T, e *env) {
		r := e.rp()
		r.failed(e.ask(r, url.Values{"nonce": nil}), "invalid_request")
	}},
	{"oidcc-ensure-request-without-nonce-code-token-succeeds", []string{"code token"}, func(_ *testing.T, e *env) {
		e.login(e.rp(), url.Values{"nonce": nil})
	}},
	{"oidcc-scope-profile", all, scopeTest("profile")},
	{"oidcc-scope-email", all, scopeTest("email")},
	{"oidcc-scope-address", all, scopeTest("address")},
	{"oidcc-scope-phone", all, scopeTest("phone")},
	{"oidcc-scope-all", all, scopeTest("profile email address phone")},
	{"oidcc-alternate-happy-flow", all, func(_ *testing.T, e *env) {
		words := strings.Fields(e.responseType)
		slices.Reverse(words)
		r := e.rp()
		if a := r.authorize(strings.Join(words, " "), url.Values{"scope": {"email openid"}}); a.Has("error") {
			e.Errorf("refused: %v", a.Values)
		}
	}},
	{"oidcc-display-page", all, accepted(url.Values{"display": {"page"}})},
	{"oidcc-display-popup", all, accepted(url.Values{"display": {"popup"}})},
	{"oidcc-ui-locales", all, accepted(url.Values{"ui_locales": {"se"}})},
	{"oidcc-claims-locales", all, accepted(url.Values{"claims_locales": {"se"}})},
	{"oidcc-login-hint", all, accepted(url.Values{"login_hint": {buffy}})},
	{"oidcc-ensure-request-with-unknown-parameter-succeeds", all, accepted(url.Values{"extra": {"foobar"}})},
	{"oidcc-ensure-request-with-acr-values-succeeds", withIDToken, func(t *testing.T, e *env) {
		l := e.login(e.rp(), url.Values{"acr_values": {tenant.ACRPassword}})
		if acr, _ := l.claims()["acr"].(string); acr != tenant.ACRPassword {
			t.Errorf("acr %v", l.claims()["acr"])
		}
	}},
	{"oidcc-ensure-request-with-valid-pkce-succeeds", withCode, func(t *testing.T, e *env) {
		r := e.rp()
		a := e.ask(r, url.Values{"code_challenge": {plintotest.Challenge}, "code_challenge_method": {"S256"}})
		if got := r.redeem(a.Get("code"), url.Values{"code_verifier": {plintotest.Verifier}}); got.StatusCode != http.StatusOK {
			t.Errorf("token: %d %s", got.StatusCode, got.Text)
		}
	}},
	{"oidcc-prompt-login", withIDToken, func(t *testing.T, e *env) {
		r := e.rp()
		first := e.login(r, nil)
		e.clock.forward(2 * time.Second)
		second := e.login(r, url.Values{"prompt": {"login"}})
		if !slices.Contains(second.seen, "login") || !later(second, first) {
			t.Errorf("pages %v, auth_time %v then %v", second.seen, first.claims()["auth_time"], second.claims()["auth_time"])
		}
	}},
	{"oidcc-prompt-none-not-logged-in", all, func(_ *testing.T, e *env) {
		r := e.rp()
		state := strings.Repeat("aZ0-._~x", 16)
		r.failed(e.ask(r, url.Values{"prompt": {"none"}, "state": {state}}), "login_required")
	}},
	{"oidcc-prompt-none-logged-in", withIDToken, func(t *testing.T, e *env) {
		r := e.rp()
		first := e.login(r, nil)
		second := e.login(r, url.Values{"prompt": {"none"}})
		if len(second.seen) > 0 || !same(first, second, "sub", "auth_time") {
			t.Errorf("pages %v, %v then %v", second.seen, first.claims(), second.claims())
		}
	}},
	{"oidcc-max-age-1", withIDToken, func(t *testing.T, e *env) {
		r := e.rp()
		first := e.login(r, nil)
		e.clock.forward(2 * time.Second)
		second := e.login(r, url.Values{"max_age": {"1"}})
		if !slices.Contains(second.seen, "login") || !later(second, first) {
			t.Errorf("pages %v, auth_time %v then %v", second.seen, first.claims()["auth_time"], second.claims()["auth_time"])
		}
	}},
	{"oidcc-max-age-10000", withIDToken, func(t *testing.T, e *env) {
		r := e.rp()
		first := e.login(r, url.Values{"max_age": {"10000"}})
		second := e.login(r, url.Values{"max_age": {"10000"}})
		if len(second.seen) > 0 || !same(first, second, "auth_time") || first.claims()["auth_time"] == nil {
			t.Errorf("pages %v, %v then %v", second.seen, first.claims(), second.claims())
		}
	}},
	{"oidcc-id-token-hint", withIDToken, func(t *testing.T, e *env) {
		r := e.rp()
		first := e.login(r, nil)
		hint, _ := first.tokens["id_token"].(string)
		if hint == "" {
			hint = first.Get("id_token")
		}
		second := e.login(r, url.Values{"prompt": {"none"}, "id_token_hint": {hint}})
		if len(second.seen) > 0 || !same(first, second, "sub") {
			t.Errorf("pages %v, sub %v then %v", second.seen, first.claims()["sub"], second.claims()["sub"])
		}
	}},
	{"oidcc-codereuse", withCode, func(t *testing.T, e *env) { codeReuse(t, e, 0) }},
	{"oidcc-codereuse-30seconds", withCode, func(t *testing.T, e *env) { codeReuse(t, e, 30*time.Second) }},
	{"oidcc-ensure-registered-redirect-uri", all, errorPage("redirect_uri", "https://rp.example/foo/bar")},
	{"oidcc-ensure-post-request-succeeds", all, func(t *testing.T, e *env) {
		r := e.rp()
		a := r.walk(r.browser.Post(e.s.Issuer()+"/oauth2/authorize", r.request(e.responseType, nil)))
		if a.Has("error") {
			t.Errorf("refused: %v", a.Values)
		}
	}},
	{"oidcc-claims-essential", all, func(t *testing.T, e *env) {
		r := e.rp()
		claims := `{"userinfo":{"name":{"essential":true}}}`
		if e.responseType == "id_token" {
			claims = `{"id_token":{"name":{"essential":true}}}`
		}
		l := e.login(r, url.Values{"claims": {claims}})
		if e.responseType == "id_token" && l.front["name"] == nil || l.userinfo != nil && l.userinfo["name"] == nil {
			t.Errorf("no name in %v, %v", l.front, l.userinfo)
		}
	}},
	{"oidcc-refresh-token", withCode, refreshToken},
}

var (
	withIDToken = all
	withToken   = []string{"code", "id_token token", "code id_token", "code token", "code id_token token"}
)

func accepted(change url.Values) func(*testing.T, *env) {
	return func(_ *testing.T, e *env) { e.login(e.rp(), change) }
}

func later(second, first *login) bool {
	a, _ := first.claims()["auth_time"].(float64)
	b, _ := second.claims()["auth_time"].(float64)
	return a > 0 && b > a
}

func same(first, second *login, names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return first.claims()[name] != second.claims()[name] })
}

func userinfoPost(body bool) func(*testing.T, *env) {
	return func(t *testing.T, e *env) {
		l := e.login(e.rp(), nil)
		token, _ := l.tokens["access_token"].(string)
		if token == "" {
			token = l.Get("access_token")
		}
		form, auth := url.Values{}, plintotest.With("Authorization", "Bearer "+token)
		if body {
			form.Set("access_token", token)
			auth = func(*http.Request) {}
		}
		a := e.s.Send(http.MethodPost, "/oauth2/userinfo", form, auth)
		if a.StatusCode != http.StatusOK || a.JSON["sub"] != l.userinfo["sub"] || !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
			t.Errorf("userinfo: %d %s", a.StatusCode, a.Text)
		}
	}
}

// errorPage: the answer is a page of ours with the word Error, and no redirect.
func errorPage(name, value string) func(*testing.T, *env) {
	return func(t *testing.T, e *env) {
		r := e.rp()
		p := r.browser.Open(e.s.Issuer() + "/oauth2/authorize?" + r.request(e.responseType, url.Values{name: {value}}).Encode())
		if p.Left != nil || p.Status != http.StatusBadRequest || !strings.Contains(p.Doc.Text(), "Error") {
			t.Errorf("status %d, left to %v", p.Status, p.Left)
		}
	}
}

// members that each scope stands for (OpenID Connect Core 1.0 §5.4).
var members = map[string][]string{
	"profile": strings.Fields("name family_name given_name middle_name nickname preferred_username profile picture website gender birthdate zoneinfo locale updated_at"),
	"email":   {"email", "email_verified"},
	"address": {"address"},
	"phone":   {"phone_number", "phone_number_verified"},
}

// scopeTest: the claims of the scopes come from userinfo, and from the ID token
// only when there is no access token to ask with.
func scopeTest(scopes string) func(*testing.T, *env) {
	return func(t *testing.T, e *env) {
		var names []string
		for scope := range strings.FieldsSeq(scopes) {
			names = append(names, members[scope]...)
		}
		var allowed []string
		if e.responseType == "id_token" {
			allowed = names
		}
		l := e.login(e.rp(), url.Values{"scope": {"openid " + scopes}}, allowed...)
		about := l.userinfo
		if e.responseType == "id_token" {
			about = l.front
		}
		for _, name := range names {
			if about[name] == nil || about[name] == "" {
				t.Errorf("%s is missing", name)
			}
		}
		for _, name := range []string{"email_verified", "phone_number_verified"} {
			if _, ok := about[name].(bool); slices.Contains(names, name) && !ok {
				t.Errorf("%s is %T", name, about[name])
			}
		}
		if _, ok := about["updated_at"].(float64); slices.Contains(names, "updated_at") && !ok {
			t.Errorf("updated_at is %T", about["updated_at"])
		}
	}
}

func codeReuse(t *testing.T, e *env, after time.Duration) {
	r := e.rp()
	a := e.ask(r, nil)
	tokens := r.tokens(a.Get("code"))
	e.clock.forward(after)
	r.redeem(a.Get("code"), nil).Wants(t, http.StatusBadRequest, "invalid_grant")
	got := e.s.Send(http.MethodGet, "/oauth2/userinfo", nil, plintotest.With("Authorization", "Bearer "+tokens["access_token"].(string)))
	if got.StatusCode != http.StatusUnauthorized {
		t.Errorf("the first access token is still good: %d %s", got.StatusCode, got.Text)
	}
}

// refreshToken: two clients; the first repeats the scope when it refreshes.
func refreshToken(t *testing.T, e *env) {
	offline := func(m *provider.Metadata) { m.GrantTypes = append(m.GrantTypes, provider.GrantRefresh) }
	params := url.Values{"scope": {"openid offline_access"}, "prompt": {"consent"}, "nonce": {strings.Repeat("n", 43)}}
	one, two := e.rp(offline), e.rp(offline)
	refresh := func(r *rp, token any, change url.Values) plintotest.Answer {
		form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.(string)}}
		for name, values := range change {
			form[name] = values
		}
		return e.s.Send(http.MethodPost, "/oauth2/token", form, plintotest.As(r.c, r.secret))
	}
	first, second := e.login(one, params), e.login(two, params)
	e.clock.forward(2 * time.Second)
	for _, c := range []struct {
		r      *rp
		l      *login
		change url.Values
	}{{one, first, url.Values{"scope": {"openid offline_access"}}}, {two, second, nil}} {
		a := refresh(c.r, c.l.tokens["refresh_token"], c.change)
		if a.StatusCode != http.StatusOK {
			t.Fatalf("refresh: %d %s", a.StatusCode, a.Text)
		}
		fresh := c.r.idToken(a.JSON["id_token"])
		for _, name := range []string{"iss", "sub", "aud", "auth_time", "azp", "sid"} {
			if fresh[name] != c.l.back[name] {
				t.Errorf("%s was %v and is %v", name, c.l.back[name], fresh[name])
			}
		}
		if fresh["iat"].(float64) <= c.l.back["iat"].(float64) || fresh["nonce"] != nil {
			t.Errorf("iat %v, nonce %v", fresh["iat"], fresh["nonce"])
		}
		c.l.tokens["refresh_token"] = a.JSON["refresh_token"]
	}
	refresh(one, second.tokens["refresh_token"], nil).Wants(t, http.StatusBadRequest, "invalid_grant")
}
