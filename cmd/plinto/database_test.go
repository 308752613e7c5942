package main

import (
	"strings"
	"testing"

	"plinto/storage/storagetest"
)

// databaseCommands are those that work on the database, as they are typed.
var databaseCommands = [][]string{
	{"serve"},
	{"serve", "--migrate"},
	{"migrate"},
	{"migrate", "--check"},
	{"apply", "-f", "-"},
	{"export"},
	{"tenant", "list"},
	{"tenant", "create", "acme"},
	{"client", "list"},
	{"user", "list"},
	{"keys", "list"},
}

// Every command says in one line why the database cannot be reached, and in another
// what to do. Which causes there are is shown where they are told apart, in package storage.
func TestCommands_sayWhyTheDatabaseCannotBeReached(t *testing.T) {
	t.Parallel()
	closed := closedPort(t)
	x := &terminal{t: t, dir: t.TempDir(), in: "tenants: []", env: []string{
		"PLINTO_PUBLIC_URL=https://id.example.com", "DATABASE_URL=postgres://plinto:hunter2@" + closed + "/plinto", "PLINTO_ENCRYPTION_KEY=" + randomKey(), "PLINTO_LISTEN=127.0.0.1:0",
	}}
	for _, command := range databaseCommands {
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
