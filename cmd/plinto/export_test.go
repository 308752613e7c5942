package main

import (
	"strings"
	"testing"

	"plinto/storage/storagetest"
)

// An export that plinto apply does not read says so, and how to write another.
func TestExport_saysWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	x := &terminal{t: t, dir: t.TempDir(), env: []string{"PLINTO_PUBLIC_URL=http://localhost", "DATABASE_URL=" + server, "PLINTO_ENCRYPTION_KEY=" + randomKey()}}
	x.ok("tenant", "create", "acme")
	if _, _, code := x.run("export"); code != exitOK {
		t.Fatalf("exit %d", code)
	}
	if _, err := storagetest.Owner(t, owner).Exec(t.Context(), `INSERT INTO users (tenant_id, id, email, profile)
		SELECT t.id, gen_random_uuid(), 'user' || n || '@example.com', jsonb_build_object('name', repeat('n', 8000)) FROM tenants t CROSS JOIN generate_series(1, 2400) n`); err != nil {
		t.Fatal(err)
	}
	for flag, warned := range map[string]bool{"--users=true": true, "--users=false": false} {
		_, said, code := x.run("export", flag)
		if code != exitOK || strings.Contains(said, "--users=false") != warned {
			t.Errorf("%s: exit %d, and it says %q", flag, code, said)
		}
	}
}
