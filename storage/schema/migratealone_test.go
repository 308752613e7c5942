package schema

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"plinto/internal/ddl"
	"plinto/internal/testservice"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// indexing is a migration that makes an index while everybody goes on, and counts on its being unique.
var indexing = migration{name: "9001_index_flows", sum: "1", sql: ddl.OwnTransactions + "\n" + `
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS flows_once ON flows (created_at) WHERE created_at < '2000-01-01';
CREATE INDEX CONCURRENTLY IF NOT EXISTS users_by_change ON users (updated_at);`}

// tablesAt are the shared ones, or those of a tenant in a schema.
type tablesAt struct {
	t   *testing.T
	url string
	sql string // that finds the tables
}

// bothTables are the shared tables of a database, and a schema in it.
func bothTables(t *testing.T) map[string]tablesAt {
	t.Helper()
	at := testservice.Database(t, migrated(t))
	id := tenant.ID(uuid.Must(uuid.NewV7()))
	_, err := MigrateTenant(t.Context(), at, id)
	must(t, err)
	return map[string]tablesAt{
		"shared tables": {t, at, `SELECT 1`},
		"a schema":      {t, at, `SET search_path = ` + pgx.Identifier{pg.SchemaName(id)}.Sanitize()},
	}
}

// conn connects to the place as the owner of the tables.
func (p tablesAt) conn() *pgx.Conn {
	p.t.Helper()
	conn, err := connectOwner(p.t.Context(), p.url)
	must(p.t, err)
	p.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	p.exec(conn, p.sql)
	return conn
}

func (p tablesAt) exec(conn *pgx.Conn, sql string, args ...any) {
	p.t.Helper()
	if _, err := conn.Exec(p.t.Context(), sql, args...); err != nil {
		p.t.Fatalf("%s: %v", sql, err)
	}
}

// index reports whether there is an index, and whether queries use it.
func (p tablesAt) index(conn *pgx.Conn, name string) (there, valid bool) {
	p.t.Helper()
	err := conn.QueryRow(p.t.Context(), `SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)`, name).Scan(&valid)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, false
	}
	must(p.t, err)
	return true, valid
}

// until waits until a question is answered with true.
func (p tablesAt) until(conn *pgx.Conn, sql string, args ...any) {
	p.t.Helper()
	tick, late := time.NewTicker(10*time.Millisecond), time.After(30*time.Second)
	defer tick.Stop()
	for yes := false; !yes; {
		must(p.t, conn.QueryRow(p.t.Context(), sql, args...).Scan(&yes))
		select {
		case <-tick.C:
		case <-late:
			p.t.Fatalf("never: %s %v", sql, args)
		}
	}
}

const waitsForSnapshots = `SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND locktype = 'virtualxid' AND NOT granted)`

// UPG-04: a migrator that is killed while it makes an index leaves one that no query uses. The next one makes it anew, and goes on where
// the other was.
func TestMigrate_makesAnIndexAnewThatWasLeftHalfMade_UPG_04(t *testing.T) {
	t.Parallel()
	for name, p := range bothTables(t) {
		look, reader, killed := p.conn(), p.conn(), p.conn()
		p.exec(reader, `BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1`) // the index is not valid before this ends
		pid, ended := killed.PgConn().PID(), make(chan error, 1)
		go func() { ended <- applyAlone(t.Context(), killed, indexing) }()
		p.until(look, waitsForSnapshots, pid)
		p.exec(look, `SELECT pg_terminate_backend($1)`, pid)
		if err := <-ended; err == nil {
			t.Fatalf("%s: it was not killed", name)
		}
		if there, valid := p.index(look, "flows_once"); !there || valid {
			t.Fatalf("%s: the index is there: %v, valid: %v; want half of it", name, there, valid)
		}
		p.exec(reader, `COMMIT`)
		applied, err := applyAll(t.Context(), p.conn(), []migration{indexing})
		if err != nil || len(applied) != 1 {
			t.Fatalf("%s: applied %v, %v", name, applied, err)
		}
		for _, index := range []string{"flows_once", "users_by_change"} {
			if _, valid := p.index(look, index); !valid {
				t.Errorf("%s: the index %s is not valid", name, index)
			}
		}
		p.until(look, `SELECT EXISTS (SELECT FROM schema_migrations WHERE name = $1)`, indexing.name)
	}
}

// UPG-05: a migrator that waits for another one keeps it from nothing.
func TestMigrate_waitsWithoutKeepingTheOtherFromItsEnd_UPG_05(t *testing.T) {
	t.Parallel()
	for name, p := range bothTables(t) {
		look, first, second := p.conn(), p.conn(), p.conn()
		must(t, lockMigrations(t.Context(), first, name))
		locked := make(chan error, 1)
		go func() { locked <- lockMigrations(t.Context(), second, name) }()
		p.until(look, `SELECT query LIKE '%advisory%' FROM pg_stat_activity WHERE pid = $1`, second.PgConn().PID())
		must(t, applyAlone(t.Context(), first, indexing))
		select {
		case err := <-locked:
			t.Fatalf("%s: two migrate at once (%v)", name, err)
		default:
		}
		must(t, first.Close(t.Context()))
		must(t, <-locked)
	}
}

// Tables that nobody uses yet wait for nobody: an old transaction does not keep a tenant from getting its tables.
func TestMigrate_waitsForNobodyWhereTablesAreNew(t *testing.T) {
	t.Parallel()
	p := bothTables(t)["shared tables"]
	reader := p.conn()
	p.exec(reader, `BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1`)
	conn := p.conn()
	p.exec(conn, `CREATE SCHEMA fresh; SET search_path = fresh`)
	pending, err := pendingOn(t.Context(), conn)
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := applyAll(ctx, conn, append(pending, indexing)); err != nil {
		t.Fatal(err)
	}
	if _, valid := p.index(conn, "flows_once"); !valid {
		t.Error("there is no index")
	}
}

// UPG-03: a migration does not queue for a lock: everybody would queue behind it, and nobody could sign in.
func TestMigrate_givesUpALockThatItDoesNotGet_UPG_03(t *testing.T) {
	t.Parallel()
	for name, p := range bothTables(t) {
		holder, conn := p.conn(), p.conn()
		p.exec(holder, `BEGIN; SELECT FROM users`)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		err := apply(ctx, conn, migration{name: "9002_add_column", sum: "1", sql: `CREATE TABLE made_first (); ALTER TABLE users ADD COLUMN x text`})
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "55P03" {
			t.Errorf("%s: got %v, want lock_not_available", name, err)
		} else if all := Explain(err, "THE_URL"); len(all) != 1 || all[0].Remedy == "" {
			t.Errorf("%s: explained as %v", name, all)
		}
		p.exec(holder, `ROLLBACK`)
		var left bool
		must(t, holder.QueryRow(t.Context(), `SELECT to_regclass('made_first') IS NOT NULL`).Scan(&left))
		if left {
			t.Errorf("%s: half of it was left", name)
		}
	}
}
