package storage

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/internal/testworld"
	"plinto/storage/internal/pg"
)

// kindsOf returns the first bytes of the hashes that the tenant of ctx is said to have.
func (w *world) kindsOf(ctx context.Context) (kinds []string) {
	w.t.Helper()
	hashes, err := w.users.HashKinds(ctx)
	must(w.t, err)
	for _, h := range hashes {
		kinds = append(kinds, h[:6])
	}
	slices.Sort(kinds)
	return kinds
}

// Kinds come and go with the hashes, in the tenant that has them, whoever writes at the same time.
func TestHashKinds_followTheHashes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := func(what string, want ...string) {
		t.Helper()
		if got := w.kindsOf(w.ctx()); !slices.Equal(got, want) {
			t.Errorf("%s: kinds %q, want %q", what, got, want)
		}
	}
	want("nobody")
	var all sync.WaitGroup
	ids := make([]uuid.UUID, 20)
	for n := range ids {
		u := testworld.User()
		ids[n] = u.ID
		hash := []string{"$2b$10$", "$2b$12$", "{SSHA}", "$argon2id$v=19$m=19456,t=2,p=1$"}[n%4] + fmt.Sprintf("%040d", n)
		all.Go(func() { must(t, w.users.Create(w.ctx(), u, hash)) })
	}
	all.Wait()
	must(t, w.users.Create(w.other(), testworld.User(), "$2b$14$"+fmt.Sprintf("%040d", 1)))
	want("four kinds", "$2b$10", "$2b$12", "$argon", "{SSHA}")
	for n, id := range ids {
		if n%4 == 0 {
			all.Go(func() { must(t, w.users.SetPassword(w.ctx(), id, "{SSHA}"+fmt.Sprintf("%040d", 100+n), 0)) })
		}
	}
	all.Wait()
	want("the last of a kind was changed", "$2b$12", "$argon", "{SSHA}")
	if got := w.kindsOf(w.other()); !slices.Equal(got, []string{"$2b$14"}) {
		t.Errorf("another tenant: %q", got)
	}
}

// However many users there are, a look reads one row of each kind, and no table from its beginning.
func TestHashKinds_readOneRowOfEach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tenant := range w.tenants {
		w.sql(`INSERT INTO users (tenant_id, id, password_hash)
			SELECT $1, gen_random_uuid(), CASE WHEN n % 1000 = 0 THEN '$2b$12$' ELSE '$argon2id$v=19$m=19456,t=2,p=1$' END || n FROM generate_series(1, 20000) n`, tenant.ID.String())
	}
	w.sql(`ANALYZE users`)
	type reads struct{ Whole, Rows int64 }
	var did reads
	must(t, w.db.InTx(w.ctx(), func(ctx context.Context) error {
		if _, err := w.users.HashKinds(ctx); err != nil {
			return err
		}
		var err error
		did, err = pg.One(ctx, w.db, pgx.RowToStructByPos[reads], `SELECT seq_scan, coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname = 'users'`)
		return err
	}))
	if did.Whole != 0 || did.Rows == 0 || did.Rows > 10 {
		t.Errorf("it read the table %d times and %d rows by indexes, want a few rows", did.Whole, did.Rows)
	}
}
