package main

import (
	"context"
	"crypto/rand"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"plinto/storage/storagetest"
)

// withoutDatabase are the commands that open none, or say otherwise what is wrong with it.
var withoutDatabase = []string{
	"dev", "healthcheck", "config", "doctor", "upgrade-check", "version", "login", "logout", "profile list", "profile use", "profile remove",
	"webhook types", "email-template list",
}

// databaseCommands are the examples of all others, as they are typed, with files that are there.
func databaseCommands(t *testing.T) (all [][]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"plinto.yaml": "tenants: []", "users.ndjson": "{}", "realm.json": "{}", "backup.key": randomKey(), "acme.backup": "x", "metadata.xml": "<x/>",
		"claims.json": "{}", "head.json": "x", "acme.url": "postgres://plinto@db/plinto",
	} {
		writeFile(t, filepath.Join(dir, name), text)
	}
	logo, err := os.ReadFile("manifest/testdata/logo.png")
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "acme.png"), string(logo))
	for _, path := range slices.Sorted(maps.Keys(examples)) {
		if slices.Contains(withoutDatabase, path) {
			continue
		}
		for line := range strings.Lines(examples[path]) {
			_, line, ok := strings.Cut(strings.TrimSpace(line), "plinto ")
			if !ok || strings.HasPrefix(strings.TrimSpace(line), "#") {
				continue
			}
			if strings.Contains(line, "--wait") {
				continue // it would wait
			}
			words := wordsOf(line)
			for n, word := range words {
				if _, err := os.Stat(filepath.Join(dir, word)); err == nil && strings.Contains(word, ".") {
					words[n] = filepath.Join(dir, word)
				}
			}
			all = append(all, words)
		}
	}
	return append(all, []string{"migrate", "--check"}, []string{"serve", "--migrate"}, []string{"apply", "-f", "-"})
}

// Every command says in one line why the database cannot be reached, and in another
// what to do. Which causes there are is shown where they are told apart, in package storage.
func TestCommands_sayWhyTheDatabaseCannotBeReached(t *testing.T) {
	t.Parallel()
	closed := closedPort(t)
	x := &terminal{t: t, dir: t.TempDir(), in: "tenants: []\n", env: []string{
		"PLINTO_PUBLIC_URL=https://id.example.com", "DATABASE_URL=postgres://plinto:hunter2@" + closed + "/plinto", "PLINTO_ENCRYPTION_KEY=" + randomKey(), "PLINTO_LISTEN=127.0.0.1:0",
	}}
	commands := databaseCommands(t)
	if len(commands) < 100 {
		t.Fatalf("%d commands work on the database: the search is broken", len(commands))
	}
	for _, command := range commands {
		stdout, stderr, code := x.run(command...)
		said := strings.Split(strings.TrimSpace(stderr), "\n")
		if code != exitFailed || stdout != "" || len(said) != 2 || strings.Contains(stderr, "hunter2") ||
			said[0] != "plinto: the database cannot be reached: nobody listens at "+closed+": connection refused" ||
			said[1] != "plinto: → start Postgres there, or correct host and port in PLINTO_DATABASE_URL" {
			t.Errorf("plinto %s: exit %d, %q%q", strings.Join(command, " "), code, stdout, stderr)
		}
	}
	x.env = append(x.env, "PLINTO_MIGRATE_DATABASE_URL=postgres://owner@"+closed+"/plinto")
	x.refused(exitFailed, "or correct host and port in PLINTO_MIGRATE_DATABASE_URL", "migrate")
	all, code := x.diagnose()
	if code != exitFailed {
		t.Errorf("doctor: exit %d", code)
	}
	wants(t, all, "database", severityFail, "nobody listens at "+closed+": connection refused → start Postgres there")
}

// What the database refuses once it is open is explained likewise.
func TestCommands_sayWhatTheDatabaseRefuses(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	x := &terminal{t: t, dir: t.TempDir(), env: []string{"DATABASE_URL=" + server, "PLINTO_ENCRYPTION_KEY=" + randomKey()}}
	x.ok("tenant", "list")
	conn := storagetest.Owner(t, owner)
	var name string
	if err := conn.QueryRow(t.Context(), `SELECT current_database()`).Scan(&name); err != nil {
		t.Fatal(err)
	}
	for sql, says := range map[string]string{
		` SET default_transaction_read_only = on`: "the database takes no writes",
		` CONNECTION LIMIT 0`:                     "the database has as many connections as it may",
	} {
		if _, err := conn.Exec(t.Context(), `ALTER DATABASE `+name+sql); err != nil {
			t.Fatal(err)
		}
		x.refused(exitFailed, says, "tenant", "create", "acme")
		if _, err := conn.Exec(t.Context(), `ALTER DATABASE `+name+` RESET ALL; ALTER DATABASE `+name+` CONNECTION LIMIT -1`); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.Exec(t.Context(), `ALTER DATABASE `+name+` SET default_transaction_read_only = on`); err != nil {
		t.Fatal(err)
	}
	all, _ := x.diagnose()
	wants(t, all, "database", severityFail, "the database takes no writes → name the primary in PLINTO_DATABASE_URL")
}

// The two URLs are easily taken for each other. Who does so is told which setting is whose, and not to grant what the
// server would refuse.
func TestCommands_sayWhichURLIsTheOwners(t *testing.T) {
	t.Parallel()
	server, super := storagetest.URL(t)
	conn := storagetest.Owner(t, super)
	owner, maker := "owner_"+strings.ToLower(rand.Text()), "maker_"+strings.ToLower(rand.Text())
	for sql, undo := range map[string]string{
		`CREATE ROLE ` + owner + ` LOGIN; ALTER TABLE schema_migrations OWNER TO ` + owner: `DROP OWNED BY ` + owner + `; DROP ROLE ` + owner,
		`CREATE ROLE ` + maker + ` LOGIN CREATEROLE`:                                       `DROP ROLE ` + maker,
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _, _ = conn.Exec(context.Background(), undo) })
	}
	as := func(role string) string {
		u, err := url.Parse(super)
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.User(role)
		return u.String()
	}
	with := func(settings ...string) *terminal {
		return &terminal{t: t, dir: t.TempDir(), env: append([]string{"PLINTO_PUBLIC_URL=https://id.example.com", "PLINTO_LISTEN=127.0.0.1:0", "PLINTO_ENCRYPTION_KEY=" + randomKey()}, settings...)}
	}
	for name, c := range map[string]struct {
		x             *terminal
		command       []string
		cause, remedy string
	}{
		"migrate --check as the server": {
			with("PLINTO_DATABASE_URL=" + server),
			[]string{"migrate", "--check"},
			"the role of PLINTO_DATABASE_URL is not the one that owns the tables: permission denied", "set PLINTO_MIGRATE_DATABASE_URL to the URL of the role that owns",
		},
		"migrate as the server": {
			with("PLINTO_DATABASE_URL=" + server),
			[]string{"migrate"},
			"the role of PLINTO_DATABASE_URL is not the one that owns the tables: ", "set PLINTO_MIGRATE_DATABASE_URL",
		},
		"serve as the owner": {
			with("PLINTO_DATABASE_URL=" + as(owner)),
			[]string{"serve"},
			"the role " + owner + " of PLINTO_DATABASE_URL owns the tables, and a server must not log in as such a role", "name another role in PLINTO_DATABASE_URL, and this one in PLINTO_MIGRATE_DATABASE_URL",
		},
		"serve as who makes roles": {
			with("PLINTO_DATABASE_URL=" + as(maker)),
			[]string{"serve"},
			"the role " + maker + " of PLINTO_DATABASE_URL may make roles", "this one in PLINTO_MIGRATE_DATABASE_URL",
		},
		"serve as a superuser": {
			with("PLINTO_DATABASE_URL=" + super), []string{"serve"}, "is a superuser, which row-level security does not bind", "a role made by plinto migrate",
		},
	} {
		stdout, stderr, code := c.x.run(c.command...)
		said := strings.Split(strings.TrimSpace(stderr), "\n")
		if code != exitFailed || stdout != "" || len(said) != 2 || !strings.Contains(said[0], c.cause) || !strings.Contains(said[1], c.remedy) || strings.Contains(stderr, "GRANT") {
			t.Errorf("%s: exit %d, %q%s", name, code, stdout, stderr)
		}
	}
	all, _ := with("PLINTO_DATABASE_URL=" + as(owner)).diagnose()
	wants(t, all, "database", severityFail, "owns the tables")
}
