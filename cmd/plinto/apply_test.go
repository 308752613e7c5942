package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"plinto/storage/storagetest"
)

// A file that is larger than what is read at once is read some at a time, by its name. It says how many changes it does not
// show, and that standard input is none.
func TestApply_readsLargeFilesByTheirName(t *testing.T) {
	t.Parallel()
	server, _ := storagetest.URL(t)
	x := &terminal{t: t, dir: t.TempDir(), env: []string{"PLINTO_PUBLIC_URL=http://localhost", "DATABASE_URL=" + server, "PLINTO_ENCRYPTION_KEY=" + randomKey()}}
	var doc strings.Builder
	doc.WriteString("tenants:\n  - slug: acme\n    users:\n")
	name := strings.Repeat("n", 2000)
	for n := 0; doc.Len() <= maxManifest; n++ {
		fmt.Fprintf(&doc, "      - {email: user%d@example.com, name: %s}\n", n, name)
	}
	file := writeFile(t, filepath.Join(x.dir, "large.yaml"), doc.String())
	users := strings.Count(doc.String(), "email")
	out := x.ok("apply", "--dry-run", "-f", file)
	for _, want := range []string{fmt.Sprintf("and %d more of long lists", users-1000), fmt.Sprintf("%d to create", users+1), "this was a dry run"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q: %s", want, out[max(0, len(out)-300):])
		}
	}
	x.in = doc.String()
	x.refused(exitFailed, "name the file by -f", "apply", "--dry-run", "-f", "-")
}

// A manifest that says nothing of resource servers is compared with those that are stored.
func TestApply_warnsOfScopesThatTheTenantDoesNotHave(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	file := func(text string) string {
		return writeFile(t, filepath.Join(t.TempDir(), "m.yaml"), "tenants:\n  - slug: acme\n"+text)
	}
	const servers = "    resource_servers: [{identifier: \"https://api.example.com\", scopes: [{name: \"orders:read\"}]}]\n"
	client := func(scope string) string {
		return "    clients: [{client_id: shop, redirect_uris: [\"https://a.example/cb\"], scope: \"" + scope + "\"}]\n"
	}
	x.ok("apply", "-f", file(servers))
	for name, c := range map[string]struct{ text, warns string }{
		"declared":            {servers + client("openid orders:read users:read"), ""},
		"mistyped":            {servers + client("openid orders:raed"), `"orders:raed" is no scope of the tenant, so it is never granted: did you mean orders:read?`},
		"stored":              {client("openid orders:read"), ""},
		"mistyped of a store": {client("openid orders:raed"), `.clients[0].scope: "orders:raed" is no scope of the tenant, so it is never granted: did you mean orders:read?`},
		"several":             {client("opnid orders:raed"), `did you mean openid?; "orders:raed" is`},
	} {
		_, stderr, code := x.run("apply", "-f", file(c.text), "--dry-run")
		if warned := strings.Count(stderr, "plinto: warning: "); code != exitOK || (c.warns != "") != (warned == 1) || warned > 1 || !strings.Contains(stderr, c.warns) {
			t.Errorf("%s: exit %d: %s", name, code, stderr)
		}
	}
}
