package main

import (
	"strings"
	"testing"

	"plinto/storage/storagetest"
)

// KEY-12: commands name a tenant that cannot be read, and what of it; they go on with the others.
func TestCommands_nameWhatCannotBeRead_KEY_12(t *testing.T) {
	t.Parallel()
	x := newTerminal(t).withOwner()
	conn := storagetest.Owner(t, x.owner)
	exec := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	x.ok("tenant", "create", "acme", "--own-keys")
	x.ok("tenant", "create", "beta")
	x.ok("client", "create", "shop", "--tenant", "beta", "--type", "web", "--redirect-uri", "https://app.example.com/callback")
	exec(`CREATE TABLE kept AS SELECT * FROM tenant_keys`)
	exec(`UPDATE tenant_keys SET sealed = 'damaged'`)
	list := x.ok("tenant", "list")
	if lines := strings.Split(strings.TrimSpace(list), "\n"); len(lines) != 3 || !strings.Contains(lines[1], "unreadable") || strings.Contains(lines[2], "unreadable") {
		t.Errorf("the list is %q", list)
	}
	if out := x.ok("tenant", "list", "-o", "json"); strings.Count(out, `"unreadable": "its keys (tenant_keys.sealed) cannot be read`) != 1 {
		t.Errorf("the list does not say what is wrong: %s", out)
	}
	all, code := x.diagnose()
	if code != exitFailed {
		t.Errorf("doctor: exit %d", code)
	}
	wants(t, all, "tenant acme", severityFail, "its keys (tenant_keys.sealed) cannot be read")
	wants(t, all, "tenant acme", severityFail, "put back what the row had")
	wants(t, all, "keys of beta", severityOK, "")
	for _, args := range [][]string{
		{"client", "list", "--tenant", "acme"},
		{"user", "create", "ann@example.com", "--tenant", "acme"},
		{"tenant", "update", "acme", "--name", "Other"},
		{"tenant", "delete", "acme", "--yes"},
		{"tenant", "move", "acme", "--to", "schema"},
		{"keys", "rotate", "--tenant", "acme"},
	} {
		x.refused(exitFailed, "tenant_unreadable", args...)
	}
	out, said, code := x.run("export")
	if code != exitFailed || !strings.Contains(said, "tenant acme: its keys") || !strings.Contains(out, "slug: beta") || strings.Contains(out, "slug: acme") {
		t.Errorf("export: exit %d, %q, %q", code, said, out)
	}
	x.ok("tenant", "update", "acme", "--disabled")
	x.ok("user", "create", "ann@example.com", "--tenant", "beta")

	exec(`UPDATE clients SET metadata = '[]'`)
	all, _ = x.diagnose()
	wants(t, all, "client shop of beta", severityFail, "its metadata cannot be read")
	if out := x.ok("client", "list", "--tenant", "beta"); !strings.Contains(out, "shop") || !strings.Contains(out, "(cannot be read)") || !strings.Contains(out, "disabled") {
		t.Errorf("the list of clients is %q", out)
	}
	x.refused(exitFailed, "cannot be read", "client", "update", "shop", "--tenant", "beta", "--name", "Shop")
	x.ok("client", "delete", "shop", "--tenant", "beta", "--yes")

	x.ok("user", "create", "bob@example.com", "--tenant", "beta")
	for _, slug := range []string{"north", "south"} {
		x.ok("org", "create", slug, "--tenant", "beta", "--name", slug)
	}
	exec(`UPDATE users SET profile = '7' WHERE email = 'bob@example.com'`)
	exec(`UPDATE organizations SET policy = '7' WHERE slug = 'south'`)
	exec(`INSERT INTO resource_servers (tenant_id, id, identifier, name, scopes) SELECT id, gen_random_uuid(), 'https://api.example.com', '', '7' FROM tenants WHERE slug = 'beta'`)
	all, _ = x.diagnose()
	wants(t, all, "resource server https://api.example.com of beta", severityFail, "its scopes cannot be read")
	for _, c := range []struct {
		kind, good, bad, code string
		alone                 []string
	}{
		{"user", "ann@example.com", "bob@example.com", "user_unreadable", []string{"show", "bob@example.com"}},
		{"org", "north", "south", "organization_unreadable", []string{"update", "south", "--name", "Other"}},
	} {
		lines := strings.Split(x.ok(c.kind, "list", "--tenant", "beta"), "\n")
		for _, line := range lines {
			if strings.Contains(line, c.bad) != strings.Contains(line, "unreadable") {
				t.Errorf("%s list says %q", c.kind, line)
			}
		}
		if all := strings.Join(lines, "\n"); !strings.Contains(all, c.good) || !strings.Contains(all, c.bad) {
			t.Errorf("%s list is %q", c.kind, all)
		}
		x.refused(exitFailed, c.code, append([]string{c.kind, "--tenant", "beta"}, c.alone...)...)
		x.ok(c.kind, "delete", c.bad, "--tenant", "beta", "--yes")
	}

	exec(`UPDATE tenant_keys k SET sealed = o.sealed FROM kept o WHERE o.id = k.id`)
	x.ok("tenant", "update", "acme", "--disabled=false")
	if all, _ := x.diagnose(); all["tenant acme"].Severity != "" {
		t.Errorf("mended, it is %+v", all["tenant acme"])
	}
	x.ok("keys", "rotate", "--tenant", "acme") // opens its data key
}
