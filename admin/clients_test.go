package admin_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// authenticates reports whether a client gets a token with a secret.
func (w *world) authenticates(id, secret string) bool {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.Issuer()+"/oauth2/token", strings.NewReader(url.Values{"grant_type": {"client_credentials"}}.Encode()))
	must(w.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(id, secret)
	res, err := w.HTTP().Do(r)
	must(w.t, err)
	defer res.Body.Close()
	return res.StatusCode == 200
}

func TestClients_areCreatedReadChangedAndDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.post("/clients", m{"client_name": "Shop", "redirect_uris": []string{"https://shop.example/cb"}, "grant_types": []string{"authorization_code", "client_credentials"}, "first_party": true}).is(201)
	at, secret := "/clients/"+made.text("id"), made.text("client_secret")
	if made.text("client_id") != made.text("id") || made.Header.Get("Location") != w.Issuer()+"/admin/v1"+at {
		t.Errorf("made %s at %s", made.raw, made.Header.Get("Location"))
	}
	read := w.get(at).is(200)
	if strings.Contains(string(read.raw), "secret\"") || read.Body["first_party"] != true {
		t.Errorf("read %s", read.raw)
	}
	tag := map[string]string{"If-Match": read.Header.Get("ETag")}
	changed := w.send(request{method: "PATCH", path: at, header: tag, body: m{"client_name": nil, "first_party": nil, "redirect_uris": []string{"https://shop.example/new"}, "client_name#fr": "Boutique"}}).is(200)
	if got := fmt.Sprint(changed.Body["client_name"], changed.Body["first_party"], changed.Body["redirect_uris"], changed.Body["client_name#fr"]); got != "<nil> false [https://shop.example/new]Boutique" {
		t.Errorf("changed to %s", got)
	}
	w.send(request{method: "PATCH", path: at, header: tag, body: m{"client_name": "x"}}).is(412, "precondition_failed")
	if !w.authenticates(made.text("client_id"), secret) {
		t.Error("the secret is not good")
	}
	if got := w.post(at+"/disable", nil).is(200); got.Body["disabled"] != true || w.authenticates(made.text("client_id"), secret) {
		t.Errorf("disabled: %s", got.raw)
	}
	if got := w.post(at+"/enable", nil).is(200); got.Body["disabled"] != false || !w.authenticates(made.text("client_id"), secret) {
		t.Errorf("enabled: %s", got.raw)
	}
	if got := w.get("/clients?client_id=" + made.text("client_id")).is(200).data(); len(got) != 1 || got[0]["id"] != made.text("id") {
		t.Errorf("found %v", got)
	}
	if got := w.get(at + "/check").is(200).data(); len(got) == 0 {
		t.Error("nothing to say about a client without require_pkce")
	}
	w.send(request{method: "DELETE", path: at}).is(204)
	w.get(at).is(404, "client_not_found")
	if n := w.count(`SELECT count(*) FROM audit_log WHERE type LIKE 'client.%' AND actor_type = 'client'`); n != 5 {
		t.Errorf("%d rows in the audit log, want 5", n)
	}
}

func TestClients_secretsAreAddedAndRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.post("/clients", m{"client_id": "shop", "grant_types": []string{"client_credentials"}}).is(201)
	at, first := "/clients/"+made.text("id")+"/secrets", made.text("client_secret")
	second := w.post(at, m{"previous_expires_in": 3600}).is(201)
	list := w.get(at).is(200).data()
	if len(list) != 2 || list[0]["id"] != second.text("id") || list[0]["expires_at"] != nil || list[1]["expires_at"] == nil || list[1]["expires_at"] != second.Body["previous_expires_at"] {
		t.Errorf("secrets are %v, after %s", list, second.raw)
	}
	if ended, there := second.Body["ended_secret_ids"]; there {
		t.Errorf("%v ended, of two that are good", ended)
	}
	if !w.authenticates("shop", first) || !w.authenticates("shop", second.text("client_secret")) {
		t.Error("one of two secrets is not good")
	}
	w.send(request{method: "DELETE", path: at + "/" + list[1]["id"].(string)}).is(204)
	w.send(request{method: "DELETE", path: at + "/" + list[1]["id"].(string)}).is(404, "client_secret_not_found")
	if w.authenticates("shop", first) || !w.authenticates("shop", second.text("client_secret")) {
		t.Error("the wrong secret was revoked")
	}
	last := w.post(at, m{"previous_expires_in": 0}).is(201)
	third := last.text("client_secret")
	if ended, _ := last.Body["ended_secret_ids"].([]any); len(ended) != 1 || ended[0] != second.Body["id"] {
		t.Errorf("%v ended", ended)
	}
	if ends, there := last.Body["previous_expires_at"]; there {
		t.Errorf("the previous secret ends at %v after an overlap of nothing", ends)
	}
	if w.authenticates("shop", second.text("client_secret")) || !w.authenticates("shop", third) {
		t.Error("the previous secret is good after an overlap of nothing")
	}
	public := w.post("/clients", m{"token_endpoint_auth_method": "none", "redirect_uris": []string{"https://a.example/cb"}}).is(201)
	w.post("/clients/"+public.text("id")+"/secrets", nil).is(400, "client_without_secret")
	if n := w.count(`SELECT count(*) FROM audit_log WHERE type = 'client.secret_revoked' AND subject = 'shop'`); n != 1 {
		t.Errorf("%d rows of revoked secrets", n)
	}
}

// A scope that the tenant does not have is stored, and who declares it is told which was perhaps meant.
func TestClients_unknownScopesAreWarnedOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.post("/clients", m{"client_id": "shop", "redirect_uris": []string{"https://a.example/cb"}, "scope": "openid emial users:raed"}).is(201)
	want := []any{
		m{"member": "scope", "message": `"emial" is no scope of the tenant, so it is never granted: did you mean email?`},
		m{"member": "scope", "message": `"users:raed" is no scope of the tenant, so it is never granted: did you mean users:read?`},
	}
	if diff := cmp.Diff(want, made.Body["warnings"]); diff != "" || made.text("scope") != "openid emial users:raed" {
		t.Errorf("made with %s: %s", made.raw, diff)
	}
	at := "/clients/" + made.text("id")
	if read := w.get(at).is(200); read.Body["warnings"] != nil {
		t.Errorf("read with warnings: %s", read.raw)
	}
	if changed := w.send(request{method: "PATCH", path: at, body: m{"scope": "openid email users:read"}}).is(200); changed.Body["warnings"] != nil {
		t.Errorf("changed with warnings: %s", changed.raw)
	}
}

func TestClients_badMetadataIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		body          m
		code, pointer string
	}{
		"unknown member":  {m{"redirect_uri": "https://a.example"}, "client_metadata_invalid", "/redirect_uri"},
		"a secret":        {m{"client_secret": "0123456789abcdef0123"}, "client_metadata_invalid", "/client_secret"},
		"what is issued":  {m{"registration_access_token": "x"}, "client_metadata_invalid", "/registration_access_token"},
		"wrong type":      {m{"redirect_uris": "https://a.example"}, "invalid_body", "/redirect_uris"},
		"fragment":        {m{"redirect_uris": []string{"https://a.example/cb", "https://a.example/cb#x"}}, "client_metadata_invalid", "/redirect_uris/1"},
		"ours":            {m{"redirect_uris": []string{w.Issuer() + "/cb"}}, "client_metadata_invalid", "/redirect_uris/0"},
		"a user's id":     {m{"client_id": "user_01h2xcejqtf2nbrexx3vqjhp41", "grant_types": []string{"client_credentials"}}, "client_metadata_invalid", "/client_id"},
		"nowhere to go":   {m{}, "client_metadata_invalid", "/redirect_uris"},
		"a type later on": {m{"grant_types": []string{"client_credentials"}, "dpop_bound_access_tokens": "yes"}, "client_metadata_invalid", "/dpop_bound_access_tokens"},
	} {
		got := w.post("/clients", c.body)
		if got.Status != 400 || got.Body["code"] != c.code || !strings.Contains(string(got.raw), `"pointer":"`+c.pointer+`"`) {
			t.Errorf("%s: got %d %s, want %s at %s", name, got.Status, got.raw, c.code, c.pointer)
		}
	}
	w.post("/clients", m{"client_id": "a", "grant_types": []string{"client_credentials"}}).is(201)
	w.post("/clients", m{"client_id": "a", "grant_types": []string{"client_credentials"}}).is(409, "client_id_taken")
}
