package plintotest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"plinto/provider"
)

// refusals returns the lines about refused clients that hold text.
func refusals(t *testing.T, text string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for _, line := range logged.lines() {
		if !strings.Contains(line, "client authentication refused") || !strings.Contains(line, text) {
			continue
		}
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		found = append(found, fields)
	}
	return found
}

// Operators read why a client was refused; the client itself reads next to nothing.
func TestClientAuth_everyRefusalIsALineOfTheLogWithItsReason(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, secret := s.Client(web("https://rp.test/cb"))
	strict, strictSecret := s.Client(web("https://rp.test/cb"), func(c *provider.Client) { c.Profile = provider.ProfileStrict })
	spa := web("https://rp.test/cb")
	spa.TokenEndpointAuthMethod, spa.GrantTypes = provider.AuthNone, []string{provider.GrantCode}
	app, _ := s.Client(spa)
	const wrong = "not-the-secret-of-anybody"
	for _, c := range []struct {
		name, path string
		form       url.Values
		change     func(*http.Request)
		want       map[string]string
	}{
		{"wrong secret", "/oauth2/token", nil, As(client, wrong), map[string]string{"reason": "wrong_secret", "client_id": client.ClientID, "presented": "client_secret_basic", "registered": "client_secret_basic"}},
		{"unknown", "/oauth2/revoke", nil, As(&provider.Client{ClientID: "nobody"}, wrong), map[string]string{"reason": "unknown_client", "client_id": "nobody", "registered": ""}},
		{"a secret for an id", "/oauth2/token", url.Values{"client_id": {wrong}, "client_secret": {client.ClientID}}, nil, map[string]string{"reason": "unknown_client", "client_id": "not-th… (25 characters)"}},
		{"another method", "/oauth2/par", url.Values{"client_id": {strict.ClientID}, "client_secret": {strictSecret}}, nil, map[string]string{"reason": "wrong_method", "presented": "client_secret_post", "registered": "client_secret_basic"}},
		{"two methods", "/oauth2/token", url.Values{"client_id": {client.ClientID}, "client_secret": {secret}}, As(client, secret), map[string]string{"reason": "several_methods", "client_id": "client… (43 characters)"}},
		{"none", "/oauth2/introspect", url.Values{"token": {"x"}}, nil, map[string]string{"reason": "no_client_id", "client_id": ""}},
		{"public", "/oauth2/introspect", url.Values{"client_id": {app.ClientID}, "token": {"x"}}, nil, map[string]string{"reason": "public_client", "client_id": app.ClientID}},
		{"odd id", "/oauth2/token", url.Values{"client_id": {"a\nlevel=ERROR b"}, "client_secret": {wrong}}, nil, map[string]string{"reason": "no_client_id", "client_id": "(malformed)"}},
		{"no assertion", "/oauth2/token", url.Values{"client_assertion": {"x"}, "client_assertion_type": {"y"}}, nil, map[string]string{"reason": "assertion_type", "presented": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}},
	} {
		form := c.form
		if form == nil {
			form = url.Values{}
		}
		form.Set("grant_type", "client_credentials")
		change := []func(*http.Request){}
		if c.change != nil {
			change = append(change, c.change)
		}
		a := s.Send(http.MethodPost, c.path, form, change...)
		if a.StatusCode != http.StatusUnauthorized && a.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d %s", c.name, a.StatusCode, a.Text)
		}
		lines := refusals(t, a.Header.Get("Request-Id"))
		if len(lines) != 1 {
			t.Errorf("%s: %d lines", c.name, len(lines))
			continue
		}
		for field, want := range c.want {
			if got := lines[0][field]; got != want {
				t.Errorf("%s: %s is %v, want %q", c.name, field, got, want)
			}
		}
		if lines[0]["tenant"] != "main" || lines[0]["route"] != c.path {
			t.Errorf("%s: %v", c.name, lines[0])
		}
	}
	for _, line := range logged.lines() {
		if strings.Contains(line, wrong) || strings.Contains(line, strictSecret) {
			t.Errorf("a secret is in the log: %s", line)
		}
	}
}

// Who floods the log would hide in it; and what is left out is counted.
func TestClientAuth_refusalsDoNotFloodTheLog(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, _ := s.Client(web("https://rp.test/cb"))
	for range 100 {
		s.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"client_credentials"}}, As(client, "wrong"))
	}
	if n := len(refusals(t, client.ClientID)); n == 0 || n > 40 {
		t.Errorf("%d lines", n)
	}
	other, _ := s.Client(web("https://rp.test/cb"))
	s.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"client_credentials"}}, As(other, "wrong"))
	lines := refusals(t, other.ClientID)
	if len(lines) != 1 || lines[0]["left_out"].(float64) < 60 {
		t.Errorf("got %v", lines)
	}
}
