package admin_test

import (
	"strings"
	"testing"

	"plinto/organization"
)

func connectionOf(slug string) m {
	return m{"slug": slug, "name": "Example IdP", "issuer": "https://idp.example.com", "client_id": "plinto", "client_secret": "the secret of the provider"}
}

func TestConnections_areManaged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.post("/connections", connectionOf("work")).is(201)
	if made.text("redirect_uri") != w.Issuer()+"/federation/work/callback" || made.text("provision") != "off" || made.text("mfa") != "ask" || strings.Contains(string(made.raw), "the secret") {
		t.Errorf("made %s", made.raw)
	}
	at := "/connections/" + made.text("id")
	w.post("/connections", connectionOf("work")).is(409, "connection_slug_taken")
	got := w.send(request{method: "PATCH", path: at, body: m{"provision": "domain", "email_domains": []string{"Example.com"}, "auth_method": "private_key_jwt"}}).is(200)
	if got.text("provision") != "domain" || got.text("jwks_uri") != w.Issuer()+"/federation/work/jwks.json" || got.Body["email_domains"].([]any)[0] != "example.com" {
		t.Errorf("changed to %s", got.raw)
	}
	w.send(request{method: "PATCH", path: at, body: m{"mfa": "trust"}}).is(400, "invalid_connection")
	w.send(request{method: "PATCH", path: at, body: m{"issuer": "http://10.0.0.1/"}}).is(400, "invalid_connection")
	if got := w.post(at+"/disable", nil).is(200); got.Body["disabled"] != true {
		t.Errorf("disabled: %s", got.raw)
	}
	w.post(at+"/enable", nil).is(200)
	if all := w.get("/connections").is(200).data(); len(all) != 1 || all[0]["slug"] != "work" {
		t.Errorf("listed %v", all)
	}
	w.get("/connections/work").is(200)
	w.send(request{method: "DELETE", path: at}).is(204)
	w.get(at).is(404, "connection_not_found")
}

// TEN-06: whoever decides whom a connection believes could sign in as anybody who uses it, so it takes every right.
func TestConnections_areMadeWithEveryRightOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.post("/connections", connectionOf("work")).is(201)
	some := w.tokenFor(w.Tenant, organization.ConnectionsRead, organization.ConnectionsWrite, organization.UsersWrite)
	at := "/connections/" + made.text("id")
	for name, q := range map[string]request{
		"made":    {method: "POST", path: "/connections", body: connectionOf("mine")},
		"changed": {method: "PATCH", path: at, body: m{"issuer": "https://mine.example.com"}},
	} {
		q.token = some
		if got := w.send(q); got.Status != 403 || got.text("code") != "cannot_confer" {
			t.Errorf("%s: %d %s", name, got.Status, got.raw)
		}
	}
	w.send(request{method: "POST", path: at + "/disable", token: some}).is(200)
	if got := w.send(request{method: "POST", path: at + "/enable", token: some}); got.Status != 403 {
		t.Errorf("enabled: %d %s", got.Status, got.raw)
	}
}
