package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"plinto/internal/testservice"
	"plinto/storage/storagetest"
)

// diagnose runs doctor and returns its findings, one text each, with the exit code.
func (x *terminal) diagnose() (map[string]finding, int) {
	x.t.Helper()
	stdout, stderr, code := x.run("doctor", "-o", "json")
	var all []finding
	if err := json.Unmarshal([]byte(stdout), &all); err != nil || stderr != "" {
		x.t.Fatalf("doctor said %q, %q: %v", stdout, stderr, err)
	}
	out := make(map[string]finding)
	for _, f := range all {
		if f.Severity != severityOK && f.Remedy == "" {
			x.t.Errorf("no remedy: %+v", f)
		}
		// The worst is what counts.
		if old, ok := out[f.Check]; !ok || old.Severity == severityOK || f.Severity == severityFail && old.Severity != severityFail {
			out[f.Check] = f
		}
	}
	return out, code
}

// wants checks the severity of a check, and that its finding says something.
func wants(t *testing.T, all map[string]finding, check string, s severity, says string) {
	t.Helper()
	f, ok := all[check]
	if !ok || f.Severity != s || !strings.Contains(f.Cause+" → "+f.Remedy, says) {
		t.Errorf("%s: %+v, want %s that says %q", check, f, s, says)
	}
}

// answering starts a server that says what its issuer is.
func answering(t *testing.T, issuer func(base string, r *http.Request) string) string {
	t.Helper()
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"issuer": %q}`, issuer(server.URL, r))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func honest(base string, r *http.Request) string {
	return base + strings.TrimSuffix(r.URL.Path, "/.well-known/openid-configuration")
}

func TestDoctor_findsAHealthyInstallationHealthy(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.env[0] = "PLINTO_PUBLIC_URL=" + answering(t, honest)
	x.env = append(x.env, "REDIS_URL="+testservice.Redis(t), "SMTP_URL="+mailServer(t, "220 hello"), "PLINTO_MAIL_FROM=id@example.com")
	x.ok("tenant", "create", "acme")
	x.ok("keys", "rotate", "--tenant", "acme", "--alg", "ES256")
	x.ok("tenant", "create", "idle")
	all, code := x.diagnose()
	if code != exitOK {
		t.Errorf("exit %d", code)
	}
	for _, check := range []string{
		"configuration", "public URL", "database", "clock", "Redis", "mail", "keys of acme", "issuer of acme", "keys of idle", "issuer of idle",
		"encryption key", "indexes", "partitions", "queue", "webhooks", "domains", "audit log",
	} {
		wants(t, all, check, severityOK, "")
	}
	// Those of the server, which other tests use too.
	for _, check := range []string{"connections", "disk"} {
		if all[check].Severity == severityFail || all[check].Cause == "" {
			t.Errorf("%s: %+v", check, all[check])
		}
	}
	if len(all) != 19 {
		t.Errorf("%d checks, this test knows 19: %v", len(all), all)
	}
}

// KEY-09: who looks at an installation that nobody has started yet changes nothing, with whatever key.
func TestDoctor_makesNoRootKey_KEY_09(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	right := x.env[2]
	x.env[2] = "PLINTO_ENCRYPTION_KEY=" + key(t)
	all, _ := x.diagnose()
	wants(t, all, "encryption key", severityOK, "the first server or command that starts")
	wants(t, all, "tenants", severityWarn, "there is none")
	x.ok("migrate", "--wait", "10s")
	x.env[2] = right
	x.ok("tenant", "create", "acme")
	all, _ = x.diagnose()
	wants(t, all, "encryption key", severityOK, "is opened by")
	wants(t, all, "keys of acme", severityOK, "")
}

func TestDoctor_namesCauseAndRemedy(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.env[0] = "PLINTO_PUBLIC_URL=" + answering(t, func(base string, r *http.Request) string { return "https://somewhere.else" })
	x.ok("tenant", "create", "acme")
	x.ok("keys", "rotate", "--tenant", "acme")
	x.ok("client", "create", "web", "--type", "web", "--redirect-uri", "https://a.example/cb", "--set", "dpop_bound_access_tokens=true")
	if _, err := storagetest.Owner(t, x.owner).Exec(t.Context(), `UPDATE data_keys SET wrapped = overlay(wrapped PLACING '\x00' FROM 20)`); err != nil {
		t.Fatal(err)
	}
	x.env = append(x.env, "REDIS_URL=redis://:wrong@"+closedPort(t), "SMTP_URL="+mailServer(t, "554 go away"), "PLINTO_EGRESS_ALLOW_LOOPBACK=true", "PLINTO_MAIL_FROM=id@example.com")
	all, code := x.diagnose()
	if code != exitFailed {
		t.Errorf("exit %d", code)
	}
	wants(t, all, "issuer of acme", severityFail, "pass the Host header")
	wants(t, all, "keys of acme", severityFail, "restore")
	wants(t, all, "clients of acme", severityWarn, "1 of 1")
	wants(t, all, "Redis", severityFail, "does not answer")
	wants(t, all, "mail", severityFail, "554")
	wants(t, all, "configuration", severityWarn, "PLINTO_EGRESS_ALLOW_LOOPBACK")
}

// KEY-09: a key that is not the installation's is named, before anything else is looked at.
func TestDoctor_namesAWrongEncryptionKey(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	all, code := x.withKeys(randomKey()).diagnose()
	if code != exitFailed {
		t.Errorf("exit %d", code)
	}
	wants(t, all, "database", severityFail, "PLINTO_ENCRYPTION_KEY")
}

func TestDoctor_refusesARoleThatBypassesRowSecurity(t *testing.T) {
	t.Parallel()
	_, owner := storagetest.URL(t)
	x := &terminal{t: t, dir: t.TempDir(), env: []string{"PLINTO_PUBLIC_URL=https://id.invalid", "DATABASE_URL=" + owner}}
	all, code := x.diagnose()
	if code != exitFailed {
		t.Errorf("exit %d", code)
	}
	wants(t, all, "database", severityFail, "is a superuser, which row-level security does not bind → give DATABASE_URL a role")
	wants(t, all, "configuration", severityFail, "PLINTO_ENCRYPTION_KEY")
	wants(t, all, "public URL", severityFail, "has no address")
}

// What is broken in the database itself, one thing after the other.
func TestDoctor_examinesTheDatabase(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	conn := storagetest.Owner(t, owner)
	x := &terminal{t: t, dir: t.TempDir(), env: []string{
		"PLINTO_PUBLIC_URL=http://localhost:1", "DATABASE_URL=" + server, "PLINTO_ENCRYPTION_KEY=" + randomKey(),
	}}
	x.ok("tenant", "create", "acme")
	x.ok("keys", "rotate", "--tenant", "acme", "--alg", "ES256")
	for _, c := range []struct {
		check    string
		severity severity
		says     string
		broken   string
		mended   string
	}{
		{
			"database", severityFail, "row-level security is not forced on users → run plinto migrate",
			`ALTER TABLE users NO FORCE ROW LEVEL SECURITY`, `ALTER TABLE users FORCE ROW LEVEL SECURITY`,
		},
		{
			"database", severityFail, "row-level security is not forced on codes", `DROP POLICY tenant ON codes`,
			`CREATE POLICY tenant ON codes TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())`,
		},
		{
			"database", severityFail, "lacks 1 migrations, from 0003_index_one_time_tokens → run plinto migrate",
			`DELETE FROM schema_migrations WHERE name LIKE '0003%'`, `SELECT 1`,
		},
	} {
		if _, err := conn.Exec(t.Context(), c.broken); err != nil {
			t.Fatal(err)
		}
		all, code := x.diagnose()
		if code != exitFailed {
			t.Errorf("%s: exit %d", c.says, code)
		}
		wants(t, all, c.check, c.severity, c.says)
		if _, err := conn.Exec(t.Context(), c.mended); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDoctor_findsAKeyThatIsTooOld(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	conn := storagetest.Owner(t, owner)
	x := &terminal{t: t, dir: t.TempDir(), env: []string{
		"PLINTO_PUBLIC_URL=http://localhost:1", "DATABASE_URL=" + server, "PLINTO_ENCRYPTION_KEY=" + randomKey(),
	}}
	x.ok("tenant", "create", "acme")
	x.ok("keys", "rotate", "--tenant", "acme", "--alg", "ES256")
	if _, err := conn.Exec(t.Context(), `UPDATE signing_keys SET retires_at = now() - interval '3 days'`); err != nil {
		t.Fatal(err)
	}
	all, code := x.diagnose()
	if code != exitOK {
		t.Errorf("exit %d", code)
	}
	wants(t, all, "keys of acme", severityWarn, "should have been replaced 3 days ago → a running server replaces it when the tenant is used; plinto keys rotate")
	var keys int
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM signing_keys`).Scan(&keys); err != nil || keys != 1 {
		t.Errorf("%d keys, %v: doctor changed something", keys, err)
	}
}

func TestMigrate_checkAndRun(t *testing.T) {
	t.Parallel()
	server, owner := emptyDatabase(t)
	x := &terminal{t: t, dir: t.TempDir(), env: []string{"DATABASE_URL=" + server, "PLINTO_MIGRATE_DATABASE_URL=" + owner}}
	stdout, stderr, code := x.run("migrate", "--check")
	if code != exitFailed || !strings.Contains(stdout, "0001_") || !strings.Contains(stderr, "run plinto migrate") {
		t.Errorf("check of an empty database: exit %d, %s%s", code, stdout, stderr)
	}
	if out := x.ok("migrate"); !strings.Contains(out, "applied 0001_") {
		t.Errorf("migrate: %s", out)
	}
	if out := x.ok("migrate"); out != "The tables were up to date.\n" {
		t.Errorf("again: %s", out)
	}
	if out := x.ok("migrate", "--check"); out != "The tables are up to date.\n" {
		t.Errorf("check: %s", out)
	}
	x.env = append(x.env, "PLINTO_ENCRYPTION_KEY="+randomKey())
	x.ok("tenant", "create", "acme")
}

var emptyTemplate = testservice.Template{Name: "empty", Migrate: func(context.Context, string) error { return nil }}

// emptyDatabase makes a database without tables, and names a role that migrate makes.
func emptyDatabase(t *testing.T) (server, owner string) {
	t.Helper()
	owner = testservice.Database(t, emptyTemplate)
	u, err := url.Parse(owner)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(storagetest.LoginRole)
	return u.String(), owner
}

// closedPort is an address where nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// mailServer greets every connection and says yes to everything else.
func mailServer(t *testing.T, greeting string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				fmt.Fprintf(conn, "%s\r\n", greeting)
				for lines := bufio.NewScanner(conn); lines.Scan(); {
					code := 250
					if strings.HasPrefix(lines.Text(), "QUIT") {
						code = 221
					}
					fmt.Fprintf(conn, "%d fine\r\n", code)
				}
			}()
		}
	}()
	return "smtp://" + l.Addr().String()
}
