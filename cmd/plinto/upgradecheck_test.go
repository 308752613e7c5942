package main

import (
	"encoding/json"
	"strings"
	"testing"

	"plinto/migrations"
	"plinto/storage/storagetest"
)

// checkUpgrade runs upgrade-check and returns what it says, its findings by check, and the exit code.
func (x *terminal) checkUpgrade(args ...string) (r upgradeReport, all map[string]finding, code int) {
	x.t.Helper()
	stdout, stderr, code := x.run(append([]string{"upgrade-check", "-o", "json"}, args...)...)
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || stderr != "" {
		x.t.Fatalf("upgrade-check said %q, %q: %v", stdout, stderr, err)
	}
	all = map[string]finding{}
	for _, f := range r.Findings {
		if f.Severity != severityOK && f.Remedy == "" {
			x.t.Errorf("no remedy: %+v", f)
		}
		if old, ok := all[f.Check]; !ok || old.Severity != severityFail {
			all[f.Check] = f
		}
	}
	return r, all, code
}

func TestUpgradeCheck_saysWhatWillBeDone(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	conn := storagetest.Owner(t, owner)
	x := &terminal{t: t, dir: t.TempDir(), owner: owner, env: []string{
		"PLINTO_PUBLIC_URL=http://localhost:1", "DATABASE_URL=" + server, "PLINTO_ENCRYPTION_KEY=" + randomKey(), "PLINTO_MIGRATE_DATABASE_URL=" + owner,
	}}
	exec := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	x.ok("tenant", "create", "acme")
	x.ok("tenant", "create", "own", "--isolation", "schema")
	r, all, code := x.checkUpgrade()
	if code != exitOK || len(r.Places) != 2 || len(r.Places[0].Pending)+len(r.Places[1].Pending) > 0 || r.From != r.To {
		t.Errorf("up to date: exit %d, %+v", code, r)
	}
	for _, check := range []string{"settings", "tables", "tables of own", "servers", "way back", "encryption key"} {
		wants(t, all, check, severityOK, "")
	}

	// As if a migration were pending, in an installation that was made before there were root keys.
	exec(noRootKeys)
	exec(`DELETE FROM schema_migrations WHERE name LIKE '0006%'`)
	before := number(migrations.RunsFrom)
	r, all, code = x.checkUpgrade("--from", before)
	if code != exitOK || len(r.Places[0].Pending) != 1 || r.From != migrations.RunsFrom {
		t.Errorf("one is pending: exit %d, %+v", code, r)
	}
	wants(t, all, "tables", severityOK, "lack 1 migrations")
	wants(t, all, "servers", severityOK, "go on")
	if out := x.ok("upgrade-check", "--from", before); !strings.Contains(out, "shared tables  0006_create_flows") || !strings.Contains(out, "from "+migrations.RunsFrom) {
		t.Errorf("said %s", out)
	}
	var still int
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM schema_migrations WHERE name LIKE '0006%'`).Scan(&still); err != nil || still != 0 {
		t.Errorf("it changed something: %d, %v", still, err)
	}

	_, all, code = x.checkUpgrade("--from", "1")
	if code != exitFailed {
		t.Errorf("exit %d", code)
	}
	wants(t, all, "servers", severityFail, "upgrade to the release before this one first")
	y := *x
	y.env = append(y.env, "PLINTO_SOMETHING=x")
	_, all, code = y.checkUpgrade()
	if code != exitFailed {
		t.Errorf("exit %d", code)
	}
	wants(t, all, "settings", severityFail, "PLINTO_SOMETHING is unknown")
	x.refused(exitUsage, "knows no release or migration 9.9", "upgrade-check", "--from", "9.9")
	exec(`INSERT INTO schema_migrations (name, sum) VALUES ('9999_later', 'x')`)
	_, all, code = x.checkUpgrade()
	if code != exitFailed {
		t.Errorf("exit %d", code)
	}
	wants(t, all, "tables", severityFail, "9999_later")
}

// noRootKeys has older programs start, as where the encryption key is the root key.
const noRootKeys = `UPDATE schema_migrations SET runs_from = '` + migrations.RunsFrom + `' WHERE name = '0052_keep_root_keys'`

// UPG-08: what the tables of this release are for is used, and servers of the release before do not start any more: neither is it said
// that they do, nor that there is a way back to them.
func TestUpgradeCheck_saysWhereTheWayBackEnds_UPG_08(t *testing.T) {
	t.Parallel()
	x := newTerminal(t).withOwner()
	x.ok("tenant", "create", "acme")
	if _, err := storagetest.Owner(t, x.owner).Exec(t.Context(), noRootKeys); err != nil {
		t.Fatal(err)
	}
	before := number(migrations.RunsFrom)
	_, all, code := x.checkUpgrade("--from", before)
	if code != exitOK {
		t.Errorf("exit %d", code)
	}
	wants(t, all, "servers", severityOK, "go on")
	wants(t, all, "way back", severityOK, "is there")

	x.ok("tenant", "create", "own", "--own-keys")
	_, all, code = x.checkUpgrade("--from", before)
	if code != exitFailed {
		t.Errorf("the release before does not start any more: exit %d", code)
	}
	wants(t, all, "servers", severityFail, "the tables need 0053_restore_tenants")
	_, all, code = x.checkUpgrade()
	if code != exitOK {
		t.Errorf("exit %d", code)
	}
	wants(t, all, "way back", severityOK, "ends at programs that know 0053_restore_tenants")
}

// A table that is read while people wait is named with its size.
func TestUpgradeCheck_namesLargeTablesThatPeopleWaitFor(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	conn := storagetest.Owner(t, owner)
	x := &terminal{t: t, dir: t.TempDir(), owner: owner, env: []string{"DATABASE_URL=" + server, "PLINTO_MIGRATE_DATABASE_URL=" + owner}}
	for _, sql := range []string{
		`INSERT INTO tenants (id, slug, name) VALUES (gen_random_uuid(), 'acme', 'Acme')`, fillOneTimeTokens, `ANALYZE one_time_tokens`,
		`DELETE FROM schema_migrations WHERE name LIKE '0003%'`,
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	r, all, code := x.checkUpgrade()
	if code != exitFailed || len(r.Places[0].Steps) != 1 || r.Places[0].Steps[0].Rows < 1000 || r.Places[0].Steps[0].Waits != "writers" {
		t.Errorf("exit %d, %+v", code, r.Places)
	}
	wants(t, all, "tables", severityFail, "while writers wait")
	wants(t, all, "keys", severityWarn, "PLINTO_ENCRYPTION_KEY is not set here")
}

// fillOneTimeTokens makes a table of 70 MB: a quarter of a page a row.
const fillOneTimeTokens = `INSERT INTO one_time_tokens (tenant_id, hash, purpose, expires_at, spent_at)
	SELECT id, decode(md5(n::text), 'hex'), repeat(md5(n::text), 60), now(), now() FROM tenants, generate_series(1, 36000) n`

func number(migration string) string { n, _, _ := strings.Cut(migration, "_"); return n }
