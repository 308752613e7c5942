package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/internal/secret"
	"plinto/internal/testservice"
	"plinto/storage/schema"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// backupManifest has something of each kind that is hashed or sealed under keys of the installation. Whether all of it is what it
// was, plinto diff tells: it compares passwords, secrets and seeds.
const backupManifest = `tenants:
  - slug: acme
    name: Acme
    clients:
      - client_id: basic
        client_secret: basic-secret-0123456789abcdef01234567
        client_name: Basic
        redirect_uris: ["https://basic.example.com/cb"]
        grant_types: [authorization_code, refresh_token]
        subject_type: pairwise
      - client_id: hmac
        client_secret: hmac-secret-0123456789abcdef0123456789
        client_name: HMAC
        token_endpoint_auth_method: client_secret_jwt
        grant_types: [client_credentials]
    users:
      - {email: ann@example.com, email_verified: true, password: "` + demoPassword + `", totp: [{name: Phone, secret: JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP}]}
      - {email: bob@example.com, email_verified: true, password: "` + demoPassword + `"}
    organizations:
      - {slug: north, name: North, members: [{email: ann@example.com, roles: [owner]}]}
`

// A backedUp is an installation with a tenant, and its backup.
type backedUp struct {
	*terminal
	id                      tenant.ID
	keyFile, file, manifest string
}

// withOwner lets the commands of a terminal work as the owner of the tables.
func (x *terminal) withOwner() *terminal {
	x.env = append(x.env, "PLINTO_MIGRATE_DATABASE_URL="+x.owner)
	return x
}

func newBackedUp(t *testing.T) *backedUp {
	t.Helper()
	x := &backedUp{terminal: newTerminal(t).withOwner()}
	x.manifest = writeFile(t, filepath.Join(x.dir, "acme.yaml"), backupManifest)
	x.ok("apply", "-f", x.manifest)
	x.ok("keys", "rotate", "--tenant", "acme")
	x.ok("webhook", "create", "https://hooks.example.com/", "--tenant", "acme", "--events", "user.*")
	x.ok("user", "disable", "bob@example.com", "--tenant", "acme")
	x.ok("user", "enable", "bob@example.com", "--tenant", "acme")
	x.id = dropDatabaseOf(t, x.owner)
	_, err := storagetest.Owner(t, x.owner).Exec(t.Context(), `
		INSERT INTO webhook_deliveries (tenant_id, id, endpoint_id, event_id, type, occurred_at, due_at, created_at)
		SELECT tenant_id, gen_random_uuid(), id, gen_random_uuid(), 'user.created', now(), now(), now() FROM webhook_endpoints;
		INSERT INTO request_trails (tenant_id, id, request_id, at, body) -- more than one chunk of a bundle
		SELECT id, gen_random_uuid(), 'r', now(), jsonb_build_object('noise', (SELECT string_agg(md5(random()::text || n || m), '') FROM generate_series(1, 200) m))
		FROM tenants, generate_series(1, 40) n`)
	if err != nil {
		t.Fatal(err)
	}
	x.keyFile = writeFile(t, filepath.Join(x.dir, "backup.key"), key(t))
	x.file = filepath.Join(x.dir, "acme.backup")
	x.backup()
	return x
}

func (x *backedUp) backup() {
	x.t.Helper()
	if _, said, code := x.run("backup", "acme", "--out", x.file, "--key-file", x.keyFile); code != exitOK {
		x.t.Fatalf("backup: exit %d: %s", code, said)
	}
}

// fails runs a command that must fail after a while, and say want among how far it is.
func (x *terminal) fails(want string, args ...string) {
	x.t.Helper()
	if _, said, code := x.run(args...); code != exitFailed || !strings.Contains(said, want) {
		x.t.Errorf("plinto %s: exit %d: %q; want %q", strings.Join(args, " "), code, said, want)
	}
}

// another is an installation that has nothing yet, under a key of its own.
func (x *backedUp) another() *terminal {
	x.t.Helper()
	return newTerminal(x.t).withOwner()
}

// dropDatabaseOf has the database that acme of an installation may be restored to dropped when the test ends: databases
// of all tests are in one cluster.
func dropDatabaseOf(t *testing.T, owner string) (id tenant.ID) {
	t.Helper()
	if err := storagetest.Owner(t, owner).QueryRow(t.Context(), `SELECT id FROM tenants WHERE slug = 'acme'`).Scan((*uuid.UUID)(&id)); err != nil {
		t.Fatal(err)
	}
	admin := testservice.Postgres(t)
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), admin)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close(context.Background())
		if _, err := conn.Exec(context.Background(), fmt.Sprintf(`DROP DATABASE IF EXISTS %s WITH (FORCE)`, schema.NameOf(id))); err != nil {
			t.Error(err)
		}
	})
	return id
}

// isWhole fails unless the tenant of a terminal is what the manifest says, with an audit log that nobody changed.
func (x *backedUp) isWhole(y *terminal) {
	x.t.Helper()
	if out := y.ok("tenant", "list"); !strings.Contains(out, "disabled") {
		x.t.Errorf("it is not disabled: %s", out)
	}
	y.ok("tenant", "update", "acme", "--disabled=false", "--force")
	if out, said, code := y.run("diff", "-f", x.manifest); code != exitOK {
		x.t.Errorf("it is not what it was: %s %s", out, said)
	}
	y.ok("keys", "rotate", "--tenant", "acme") // opens its data key
	y.ok("audit", "verify", "--tenant", "acme")
	out := y.ok("audit", "list", "--tenant", "acme")
	for _, want := range []string{"tenant.created", "tenant.backed_up", "tenant.restored"} {
		if !strings.Contains(out, want) {
			x.t.Errorf("the audit log has no %s: %s", want, out)
		}
	}
}

// BAK-04, BAK-05, BAK-06: all that a tenant has is in another installation afterwards, under the keys that it was made under, on
// every level; and what waits there is not sent.
func TestRestore_bringsATenantToAnotherInstallation(t *testing.T) {
	t.Parallel()
	x := newBackedUp(t)
	levels := []string{"schema"}
	if *drills { // the others take longer; TestRestore_continues… is about the shared tables
		levels = []string{"shared", "schema", "database"}
	}
	for _, level := range levels {
		t.Run(level, func(t *testing.T) {
			y := x.another()
			y.ok("restore", x.file, "--key-file", x.keyFile, "--isolation", level)
			conn := storagetest.Owner(t, y.owner)
			var ended bool
			if err := conn.QueryRow(t.Context(), `SELECT not_before > created_at AND not_before <= now() FROM tenants WHERE slug = 'acme'`).Scan(&ended); err != nil || !ended {
				t.Errorf("tokens of before live on: %v", err)
			}
			x.isWhole(y)
			y.refused(exitFailed, "has the tenant of the backup already", "restore", x.file, "--key-file", x.keyFile)
			x.sendsNothing(y, level)
			y.ok("webhook", "list", "--tenant", "acme") // opens its secrets
			if runs := runsFromOf(t, conn); runs != "0053_restore_tenants" {
				t.Errorf("programs from %s on start, and take other keys for those of the tenant", runs)
			}
		})
	}
}

// sendsNothing fails where something is sent that was on its way when the backup was made.
func (x *backedUp) sendsNothing(y *terminal, level string) {
	x.t.Helper()
	at, conn := "", storagetest.Owner(x.t, y.owner)
	switch level {
	case "schema":
		at = schema.NameOf(x.id) + "."
	case "database":
		conn = storagetest.Owner(x.t, strings.Replace(y.owner, conn.Config().Database, schema.NameOf(x.id), 1))
	}
	var events, waiting, jobs int
	err := conn.QueryRow(x.t.Context(), fmt.Sprintf(`
		SELECT (SELECT count(*) FROM %[1]sevents), (SELECT count(*) FROM %[1]swebhook_deliveries WHERE state = 'pending'),
			(SELECT count(*) FROM river_job WHERE args ->> 'tenant_id' = $1 AND args ->> 'event_id' IN (SELECT id::text FROM %[1]sevents WHERE type <> 'tenant.restored'))`, at), x.id.String()).Scan(&events, &waiting, &jobs)
	if err != nil || events < 2 || waiting+jobs > 0 {
		x.t.Errorf("of %d events %d deliveries and %d jobs wait, %v", events, waiting, jobs, err)
	}
}

func runsFromOf(t *testing.T, conn *pgx.Conn) (name string) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), `SELECT runs_from FROM schema_migrations WHERE name = '0053_restore_tenants'`).Scan(&name); err != nil {
		t.Fatal(err)
	}
	return name
}

// BAK-01, BAK-02, BAK-03: without its key a backup says nothing; one that was changed or cut off is refused, and leaves nothing.
func TestRestore_leavesNothingOfWhatItRefuses(t *testing.T) {
	t.Parallel()
	x := newBackedUp(t)
	y := x.another()
	other := writeFile(t, filepath.Join(x.dir, "other.key"), key(t))
	y.refused(exitFailed, "sealed by another key", "restore", x.file, "--key-file", other)
	good, err := os.ReadFile(x.file)
	if err != nil {
		t.Fatal(err)
	}
	for _, clear := range []string{"ann@example.com", "Acme", "argon2id"} {
		if bytes.Contains(good, []byte(clear)) {
			t.Errorf("the backup has %q in clear", clear)
		}
	}
	bad := filepath.Join(x.dir, "bad.backup")
	for name, in := range map[string]struct {
		level string
		file  []byte
	}{
		"changed at its end":  {"database", append(bytes.Clone(good[:len(good)-1]), good[len(good)-1]^1)},
		"cut off":             {"shared", good[:len(good)-20]},
		"with more behind it": {"schema", append(bytes.Clone(good), 'x')},
	} {
		writeFile(t, bad, string(in.file))
		y.fails("Nothing was restored", "restore", bad, "--key-file", x.keyFile, "--isolation", in.level)
		var left int
		err := storagetest.Owner(t, y.owner).QueryRow(t.Context(), `
			SELECT (SELECT count(*) FROM tenants) + (SELECT count(*) FROM users) + (SELECT count(*) FROM audit_log) + (SELECT count(*) FROM tenant_keys)
				+ (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tenant\_%') + (SELECT count(*) FROM pg_database WHERE datname = $1)`, schema.NameOf(x.id)).Scan(&left)
		if err != nil || left > 0 {
			t.Errorf("%s: %d things are left, %v", name, left, err)
		}
	}
	y.refused(exitFailed, "no backup of a tenant", "restore", x.keyFile, "--key-file", x.keyFile)
	y.ok("restore", x.file, "--key-file", x.keyFile) // after all that
}

// BAK-07: a tenant that was deleted comes back with the log that it left, which shows that it was deleted and restored. A backup of a
// tenant whose log went another way is refused.
func TestRestore_continuesTheAuditLogOfATenantThatWasDeleted(t *testing.T) {
	t.Parallel()
	x := newBackedUp(t)
	x.ok("user", "disable", "bob@example.com", "--tenant", "acme") // after the backup
	x.ok("tenant", "delete", "acme", "--yes", "--force")
	x.refused(exitFailed, "its audit log is where it was", "restore", x.file, "--key-file", x.keyFile, "--isolation", "schema")
	conn := storagetest.Owner(t, x.owner)
	heads := func(sql string) {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	heads(`UPDATE audit_heads SET size = size + 1000`)
	x.fails("does not continue the one of the backup", "restore", x.file, "--key-file", x.keyFile)
	heads(`UPDATE audit_heads SET size = size - 1000`)
	x.ok("restore", x.file, "--key-file", x.keyFile)
	out := x.ok("audit", "list", "--tenant", "acme")
	for _, want := range []string{"user.disabled", "tenant.deleted", "tenant.restored"} {
		if !strings.Contains(out, want) {
			t.Errorf("the audit log has no %s: %s", want, out)
		}
	}
	x.isWhole(x.terminal)
	var keys int
	if err := storagetest.Owner(t, x.owner).QueryRow(t.Context(), `SELECT count(*) FROM tenant_keys`).Scan(&keys); err != nil || keys > 0 {
		t.Errorf("a tenant that comes back has %d keys of its own, %v", keys, err)
	}
}

// BAK-01: the backup of a tenant that was made with keys of its own has no key of the installation.
func TestTenantCreate_givesKeysThatNoOtherHas(t *testing.T) {
	t.Parallel()
	x := newTerminal(t).withOwner()
	x.ok("tenant", "create", "acme", "--own-keys")
	id := dropDatabaseOf(t, x.owner)
	manifest := writeFile(t, filepath.Join(x.dir, "acme.yaml"), backupManifest)
	x.ok("apply", "-f", manifest)
	x.ok("keys", "rotate", "--tenant", "acme")
	s := x.store()
	if _, err := s.Tenants.Current(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	root := s.RootKeys.Root()
	for _, purpose := range []string{secret.DataKeys, secret.PasswordPepper, secret.ClientSecrets, secret.AuditDetails} {
		if key := root.TenantKey(purpose); key.Of(id) == root.Subkey(purpose) {
			t.Errorf("its key %s is that of the installation", purpose)
		}
	}
	b := &backedUp{terminal: x, id: id, manifest: manifest, keyFile: writeFile(t, filepath.Join(x.dir, "backup.key"), key(t)), file: filepath.Join(x.dir, "acme.backup")}
	b.backup()
	y := b.another()
	y.ok("restore", b.file, "--key-file", b.keyFile)
	b.isWhole(y)
	// Of a tenant that was deleted the keys stay with its log, and those of the backup fit them.
	x.ok("tenant", "delete", "acme", "--yes", "--force")
	x.ok("restore", b.file, "--key-file", b.keyFile)
	b.isWhole(x)
}

// BAK-09: after the whole database was put back, a command ends what the lost time may have ended or used.
func TestTenantRestored_endsWhatWasLost(t *testing.T) {
	t.Parallel()
	x := newBackedUp(t)
	x.ok("tenant", "create", "other")
	conn := storagetest.Owner(t, x.owner)
	_, err := conn.Exec(t.Context(), `
		INSERT INTO one_time_tokens (tenant_id, hash, purpose, expires_at) SELECT id, 'x', 'y', now() + interval '1 hour' FROM tenants WHERE slug = 'acme'`)
	if err != nil {
		t.Fatal(err)
	}
	x.refused(exitUsage, "name one tenant, or say --all", "tenant", "restored")
	for _, keep := range [][]string{{"acme", "--keep-tokens"}, {"--all"}} {
		var before, after time.Time
		const mark = `SELECT greatest(not_before, created_at - interval '1 year') FROM tenants WHERE slug = 'acme'`
		if err := conn.QueryRow(t.Context(), mark).Scan(&before); err != nil {
			t.Fatal(err)
		}
		x.ok(append([]string{"tenant", "restored"}, keep...)...)
		if err := conn.QueryRow(t.Context(), mark).Scan(&after); err != nil || after.After(before) != (keep[0] == "--all") {
			t.Errorf("%v: tokens before %v are over, before it those before %v: %v", keep, after, before, err)
		}
		var tokens int
		if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM one_time_tokens`).Scan(&tokens); err != nil || tokens > 0 {
			t.Errorf("%v: %d links of before are good, %v", keep, tokens, err)
		}
		x.sendsNothing(x.terminal, "shared")
	}
	for _, slug := range []string{"acme", "other"} {
		if out := x.ok("audit", "list", "--tenant", slug); !strings.Contains(out, "tenant.restored") {
			t.Errorf("the audit log of %s does not tell of it: %s", slug, out)
		}
	}
}

// What the command line does not take.
func TestBackup_refusesKeysThatAreNone(t *testing.T) {
	t.Parallel()
	x := newTerminal(t).withOwner()
	x.ok("tenant", "create", "acme")
	out := filepath.Join(x.dir, "acme.backup")
	x.refused(exitUsage, "--key-file names the file", "backup", "acme", "--out", out)
	x.refused(exitUsage, "--out says where", "backup", "acme", "--key-file", "x")
	weak := writeFile(t, filepath.Join(x.dir, "weak.key"), strings.Repeat("a", 43)+"=")
	x.refused(exitUsage, "32 random bytes", "backup", "acme", "--out", out, "--key-file", weak)
	root := writeFile(t, filepath.Join(x.dir, "root.key"), strings.TrimPrefix(x.env[2], "PLINTO_ENCRYPTION_KEY="))
	x.refused(exitUsage, "must not be an encryption key", "backup", "acme", "--out", out, "--key-file", root)
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Errorf("there is a file: %v", err)
	}
}

// BAK-12: a file that is there, or a link, wherever it leads, is not written to unless somebody says so.
func TestFiles_areNotReplacedUnasked_BAK_12(t *testing.T) {
	t.Parallel()
	x := newTerminal(t).withOwner()
	x.ok("tenant", "create", "acme")
	key := writeFile(t, filepath.Join(x.dir, "key"), secretKey())
	for name, args := range map[string][]string{
		"backup 100%.x": {"backup", "acme", "--key-file", key, "--out"}, "log.jsonl": {"audit", "export", "--tenant", "acme", "--to"},
	} {
		dir := t.TempDir()
		file, other, link := filepath.Join(dir, name), filepath.Join(dir, "other"), filepath.Join(dir, "link")
		x.ok(append(args, file)...)
		if info, err := os.Lstat(file); err != nil || info.Mode() != 0o600 || info.Size() == 0 {
			t.Fatalf("%s: %v, %v", name, info, err)
		}
		writeFile(t, file, "precious")
		if err := os.Symlink(other, link); err != nil {
			t.Fatal(err)
		}
		for _, at := range []string{file, link, dir} {
			x.refused(exitFailed, at+" is there already", append(args, at)...)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != "precious" {
			t.Errorf("%s became %.20q, %v", name, got, err)
		}
		for _, at := range []string{file, link} {
			x.ok(append(args, at, "--force")...)
			if info, err := os.Lstat(at); err != nil || info.Mode() != 0o600 || info.Size() < 20 {
				t.Errorf("%s --force: %v, %v", at, info, err)
			}
		}
		if _, err := os.Lstat(other); err == nil {
			t.Error("the link was followed")
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
			t.Errorf("%s left %v, %v", name, left, err)
		}
	}
}

// secretKey is a key for backups.
func secretKey() string {
	_, key := secret.NewRoot()
	return key.Reveal() + "\n"
}
