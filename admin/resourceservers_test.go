package admin_test

import (
	"fmt"
	"testing"
)

func TestResourceServers_areCreatedReadChangedAndDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.post("/resource-servers", m{"identifier": "https://api.example.com", "name": "Orders", "scopes": []m{{"name": "orders:read", "description": "Read orders"}}}).is(201)
	at := "/resource-servers/" + made.text("id")
	if got := w.get(at).is(200); string(got.raw) != string(made.raw) || got.Header.Get("ETag") != made.Header.Get("ETag") {
		t.Errorf("made %s, read %s", made.raw, got.raw)
	}
	tag := map[string]string{"If-Match": made.Header.Get("ETag")}
	changed := w.send(request{method: "PATCH", path: at, header: tag, body: m{"name": nil, "token_format": "opaque", "access_token_ttl": 60}}).is(200)
	if got := fmt.Sprint(changed.Body["name"], changed.Body["token_format"], changed.Body["access_token_ttl"], changed.Body["scopes"]); got != "opaque60 [map[description:Read orders name:orders:read]]" {
		t.Errorf("changed to %q", got)
	}
	w.send(request{method: "PATCH", path: at, header: tag, body: m{"name": "x"}}).is(412, "precondition_failed")
	w.send(request{method: "DELETE", path: at, header: tag}).is(412, "precondition_failed")
	if got := w.patch(at, m{"token_format": "opaque"}).is(200); got.Header.Get("ETag") != changed.Header.Get("ETag") {
		t.Error("what changed nothing made another version")
	}
	w.post("/resource-servers", m{"identifier": "https://API.example.com"}).is(409, "resource_server_taken")
	w.post("/resource-servers", m{"identifier": "https://api.example.com"}).is(409, "resource_server_taken")
	w.send(request{method: "DELETE", path: at}).is(204)
	w.get(at).is(404, "resource_server_not_found")
	if n := w.count(`SELECT count(*) FROM audit_log WHERE type LIKE 'resource_server.%' AND actor_type = 'client'`); n != 3 {
		t.Errorf("%d rows in the audit log, want 3", n)
	}
}

func TestResourceServers_badOnesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		body    m
		status  int
		code    string
		pointer string
	}{
		"no URI":              {m{"identifier": "api"}, 400, "invalid_resource_server", "/identifier"},
		"a scope with spaces": {m{"identifier": "https://a.example", "scopes": []m{{"name": "a b"}}}, 400, "invalid_resource_server", "/scopes/0/name"},
		"a standard scope":    {m{"identifier": "https://a.example", "scopes": []m{{"name": "x"}, {"name": "openid"}}}, 400, "invalid_resource_server", "/scopes/1/name"},
		"a scope twice":       {m{"identifier": "https://a.example", "scopes": []m{{"name": "x"}, {"name": "x"}}}, 400, "invalid_resource_server", "/scopes/1/name"},
		"an algorithm":        {m{"identifier": "https://a.example", "signing_alg": "none"}, 400, "invalid_resource_server", "/signing_alg"},
		"the management API":  {m{"identifier": w.Issuer() + "/admin/v1"}, 409, "resource_server_reserved", ""},
		"it, in capitals":     {m{"identifier": "HTTPS" + w.Issuer()[5:] + "/admin/v1", "scopes": []m{{"name": "users:write", "default": true}}}, 409, "resource_server_reserved", ""},
	} {
		got := w.post("/resource-servers", c.body)
		if got.Status != c.status || got.Body["code"] != c.code {
			t.Errorf("%s: got %d %s, want %d %s", name, got.Status, got.raw, c.status, c.code)
			continue
		}
		if c.pointer != "" && fmt.Sprint(got.Body["errors"].([]any)[0].(map[string]any)["pointer"]) != c.pointer {
			t.Errorf("%s: got %s, want the pointer %s", name, got.raw, c.pointer)
		}
	}
}

func TestResourceServers_areListedByCursors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var made []string
	for i := range 5 {
		made = append(made, w.post("/resource-servers", m{"identifier": fmt.Sprintf("https://api%d.example", i)}).is(201).text("id"))
	}
	first := w.get("/resource-servers?order=asc&limit=3").is(200)
	rest := w.get("/resource-servers?order=asc&limit=3&after=" + first.text("next_cursor")).is(200)
	if d := rest.data(); len(d) != 2 || d[0]["id"] != made[3] || rest.Body["has_more"] != false {
		t.Errorf("got %s", rest.raw)
	}
}
