package admin_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"plinto/internal/fakesaml"
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

// TEN-10: who manages one organization sees and disables its connections, and no other; to decide whom one believes takes more.
func TestConnections_ofAdministratorsOfOneOrganization(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.acme()
	own := connectionOf("own")
	own["organization_id"] = strings.TrimPrefix(at, "/organizations/")
	one, tenants := w.post("/connections", own).is(201).text("id"), w.post("/connections", connectionOf("work")).is(201).text("id")
	other := "/organizations/" + w.post("/organizations", m{"slug": "other", "name": "Other"}).is(201).text("id")
	token := w.insider(at, "ann@example.com", organization.Owner)
	send := func(method, path string, body any) *answer {
		t.Helper()
		return w.send(request{method: method, path: path, body: body, token: token})
	}
	if all := send("GET", at+"/connections", nil).is(200).data(); len(all) != 1 || all[0]["slug"] != "own" {
		t.Errorf("listed %v", all)
	}
	if got := send("GET", at+"/connections/own", nil).is(200); got.text("id") != one || strings.Contains(string(got.raw), "the secret") {
		t.Errorf("read %s", got.raw)
	}
	if got := send("POST", at+"/connections/"+one+"/disable", nil).is(200); got.Body["disabled"] != true {
		t.Errorf("disabled: %s", got.raw)
	}
	for _, which := range []string{tenants, "work"} {
		send("GET", at+"/connections/"+which, nil).is(404, "connection_not_found")
		send("POST", at+"/connections/"+which+"/disable", nil).is(404, "connection_not_found")
		send("POST", at+"/connections/"+which+"/test", nil).is(404, "connection_not_found")
	}
	send("GET", other+"/connections", nil).is(403, "permission_missing")
	send("GET", "/connections", nil).is(403, "permission_missing")
	send("POST", "/connections/"+one+"/enable", nil).is(403, "permission_missing")
	send("PATCH", "/connections/"+one, m{"issuer": "https://mine.example.com"}).is(403, "permission_missing")
	if w.get("/connections/work").is(200).Body["disabled"] != false {
		t.Error("that of the tenant was disabled")
	}
	// Nor is it shown there to whoever manages the tenant: it is not the organization's.
	w.get(at+"/connections/work").is(404, "connection_not_found")
}

func TestConnections_endSessionsOnRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("/connections", connectionOf("work")).is(201)
	if got := w.post("/connections/work/disable?end_sessions=true", nil).is(200); got.Body["disabled"] != true || got.Body["ended_sessions"] != nil {
		t.Errorf("disabled: %s", got.raw)
	}
}

// FED-46: who manages one organization ends what was begun with its connections, by the same function, and nothing else.
func TestConnections_ofOneOrganizationEndSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.acme()
	own := connectionOf("own")
	own["organization_id"] = strings.TrimPrefix(at, "/organizations/")
	w.post("/connections", own).is(201)
	w.post("/connections", connectionOf("work")).is(201)
	token := w.insider(at, "ann@example.com", organization.Owner)
	bob := w.User("bob@example.com")
	for _, slug := range []string{"own", "work"} {
		_, err := w.Owner.Exec(t.Context(), `
			INSERT INTO sessions (tenant_id, id, token_hash, user_id, auth_time, idle_ttl, expires_at, connection_id, identity_id, connection_epoch)
			SELECT tenant_id, gen_random_uuid(), sha256(slug::bytea), $2, now(), '1 hour', now() + interval '1 hour', id, gen_random_uuid(), epoch
			FROM connections WHERE slug = $1`, slug, bob.ID)
		if err != nil {
			t.Fatal(err)
		}
	}
	open := func() (n int) {
		if err := w.Owner.QueryRow(t.Context(), `SELECT count(*) FROM sessions WHERE user_id = $1 AND ended_at IS NULL`, bob.ID).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	disable := func(slug string) *answer {
		t.Helper()
		return w.send(request{method: "POST", path: at + "/connections/" + slug + "/disable?end_sessions=true", token: token})
	}
	disable("work").is(404, "connection_not_found")
	if n := open(); n != 2 {
		t.Errorf("another's connection: %d sessions are left", n)
	}
	if got := disable("own").is(200); got.Body["disabled"] != true || got.Body["ended_sessions"] != float64(1) || open() != 1 {
		t.Errorf("disabled: %s, %d sessions are left", got.raw, open())
	}
}

func TestConnections_bySAMLAreManaged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	idp, err := fakesaml.New("https://idp.example/entity", "https://idp.example/sso")
	if err != nil {
		t.Fatal(err)
	}
	create := m{"slug": "work", "kind": "saml", "name": "Work", "email_domains": []string{"example.com"}, "saml": m{"metadata": string(idp.Metadata())}}
	w.post("/connections", create).is(400, "saml_off")
	w.patch("/settings", m{"saml": "on"}).is(200)
	made := w.post("/connections", create).is(201)
	saml, _ := made.Body["saml"].(map[string]any)
	if made.text("issuer") != idp.EntityID || made.text("redirect_uri") != w.Issuer()+"/federation/work/acs" || made.text("entity_id") != w.Issuer()+"/federation/work/metadata" || saml["sign_on_url"] != idp.SignOnURL {
		t.Errorf("made %s", made.raw)
	}
	at := "/connections/" + made.text("id")
	w.send(request{method: "PATCH", path: at, body: m{"saml": m{"metadata": "<html/>"}}}).is(400, "invalid_connection")
	w.send(request{method: "PATCH", path: at, body: m{"saml": m{"sign_on_url": "https://idp.example/sso", "certificates": []string{}}}}).is(400, "invalid_connection")
	w.send(request{method: "PATCH", path: at, body: m{"email_domains": []string{"*"}}}).is(400, "invalid_connection")
	got := w.send(request{method: "PATCH", path: at, body: m{"name": "Works", "saml": m{"sign_on_url": "https://idp.example/other", "certificates": []string{idp.Key.Certificate()}, "sign_requests": true}}}).is(200)
	if saml, _ = got.Body["saml"].(map[string]any); saml["sign_on_url"] != "https://idp.example/other" || saml["sign_requests"] != true {
		t.Errorf("changed to %s", got.raw)
	}
	if tested := w.post(at+"/test", nil).is(200); tested.Body["passed"] != true {
		t.Errorf("tested: %s", tested.raw)
	}
}

func TestConnections_bySAMLChangeTheirKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	idp, err := fakesaml.New("https://idp.example/entity", "https://idp.example/sso")
	if err != nil {
		t.Fatal(err)
	}
	w.patch("/settings", m{"saml": "on"}).is(200)
	w.post("/connections", m{"slug": "work", "kind": "saml", "name": "Work", "saml": m{
		"sign_on_url": idp.SignOnURL, "sign_on_binding": "post", "certificates": []string{idp.Key.Certificate()}, "logout_url": "https://idp.example/slo", "logout_binding": "post",
	}, "issuer": idp.EntityID}).is(201)
	shown := w.get("/connections/work").is(200)
	if saml, _ := shown.Body["saml"].(map[string]any); saml["sign_on_binding"] != "post" || saml["logout_url"] != "https://idp.example/slo" || saml["logout_binding"] != "post" || saml["metadata_state"] != nil ||
		shown.text("single_logout_service") != w.Issuer()+"/federation/work/slo" {
		t.Errorf("shown %s", shown.raw)
	}
	w.post("/connections/work/rotate-key", m{"step": "retire"}).is(409, "connection_key_step")
	w.post("/connections/work/rotate-key", m{"step": "other"}).is(400)
	got := w.post("/connections/work/rotate-key", m{"step": "publish"}).is(200)
	if keys := got.data(); len(keys) != 2 || keys[0]["state"] != "active" || keys[1]["state"] != "next" {
		t.Errorf("published %s", got.raw)
	}
	w.post("/connections", connectionOf("other")).is(201)
	w.post("/connections/other/rotate-key", m{"step": "publish"}).is(400, "invalid_connection")
}

// ISO-17: an identity provider that takes its time holds no connection to the database, which other tenants use too.
func TestConnections_providersAreAskedOutsideOfTransactions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.patch("/settings", m{"saml": "on"}).is(200)
	var asked, held atomic.Int32
	var metadata atomic.Pointer[[]byte]
	site := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if !w.nobodyIsIdle() {
			held.Add(1)
		}
		if strings.HasPrefix(r.URL.Path, "/saml") {
			_, _ = rw.Write(*metadata.Load())
			return
		}
		rw.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(site.Close)
	idp, err := fakesaml.New("https://idp.example/entity", "https://idp.example/sso")
	must(t, err)
	text := idp.Metadata()
	metadata.Store(&text)

	work := connectionOf("work")
	work["issuer"] = site.URL
	at := w.acme()
	work["organization_id"] = strings.TrimPrefix(at, "/organizations/")
	w.post("/connections", work).is(201)
	count := func(what string, least int32, do func()) {
		t.Helper()
		before := asked.Load()
		do()
		if asked.Load()-before < least || held.Load() != 0 {
			t.Errorf("%s: asked %d times, %d times of all in a transaction", what, asked.Load()-before, held.Load())
		}
		held.Store(0)
	}
	count("a test", 1, func() { w.post("/connections/work/test", nil).is(200) })
	count("a test of an organization", 1, func() { w.post(at+"/connections/work/test", nil).is(200) })
	bySAML := m{"slug": "saml", "kind": "saml", "name": "SAML", "saml": m{"metadata_url": site.URL + "/saml", "metadata_trust": "tls"}}
	made := &answer{}
	count("a new connection", 1, func() { made = w.post("/connections", bySAML).is(201) })
	if made.text("issuer") != idp.EntityID {
		t.Errorf("made %s", made.raw)
	}
	count("a change", 1, func() {
		w.send(request{method: "PATCH", path: "/connections/saml", body: m{"saml": m{"metadata_url": site.URL + "/saml?2", "metadata_trust": "tls"}}, header: map[string]string{"If-Match": made.Header.Get("ETag")}}).is(200)
	})
	count("another change", 0, func() { w.patch("/connections/saml", m{"name": "Another"}).is(200) })
	count("a change that does not count", 1, func() {
		w.patch("/connections/saml?validate_only=true", m{"saml": m{"metadata_url": site.URL + "/saml?3", "metadata_trust": "tls"}}).is(200)
	})
	count("a test by SAML", 1, func() { w.post("/connections/saml/test", nil).is(200) })
}
