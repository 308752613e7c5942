package plintotest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"plinto/tenant"
)

// parameters are what any endpoint reads.
var parameters = []string{
	"client_id", "client_secret", "grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "token", "token_type_hint", "scope", "resource",
	"response_type", "response_mode", "state", "nonce", "code_challenge", "code_challenge_method", "prompt", "max_age", "claims", "acr_values", "id_token_hint",
	"login_hint", "ui_locales", "display", "request", "request_uri", "client_assertion", "client_assertion_type", "post_logout_redirect_uri", "logout_hint",
	"flow", "csrf", "username", "password", "email", "name", "action", "account", "access_token", "error", "error_description", "error_hint", "end",
}

// where they are sent.
var asked = []string{
	"/oauth2/authorize", "/oauth2/authorize/continue", "/oauth2/logout", "/oauth2/userinfo", "/login", "/sign-up", "/sign-up/code", "/sign-up/account", "/login/account", "/account", "/consent", "/logout", "/logged-out", "/setup", "/recover/link", "/not-me", "/", "/nothing",
}

var posted = []string{
	"/oauth2/token", "/oauth2/introspect", "/oauth2/revoke", "/oauth2/par", "/oauth2/authorize", "/oauth2/logout", "/oauth2/userinfo",
	"/login", "/sign-up", "/sign-up/code", "/sign-up/account", "/login/account", "/account", "/consent", "/logout", "/setup", "/recover/link", "/not-me",
}

// everywhere sends a value as each parameter to each endpoint, beside what else a
// request needs to get somewhere.
func (s *Server) everywhere(as func(*http.Request), base url.Values, value string, look func(what string, a Answer)) {
	for _, name := range parameters {
		form := url.Values{}
		for n, v := range base {
			form[n] = v
		}
		form.Set(name, value)
		timed := func(what string, send func() Answer) {
			began := time.Now()
			a := send()
			if took := time.Since(began); took > 9*time.Second { // a statement of the corpus sleeps for ten
				s.t.Errorf("%s = %q took %v", what, value, took)
			}
			look(what, a)
		}
		for _, path := range asked {
			timed("GET "+path+" "+name, func() Answer { return s.Send(http.MethodGet, path+"?"+form.Encode(), nil) })
		}
		for _, path := range posted {
			timed("POST "+path+" "+name, func() Answer {
				return s.Send(http.MethodPost, path, form, as, With("Sec-Fetch-Site", "same-origin"))
			})
		}
	}
}

// openServer has every page.
func openServer(t *testing.T) (*Server, func(*http.Request), url.Values) {
	t.Helper()
	s := Start(t, Options{Mail: true, Settings: tenant.Settings{SignUp: tenant.SignUp{Enabled: true}}})
	client, key := s.Client(web("https://rp.test/cb"))
	return s, As(client, key), url.Values{
		"client_id": {client.ClientID}, "redirect_uri": {"https://rp.test/cb"}, "response_type": {"code"}, "scope": {"openid"}, "grant_type": {"refresh_token"},
	}
}

// SQL-01: {every endpoint} × {every parameter} × {what is sent to databases}: no
// 5xx, and nobody sleeps.
func TestInput_reachesNoDatabaseAsSQL(t *testing.T) {
	t.Parallel()
	s, as, base := openServer(t)
	for _, value := range []string{
		`' OR '1'='1`, `'; SELECT pg_sleep(10)--`, `1) OR pg_sleep(10) IS NULL--`, `\'; DROP TABLE users; --`, `$1`, `%27%20OR%201=1--`,
		`'||set_config('plinto.tenant','00000000-0000-0000-0000-000000000000',false)||'`, "\u02bc OR 1=1", `$$;SELECT pg_sleep(10);$$`,
	} {
		s.everywhere(as, base, value, func(what string, a Answer) {
			if a.StatusCode >= 500 {
				t.Errorf("%s = %s: %d %.200s", what, value, a.StatusCode, a.Text)
			}
		})
	}
	if users, err := s.Store.Users.List(s.In(), newID(), 1); err != nil || len(users) > 1 {
		t.Errorf("the users: %v", err)
	}
}

// XSS-02, HDR-01, HDR-03: {every endpoint} × {every parameter}: what is sent is
// repeated by no page and no header, and breaks no line of the log.
func TestPages_repeatNothingThatIsSent(t *testing.T) {
	t.Parallel()
	s, as, base := openServer(t)
	const mark = "m4rk-0f-th15-t35t"
	for _, value := range []string{`<script>` + mark + `</script>`, `"onload="` + mark, mark + "\r\nSet-Cookie: " + mark + "=1", "{{" + mark + "}}", "\x1b[31m" + mark + "\u202e"} {
		s.everywhere(as, base, value, func(what string, a Answer) {
			text := a.Text
			if form := strings.Index(text, `name="flow"`); form >= 0 {
				return // the page of a flow may show what the user is to find filled in; it is escaped: see package ui
			}
			for name, values := range a.Header {
				if name != "Location" {
					text += "\n" + name + ": " + strings.Join(values, "\n")
				}
			}
			if strings.Contains(text, mark) {
				t.Errorf("%s = %q: %d %.300s", what, value, a.StatusCode, text)
			}
			if len(a.Header.Values("Location")) > 1 || strings.ContainsAny(a.Header.Get("Location"), "\r\n<>\"") {
				t.Errorf("%s = %q: leads to %q", what, value, a.Header.Values("Location"))
			}
		})
	}
	for _, line := range logged.lines() {
		if strings.ContainsAny(line, "\x1b\r") || line != "" && !strings.HasPrefix(line, "{") {
			t.Errorf("the log was broken: %q", line)
		}
	}
}
