package storage

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"plinto/internal/testservice"
	"plinto/storage/internal/pg"
	"plinto/storage/schema"
)

// What fills the disk of Postgres is told of, and how bad it is: each is done to a Postgres of the test's own. Bounds that take hours or
// gigabytes to get to are lower here.
func TestExamineDisk_findsWhatFillsIt(t *testing.T) {
	t.Parallel()
	server := testservice.NewPostgres(t, testservice.PostgresOptions{Settings: []string{
		"wal_level=replica", "max_wal_senders=1", "max_replication_slots=2", "max_prepared_transactions=2", "archive_mode=on", "archive_command=false", "autovacuum=off",
	}})
	pool, err := pgxpool.New(t.Context(), server.URL())
	must(t, err)
	t.Cleanup(pool.Close)
	exec := func(sql string) {
		t.Helper()
		_, err := pool.Exec(t.Context(), sql)
		must(t, err)
	}
	found := func(of bounds) []schema.Finding {
		t.Helper()
		all, err := examineDisk(t.Context(), pg.NewSystem(pool), of)
		must(t, err)
		return all
	}
	few := bounds{Slot: 1 << 20, Frozen: 1_500_000_000}
	if all := found(few); len(all) > 0 {
		t.Fatalf("of one with nothing on it: %+v", all)
	}
	exec(`SELECT pg_create_physical_replication_slot('left_behind', true)`)
	exec(`CREATE TABLE lots AS SELECT md5(n::text) FROM generate_series(1, 50000) n`)
	exec(`CREATE TABLE held ()`)
	// What is prepared holds a lock and outlives its connection.
	conn, err := pgx.Connect(t.Context(), server.URL())
	must(t, err)
	for _, sql := range []string{`BEGIN`, `LOCK TABLE held`, `PREPARE TRANSACTION 'forgotten'`} {
		_, err := conn.Exec(t.Context(), sql)
		must(t, err)
	}
	must(t, conn.Close(context.Background()))
	exec(`SELECT pg_switch_wal()`) // which is to be archived
	deadline := time.Now().Add(time.Minute)
	for failed := 0; failed == 0; <-time.After(20 * time.Millisecond) {
		must(t, pool.QueryRow(t.Context(), `SELECT failed_count FROM pg_stat_archiver`).Scan(&failed))
		if time.Now().After(deadline) {
			t.Fatal("archive_command was not run")
		}
	}
	exec(`UPDATE pg_database SET datfrozenxid = ((txid_current() - 1600000000 + 4294967296) % 4294967296)::text::xid WHERE datname = 'template0'`)
	wants := map[string]bool{
		"replication slots that nobody reads keep more than 1 MiB: left_behind": false,
		"the archive of Postgres takes nothing (last failure ":                  false,
		"Postgres will soon take no writes: template0":                          true,
		"prepared transactions are open for ":                                   false,
	}
	all := found(few)
	for cause, fatal := range wants {
		if !told(all, cause, fatal) {
			t.Errorf("%q is not among %+v", cause, all)
		}
	}
	if len(all) != len(wants) {
		t.Errorf("%d findings, want %d: %+v", len(all), len(wants), all)
	}
	// As doctor asks: nothing of it is large or old yet but the age of template0, and the archive.
	if all := found(diskBounds); len(all) != 2 {
		t.Errorf("with the bounds of doctor: %+v", all)
	}
	exec(`UPDATE pg_database SET datfrozenxid = (SELECT datfrozenxid FROM pg_database WHERE datname = 'template1') WHERE datname = 'template0'`)
	exec(`SELECT pg_drop_replication_slot('left_behind')`)
	exec(`COMMIT PREPARED 'forgotten'`)
	if all := found(few); len(all) != 1 {
		t.Errorf("but for the archive all is mended, and it tells of %+v", all)
	}
}

func told(all []schema.Finding, cause string, fatal bool) bool {
	for _, f := range all {
		if strings.Contains(f.Cause, cause) && f.Fatal == fatal && f.Remedy != "" {
			return true
		}
	}
	return false
}
