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

	exec(`UPDATE tenant_keys k SET sealed = o.sealed FROM kept o WHERE o.id = k.id`)
	x.ok("tenant", "update", "acme", "--disabled=false")
	if all, _ := x.diagnose(); all["tenant acme"].Severity != "" {
		t.Errorf("mended, it is %+v", all["tenant acme"])
	}
	x.ok("keys", "rotate", "--tenant", "acme") // opens its data key
}
