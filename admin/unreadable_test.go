package admin_test

import (
	"strings"
	"testing"

	"plinto/internal/tid"
)

// KEY-14: lists of the API name what of one thing cannot be read, and show the others. Alone it is refused with a code of its own, and is
// not written over. It can be deleted.
func TestLists_nameWhatCannotBeRead_KEY_14(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		path, sql        string
		one, two, patch  m
		unreadable, code string
		status           int
	}{
		"users": {
			"/users", `UPDATE users SET profile = '"damaged"' WHERE id = $1`,
			m{"email": "one@example.com"},
			m{"email": "two@example.com"},
			m{"username": "other"},
			"profile", "user_unreadable", 503,
		},
		"metadata of users": {
			"/users", `UPDATE users SET public_metadata = '7', private_metadata = '[]' WHERE id = $1`,
			m{"email": "three@example.com"},
			m{"email": "four@example.com"},
			m{"profile": m{"name": "Other"}},
			"public_metadata, private_metadata", "user_unreadable", 503,
		},
		"organizations": {
			"/organizations", `UPDATE organizations SET policy = '{"session_ttl": "for ever"}' WHERE id = $1`,
			m{"slug": "one", "name": "One"},
			m{"slug": "two", "name": "Two"},
			m{"name": "Other"},
			"policy", "organization_unreadable", 503,
		},
		"resource servers": {
			"/resource-servers", `UPDATE resource_servers SET scopes = '7' WHERE id = $1`,
			m{"identifier": "https://one.example"},
			m{"identifier": "https://two.example"},
			m{"name": "Other"},
			"scopes", "resource_server_unreadable", 409,
		},
		"clients": {
			"/clients", `UPDATE clients SET metadata = '[]' WHERE id = $1`,
			m{"grant_types": []string{"client_credentials"}},
			m{"grant_types": []string{"client_credentials"}},
			m{"client_name": "Other"},
			"metadata", "client_unreadable", 409,
		},
		"connections": {
			"/connections", `UPDATE connections SET spec = '7' WHERE id = $1`,
			m{"slug": "one", "name": "One", "issuer": "https://idp.example.com", "client_id": "plinto", "client_secret": "a secret"},
			m{"slug": "two", "name": "Two", "issuer": "https://idp.example.com", "client_id": "plinto", "client_secret": "a secret"},
			m{"name": "Other"},
			"spec or metadata", "connection_unreadable", 409,
		},
	} {
		good, bad := w.post(c.path, c.one).is(201).text("id"), w.post(c.path, c.two).is(201).text("id")
		prefix, _, _ := strings.Cut(bad, "_")
		id, err := tid.Parse(prefix, bad)
		must(t, err)
		if _, err := w.Owner.Exec(t.Context(), c.sql, id); err != nil {
			t.Fatal(err)
		}
		seen := map[string]any{}
		for _, item := range w.get(c.path).is(200).data() {
			seen[item["id"].(string)] = item["unreadable"]
		}
		if why, there := seen[good]; !there || why != nil || seen[bad] != c.unreadable {
			t.Errorf("%s: the list says %v, want that of %s alone cannot be read: %s", name, seen, bad, c.unreadable)
		}
		w.get(c.path + "/" + good).is(200)
		w.get(c.path+"/"+bad).is(c.status, c.code)
		w.patch(c.path+"/"+bad, c.patch).is(c.status, c.code)
		remove := c.path + "/" + bad
		if c.path == "/users" {
			remove += "?permanent=true"
		}
		w.send(request{method: "DELETE", path: remove}).is(204)
		w.get(c.path + "/" + bad).is(404)
	}
}

// KEY-14: an export names a user who cannot be read, and has all others; nothing of such a line is imported.
func TestExport_namesUsersWhoCannotBeRead_KEY_14(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var ids []string
	for _, name := range []string{"one", "two", "three"} {
		ids = append(ids, w.post("/users", m{"username": name, "profile": m{"name": name}, "external_id": name}).is(201).text("id"))
	}
	id, err := tid.Parse("user", ids[1])
	must(t, err)
	if _, err := w.Owner.Exec(t.Context(), `UPDATE users SET profile = '[]' WHERE id = $1`, id); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(w.get("/users/export").is(200).raw)), "\n")
	if len(lines) != 3 || lines[1] != `{"id":"`+ids[1]+`","unreadable":"profile"}` || !strings.Contains(lines[0], `"username":"one"`) || !strings.Contains(lines[2], `"username":"three"`) {
		t.Fatalf("the export is %q", lines)
	}
	// The line of the export, and one that would change the user in the file of another system.
	over := w.finished(w.upload("", "", lines[1], `{"external_id": "two", "profile": {"nickname": "deux"}}`).is(202))
	report := string(w.get("/jobs/" + over.text("id") + "/report").is(200).raw)
	if strings.Count(report, `"code":"user_unreadable"`) != 2 {
		t.Errorf("the import says %s", report)
	}
	if n := w.count(`SELECT count(*) FROM users WHERE profile = '[]'`); n != 1 {
		t.Errorf("what cannot be read was written over")
	}
}
