package schema

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/internal/secret"
	"plinto/internal/testservice"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// databasesOf are the databases beside the one of an owner, and their key.
func databasesOf(t *testing.T, owner string) *Databases {
	t.Helper()
	root, _ := secret.NewRoot()
	dbs, err := NewDatabases(secret.NewString(owner), root)
	must(t, err)
	return dbs
}

func newID() tenant.ID { return tenant.ID(uuid.Must(uuid.NewV7())) }

// ISO-06: the URL of a database, which holds a password, is stored for its tenant alone and not in clear.
func TestDatabases_sealURLs(t *testing.T) {
	t.Parallel()
	dbs := databasesOf(t, "postgres://owner@db/plinto?sslmode=require")
	one, other := newID(), newID()
	const url = "postgres://plinto:hunter2@elsewhere/acme"
	sealed, err := dbs.Seal(one, secret.NewString(url))
	must(t, err)
	if bytes.Contains(sealed, []byte("hunter2")) || bytes.Contains(sealed, []byte("elsewhere")) {
		t.Errorf("what is stored shows the URL: %q", sealed)
	}
	if got, err := dbs.Open(one, sealed); err != nil || got.Reveal() != url {
		t.Errorf("opened %q, %v", got.Reveal(), err)
	}
	if _, err := dbs.Open(other, sealed); err == nil {
		t.Error("the database of one tenant can be made another's")
	}
	if _, err := databasesOf(t, "").Open(one, sealed); err == nil {
		t.Error("another key opens the URL")
	}
	beside, err := dbs.Open(one, nil)
	if want := "postgres://owner@db/" + pg.SchemaName(one) + "?sslmode=require"; err != nil || beside.Reveal() != want {
		t.Errorf("the database beside the shared one is %q, %v; want %q", beside.Reveal(), err, want)
	}
}

// exists reports whether a cluster has a database.
func exists(t *testing.T, owner, name string) (there bool) {
	t.Helper()
	must(t, asOwner(t.Context(), owner, func(conn *pgx.Conn) error {
		return conn.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&there)
	}))
	return there
}

// A database is made, brought up to date again, and discarded with nothing left of it.
func TestDatabases_areMadeAndDiscarded(t *testing.T) {
	t.Parallel()
	owner := testservice.Database(t, migrated(t))
	dbs, id := databasesOf(t, owner), newID()
	t.Cleanup(func() { _ = dbs.Discard(context.Background(), owner, id, nil) })
	applied, err := dbs.Make(t.Context(), owner, id, nil)
	if err != nil || len(applied) == 0 {
		t.Fatalf("made with %d migrations, %v", len(applied), err)
	}
	if again, err := dbs.Make(t.Context(), owner, id, nil); err != nil || len(again) > 0 {
		t.Errorf("made again: %v, %v", again, err)
	}
	must(t, dbs.Discard(t.Context(), owner, id, nil))
	if exists(t, owner, pg.SchemaName(id)) {
		t.Error("the database of a tenant that was refused is left")
	}
}

// asServer is the URL of a database for the role of servers.
func asServer(t *testing.T, database string) secret.String {
	t.Helper()
	u, err := url.Parse(database)
	must(t, err)
	u.User = url.User("plinto_server")
	return secret.NewString(u.String())
}

// ISO-06: two tenants are not in one database, and the shared one is nobody's own.
func TestDatabases_haveOneTenant(t *testing.T) {
	t.Parallel()
	shared, own := testservice.Database(t, migrated(t)), testservice.Database(t, migrated(t))
	dbs, one := databasesOf(t, shared), newID()
	must(t, asOwner(t.Context(), shared, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), `INSERT INTO tenants (id, slug, name) VALUES ($1, 'one', 'One')`, uuid.UUID(one))
		return err
	}))
	sealed, err := dbs.Seal(one, asServer(t, own))
	must(t, err)
	_, err = dbs.Make(t.Context(), shared, one, sealed)
	must(t, err)
	for what, url := range map[string]string{"another's database": own, "the shared database": shared} {
		other := newID()
		sealed, err := dbs.Seal(other, asServer(t, url))
		must(t, err)
		if _, err := dbs.Make(t.Context(), shared, other, sealed); !errors.Is(err, ErrDatabaseTaken) {
			t.Errorf("%s was given away: %v", what, err)
		}
	}
	sealed, err = dbs.Seal(one, asServer(t, shared))
	must(t, err)
	if _, err := dbs.Make(t.Context(), shared, one, sealed); !errors.Is(err, ErrDatabaseTaken) {
		t.Errorf("the shared database was given to who is in it: %v", err)
	}
}

// plinto migrate walks databases too; one that is away leaves the others to be, and a deleted tenant's goes on.
func TestMigrateTenants_walksDatabases(t *testing.T) {
	t.Parallel()
	owner := testservice.Database(t, migrated(t))
	dbs := databasesOf(t, owner)
	conn, err := pgx.Connect(t.Context(), owner)
	must(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	u, err := url.Parse(owner)
	must(t, err)
	u.Path = "/nowhere_at_all"
	made := map[string]tenant.ID{}
	for slug, at := range map[string]secret.String{"beside": {}, "away": secret.NewString(u.String())} {
		id := newID()
		made[slug] = id
		sealed, err := dbs.Seal(id, at)
		must(t, err)
		_, err = conn.Exec(t.Context(), `INSERT INTO tenants (id, slug, name, isolation) VALUES ($1, $2, $2, 'database')`, uuid.UUID(id), slug)
		must(t, err)
		_, err = conn.Exec(t.Context(), `INSERT INTO tenant_databases (id, url) VALUES ($1, $2)`, uuid.UUID(id), sealed)
		must(t, err)
	}
	t.Cleanup(func() {
		_, _ = conn.Exec(context.Background(), `DELETE FROM tenants`)
		_ = dbs.Discard(context.Background(), owner, made["beside"], nil)
	})
	told := map[string]Migrated{}
	if err := MigrateTenants(t.Context(), owner, dbs, func(m Migrated) { told[m.Tenant] = m }); err == nil {
		t.Error("nothing is said of the one that is away")
	}
	if told["away"].Err == nil || told["beside"].Err != nil || len(told["beside"].Applied) == 0 {
		t.Errorf("told %v", told)
	}
	lacks, err := PendingOfTenants(t.Context(), owner, dbs)
	must(t, err)
	if len(lacks) != 1 || lacks[0].Tenant != "away" || lacks[0].Err == nil {
		t.Errorf("what lacks migrations: %v", lacks)
	}
	// A version before this one knows no such table, and without the key only what is beside is known.
	blind, err := NewDatabases(secret.NewString(owner), secret.Root{})
	must(t, err)
	if lacks, err = PendingOfTenants(t.Context(), owner, blind); err != nil || len(lacks) != 1 || !errors.Is(lacks[0].Err, errNoKey) {
		t.Errorf("without the key: %v, %v", lacks, err)
	}
}
