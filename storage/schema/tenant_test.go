package schema

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/internal/testservice"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// registered notes tenants with a schema of their own, which do not have it yet.
func registered(t *testing.T, conn *pgx.Conn, n int) (ids []tenant.ID) {
	t.Helper()
	for i := range n {
		id := uuid.Must(uuid.NewV7())
		_, err := conn.Exec(t.Context(), `INSERT INTO tenants (id, slug, name, isolation) VALUES ($1, $2, $2, 'schema')`, id, fmt.Sprint("own-", i))
		must(t, err)
		ids = append(ids, tenant.ID(id))
	}
	return ids
}

// lacking are the tenants that are not up to date.
func lacking(t *testing.T, at string) (slugs []string, err error) {
	t.Helper()
	lacks, err := PendingOfTenants(t.Context(), at, nil)
	for _, l := range lacks {
		if l.Err != nil {
			t.Errorf("%s: %v", l.Tenant, l.Err)
		}
		slugs = append(slugs, l.Tenant)
	}
	return slugs, err
}

// Whatever was interrupted, the next run makes the rest, and tells of each tenant.
func TestMigrateTenants_makesWhatLacks(t *testing.T) {
	t.Parallel()
	at := testservice.Database(t, migrated(t))
	conn, err := pgx.Connect(t.Context(), at)
	must(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	ids := registered(t, conn, 6)
	all, err := allMigrations()
	must(t, err)
	// The first is up to date, the second lacks a migration's note and table, the third was begun only.
	_, err = MigrateTenant(t.Context(), at, ids[0])
	must(t, err)
	_, err = conn.Exec(t.Context(), `CREATE SCHEMA `+pg.SchemaName(ids[2]))
	must(t, err)
	lack, err := lacking(t, at)
	must(t, err)
	if want := []string{"own-1", "own-2", "own-3", "own-4", "own-5"}; !slices.Equal(lack, want) {
		t.Errorf("%v lack migrations, want %v", lack, want)
	}
	told := map[string]int{}
	must(t, MigrateTenants(t.Context(), at, nil, func(m Migrated) { told[m.Tenant] = len(m.Applied) }))
	for i := range ids {
		if want := len(all); told[fmt.Sprint("own-", i)] != want && i > 0 || i == 0 && told["own-0"] != 0 {
			t.Errorf("own-%d: %d migrations applied", i, told[fmt.Sprint("own-", i)])
		}
	}
	lack, err = lacking(t, at)
	must(t, err)
	if len(lack) != 0 {
		t.Errorf("%v lack migrations still", lack)
	}
	var rows int
	must(t, conn.QueryRow(t.Context(), `SELECT count(*) FROM `+pg.SchemaName(ids[5])+`.tenants WHERE id = $1`, uuid.UUID(ids[5])).Scan(&rows))
	if rows != 1 {
		t.Errorf("the schema has %d rows of its tenant", rows)
	}
}

// One tenant whose schema cannot be migrated leaves the others to be.
func TestMigrateTenants_goesOnAfterOneThatFails(t *testing.T) {
	t.Parallel()
	at := testservice.Database(t, migrated(t))
	conn, err := pgx.Connect(t.Context(), at)
	must(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	ids := registered(t, conn, 3)
	_, err = conn.Exec(t.Context(), `CREATE SCHEMA `+pg.SchemaName(ids[1])+` CREATE TABLE sessions (of text)`)
	must(t, err)
	failed := map[string]bool{}
	if err := MigrateTenants(t.Context(), at, nil, func(m Migrated) { failed[m.Tenant] = m.Err != nil }); err == nil {
		t.Error("no error was returned")
	}
	if failed["own-0"] || !failed["own-1"] || failed["own-2"] {
		t.Errorf("failed: %v", failed)
	}
}

// Row-level security holds in a schema as in the shared tables, and the server looks.
func TestCheck_looksAtSchemasOfTenants(t *testing.T) {
	t.Parallel()
	owner := testservice.Database(t, migrated(t))
	_, err := Migrate(t.Context(), owner, &LoginRole{Name: "plinto_server"})
	must(t, err)
	conn, err := pgx.Connect(t.Context(), owner)
	must(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	id := registered(t, conn, 1)[0]
	_, err = MigrateTenant(t.Context(), owner, id)
	must(t, err)
	u, err := url.Parse(owner)
	must(t, err)
	u.User = url.User("plinto_server")
	_, system, err := pg.Open(t.Context(), pg.Options{URL: u.String()})
	must(t, err)
	defer system.Close()
	causes := func() (all []string) {
		findings, err := Check(t.Context(), system)
		must(t, err)
		for _, f := range findings {
			all = append(all, f.Cause)
		}
		return all
	}
	if got := causes(); len(got) > 0 {
		t.Fatalf("found %q", got)
	}
	_, err = conn.Exec(t.Context(), `ALTER TABLE `+pg.SchemaName(id)+`.users NO FORCE ROW LEVEL SECURITY`)
	must(t, err)
	if got, want := causes(), []string{"row-level security is not forced on " + pg.SchemaName(id) + ".users"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	_, err = conn.Exec(t.Context(), `GRANT CREATE ON SCHEMA `+pg.SchemaName(id)+` TO plinto_app`)
	must(t, err)
	if got := causes(); len(got) != 2 || got[0] != "the database role plinto_app may create objects in the schema" {
		t.Errorf("found %q", got)
	}
}
