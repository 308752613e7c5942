package main

import (
	"regexp"
	"strings"
	"testing"

	"plinto/identity/bulk"
	"plinto/storage/storagetest"
)

var followedBy = regexp.MustCompile(`plinto (job show job_\w+ --follow --tenant \w+)`)

// Whoever deletes what has many rows is told how to see how far that is.
func TestDelete_saysHowToFollowIt(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	x := &terminal{t: t, dir: t.TempDir(), env: []string{"PLINTO_PUBLIC_URL=http://localhost", "DATABASE_URL=" + server, "PLINTO_ENCRYPTION_KEY=" + randomKey()}}
	conn := storagetest.Owner(t, owner)
	for _, slug := range []string{"system", "acme"} {
		x.ok("tenant", "create", slug)
	}
	x.ok("user", "create", "small@example.com", "--tenant", "acme")
	if said := x.ok("user", "delete", "small@example.com", "--yes", "--tenant", "acme"); strings.Contains(said, "job") {
		t.Errorf("of a user with few rows it says %q", said)
	}
	many := func(email string) {
		t.Helper()
		x.ok("user", "create", email, "--tenant", "acme")
		if _, err := conn.Exec(t.Context(), `INSERT INTO sessions (tenant_id, id, token_hash, user_id, auth_time, idle_ttl, expires_at)
			SELECT u.tenant_id, gen_random_uuid(), decode(md5($1 || n::text), 'hex'), u.id, now(), '1 hour', now() + interval '1 hour'
			FROM users u CROSS JOIN generate_series(1, 2500) n WHERE u.email = $1`, email); err != nil {
			t.Fatal(err)
		}
	}
	many("large@example.com")
	first := followedBy.FindStringSubmatch(x.ok("user", "delete", "large@example.com", "--yes", "--tenant", "acme"))
	if first == nil {
		t.Fatal("nothing says that rows are left")
	}
	var jobs []jobRow
	if x.into(&jobs, "job", "list", "--tenant", "acme"); len(jobs) != 1 || jobs[0].Kind != bulk.UserDeletion || jobs[0].State != bulk.Running || !strings.HasPrefix(jobs[0].Of, "user_") {
		t.Errorf("the jobs are %+v", jobs)
	}
	x.refused(exitFailed, `there is no job "nobody" in the tenant`, "job", "show", "nobody", "--tenant", "acme")
	worker := start(t, x.env, "worker")
	worker.until(`"msg":"working"`)
	if said := x.ok(strings.Fields(first[1])...); !strings.Contains(said, bulk.Succeeded) {
		t.Errorf("at its end it says %q", said)
	}
	many("other@example.com")
	second := followedBy.FindStringSubmatch(x.ok("tenant", "delete", "acme", "--yes"))
	if second == nil {
		t.Fatal("nothing says that rows of the tenant are left")
	}
	if said := x.ok(strings.Fields(second[1])...); !strings.Contains(said, bulk.Succeeded) || !strings.Contains(said, "tenant_") {
		t.Errorf("at its end it says %q", said)
	}
	var left int
	if err := conn.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM tenants WHERE slug <> 'system') + (SELECT count(*) FROM users)`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows are left (%v)", left, err)
	}
}

// Schemas of tenants are looked at one by one: what is not there or lacks migrations is named.
func TestDoctor_looksAtSchemasOfTenants(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	conn := storagetest.Owner(t, owner)
	x := &terminal{t: t, dir: t.TempDir(), env: []string{
		"PLINTO_PUBLIC_URL=http://localhost:1", "DATABASE_URL=" + server, "PLINTO_ENCRYPTION_KEY=" + randomKey(), "PLINTO_MIGRATE_DATABASE_URL=" + owner,
	}}
	for _, slug := range []string{"good", "old", "lost"} {
		x.ok("tenant", "create", slug, "--isolation", "schema")
	}
	all, _ := x.diagnose()
	wants(t, all, "schemas of tenants", severityOK, "are there, 3 of them")
	for _, sql := range []string{
		`DO $$ BEGIN EXECUTE (SELECT format('DELETE FROM tenant_%s.schema_migrations WHERE name LIKE ''0003%%''', replace(id::text, '-', '')) FROM tenants WHERE slug = 'old'); END $$`,
		`DO $$ BEGIN EXECUTE (SELECT format('DROP SCHEMA tenant_%s CASCADE', replace(id::text, '-', '')) FROM tenants WHERE slug = 'lost'); END $$`,
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	all, code := x.diagnose()
	if code != exitFailed {
		t.Errorf("exit %d", code)
	}
	wants(t, all, "schema of tenant old", severityFail, "lacks 1 migrations, from 0003_index_one_time_tokens")
	wants(t, all, "schema of tenant lost", severityFail, "has not the tables of this version")
	for _, f := range all {
		if f.Check == "schema of tenant good" {
			t.Errorf("of a good one it says %+v", f)
		}
	}
}
