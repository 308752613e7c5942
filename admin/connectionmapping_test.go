package admin_test

import (
	"strings"
	"testing"

	"plinto/organization"
)

// A preset is enough, and what it fills in is shown.
func TestConnections_ofAPreset(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.post("/connections", m{"slug": "google", "preset": "google", "client_id": "id", "client_secret": "given"}).is(201)
	if made.text("issuer") != "https://accounts.google.com" || made.text("name") != "Google" || made.text("kind") != "oidc" || made.text("claims_update") != "first" {
		t.Errorf("made %s", made.raw)
	}
	github := w.post("/connections", m{"slug": "github", "preset": "github", "client_id": "id", "client_secret": "given"}).is(201)
	if github.text("kind") != "oauth2" || github.text("subject_claim") != "id" {
		t.Errorf("made %s", github.raw)
	}
	for name, body := range map[string]m{
		"preset":        {"preset": "myspace", "name": "M", "issuer": "https://m.example"},
		"tenants":       {"preset": "microsoft"},
		"client_secret": {"preset": "apple", "team_id": "T", "key_id": "K"},
		"issuer":        {"preset": "okta"},
		"endpoints":     {"kind": "oauth2", "name": "O", "issuer": "https://o.example", "subject_claim": "id"},
	} {
		body["slug"], body["client_id"], body["client_secret"] = "other", "id", "no private key"
		got := w.post("/connections", body)
		if got.Status != 400 || !strings.Contains(string(got.raw), name) && name != "client_secret" {
			t.Errorf("%s: %d %s", name, got.Status, got.raw)
		}
	}
}

// Claims and groups are checked when they are stored, and shown on claims before anybody has them.
func TestConnections_previewWhatBecomesOfClaims(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.post("/organizations", m{"slug": "acme", "name": "Acme"}).is(201).text("id")
	at := "/connections/" + w.post("/connections", connectionOf("work")).is(201).text("id")
	for pointer, patch := range map[string]m{
		"/claims/email":                  {"claims": m{"email": "email"}},
		"/claims/name":                   {"claims": m{"name": "sub"}},
		"/groups_claim":                  {"group_roles": []m{{"group": "g", "role": "administrator"}}},
		"/group_roles/0/role":            {"groups_claim": "groups", "group_roles": []m{{"group": "g", "role": "nobody's"}}},
		"/group_roles/0/organization_id": {"groups_claim": "groups", "group_roles": []m{{"group": "g", "role": "admin", "organization_id": "org_01h455vb4pex5vsknk084sn02q"}}},
	} {
		if got := w.send(request{method: "PATCH", path: at, body: patch}).is(400, "invalid_connection"); !strings.Contains(string(got.raw), `"`+pointer+`"`) {
			t.Errorf("%s: %s", pointer, got.raw)
		}
	}
	w.send(request{method: "PATCH", path: at, body: m{
		"claims": m{"name": "display_name", "username": "login"}, "claims_update": "always", "groups_claim": "groups",
		"group_roles": []m{{"group": "staff", "role": "member", "organization_id": acme}, {"group": "it", "role": organization.Administrator}},
	}}).is(200)
	got := w.post(at+"/preview", m{"claims": m{
		"email": "a@example.com", "email_verified": true, "display_name": "Ann", "login": "ann", "name": "Not this", "groups": []string{"staff", "others"},
	}}).is(200)
	profile, _ := got.Body["profile"].(map[string]any)
	roles, _ := got.Body["roles"].([]any)
	if len(profile) != 1 || profile["name"] != "Ann" || got.text("username") != "ann" || got.Body["email_verified"] != true || len(roles) != 1 {
		t.Fatalf("shown %s", got.raw)
	}
	if one, _ := roles[0].(map[string]any); one["organization_id"] != acme || one["role"] != "member" || one["withheld"] != false {
		t.Errorf("shown %s", got.raw)
	}
	w.post(at+"/preview", m{"claims": m{"groups": "staff"}}).is(400, "invalid_claims")
	shown := w.get(at).is(200)
	if shown.text("claims_update") != "always" || len(shown.Body["group_roles"].([]any)) != 2 || strings.Contains(string(shown.raw), "roles_by") {
		t.Errorf("shown %s", shown.raw)
	}
	if none := w.send(request{method: "PATCH", path: at, body: m{"group_roles": []m{}, "claims": m{}}}).is(200); none.Body["group_roles"] != nil || none.Body["claims"] != nil {
		t.Errorf("taken away: %s", none.raw)
	}
}
