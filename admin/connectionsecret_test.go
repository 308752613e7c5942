package admin_test

import (
	"strings"
	"testing"
)

// FED-49: who changes a connection never sees its secret, and does not have it sent to a host of theirs either.
func TestConnections_sendNoSecretElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	endpoints := func(token string) m {
		return m{"authorization": "https://idp.example.com/a", "token": token, "jwks": "https://idp.example.com/k"}
	}
	for slug, change := range map[string]m{
		"issuer":   {"issuer": "https://mine.example.com"},
		"port":     {"issuer": "https://idp.example.com:8443"},
		"endpoint": {"endpoints": endpoints("https://mine.example.com/t")},
		"method":   {"issuer": "https://mine.example.com", "auth_method": "client_secret_post"},
	} {
		at := "/connections/" + w.post("/connections", connectionOf(slug)).is(201).text("id")
		if got := w.patch(at, change); got.Status != 400 || !strings.Contains(string(got.raw), `"/client_secret"`) {
			t.Errorf("%s: %d %s", slug, got.Status, got.raw)
		}
		change["client_secret"] = "one for there"
		if got := w.patch(at, change); got.Status != 200 {
			t.Errorf("%s, with a secret: %d %s", slug, got.Status, got.raw)
		}
	}
	at := "/connections/" + w.post("/connections", connectionOf("same")).is(201).text("id")
	for _, change := range []m{
		{"name": "Work"},
		{"issuer": "https://idp.example.com/realms/work"},
		{"endpoints": endpoints("https://IDP.example.com/t")},
		{"issuer": "https://mine.example.com"}, // the secret goes where the token endpoint is
	} {
		if got := w.patch(at, change); got.Status != 200 {
			t.Errorf("%v: %d %s", change, got.Status, got.raw)
		}
	}
}
