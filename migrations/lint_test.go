package migrations_test

import (
	"fmt"
	"strings"
	"testing"

	"plinto/internal/ddl"
	"plinto/migrations"
)

// small are the tables of which an installation with a thousand tenants has some thousand rows: what is done to all of them takes
// milliseconds.
var small = map[string]string{
	"tenants":           "a row for each tenant",
	"tenant_databases":  "a row for each database of a tenant",
	"tenant_moves":      "a row for each tenant that was moved",
	"tenant_fences":     "a row for each tenant that was moved",
	"root_keys":         "four rows at most",
	"schema_migrations": "a row for each migration",
	"data_keys":         "a row for each tenant",
	"signing_keys":      "a few rows for each tenant",
	"jobs":              "a row for each large task of the last 30 days",
}

// excused are what migrations break, "migration: rule of table", with the reason why that was or is right.
var excused = map[string]string{
	"0003: index one_time_tokens":  early,
	"0005: security clients":       early + "; it is forced again two statements later, in the same transaction",
	"0005: rows clients":           early,
	"0011: transaction audit_log":  "validating reads it and keeps nobody from reading or writing; nothing else is in that migration",
	"0012: gone audit_log":         "one of the same name takes its place in the same transaction",
	"0012: gone audit_log_past":    "a partition, which nobody names",
	"0012: gone":                   "indexes and rights of that partition, which nobody names",
	"0012: unknown":                "makes the first partitions, which are empty",
	"0013: index sessions":         atOnce + ": a second for a million sessions, as the change log says",
	"0019: index events":           atOnce + "; events are gone after 30 days",
	"0022: constraint users":       "of a column that is new, in a release before there were large installations",
	"0023: index users":            "partial, and nobody has what it is about: a second for a million",
	"0025: index user_identifiers": atOnce,
	"0025: gone":                   "one that allows more takes its place in the same transaction",
	"0027: index users":            atOnce,
	"0029: constraint grants":      "of a column that is new and NULL: nothing is looked up",
	"0029: index grants":           "partial, and nobody has what it is about",
	"0029: gone":                   "one with more columns takes its place in the same transaction",
	"0029: index memberships":      atOnce,
	"0031: index organizations":    atOnce,
	"0034: unknown":                "extensions that come with Postgres",
	"0034: index users":            atOnce + ": 40 s for a million users, as the change log says",
	"0035: unknown":                "looks for statistics",
	"0035: rows pg_statistic":      "a row for each column",
	"0041: index attempts":         atOnce + "; failures of the last hours",
	"0041: constraint clients":     "of a column that is new and NULL, on a table of ten thousands of rows",
	"0043: index clients":          atOnce + "; ten thousands of rows",
	"0046: index users":            atOnce + ": 3 s for a million users, as the change log says",
	"0048: index sessions":         atOnce + "; partial, and no row is in it yet",
	"0054: index client_secrets":   "partial, and no row is in it yet; ten thousands of rows are read",
	"0060: index clients":          "partial, and no row is in it yet; ten thousands of rows are read",
}

const (
	// early excuses what was done before there was a release.
	early = "there was no release before"
	// atOnce excuses indexes from before there was ddl.OwnTransactions.
	atOnce = "migrations could not make it concurrently yet"
)

// UPG-01, UPG-02: no migration keeps people from signing in, or takes away what servers of the version before use.
func TestMigrations_keepToTheRules(t *testing.T) {
	t.Parallel()
	var names []string
	for table, why := range small {
		if names = append(names, table); why == "" {
			t.Errorf("no reason why %s is small", table)
		}
	}
	reader, used := ddl.NewReader(names...), map[string]bool{}
	files, err := migrations.Files.ReadDir(".") // in the order of their names
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		sql, err := migrations.Files.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range reader.Read(string(sql)) {
			if e.Rule == "" {
				continue
			}
			what := strings.TrimSpace(fmt.Sprintf("%s: %s %s", strings.TrimSuffix(file.Name(), ".sql")[:4], e.Rule, e.Table))
			if used[what] = true; excused[what] == "" {
				t.Errorf("%s, %s: see CONTRIBUTING.md; what is right all the same is excused above, as %q", file.Name(), e, what)
			}
		}
	}
	for what := range excused {
		if !used[what] {
			t.Errorf("nothing is excused by %q", what)
		}
	}
	if len(files) < 50 {
		t.Errorf("only %d migrations were read", len(files))
	}
}
