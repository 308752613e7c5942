package storage

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Only what says so is lazy: Postgres would tell us nothing otherwise.
func TestLazily_isForItsOwnTransactionsOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	setting := func(ctx context.Context) (s string) {
		must(t, w.db.InTx(ctx, func(ctx context.Context) (err error) {
			s, err = one(ctx, w.db, pgx.RowTo[string], `SHOW synchronous_commit`)
			return err
		}))
		return s
	}
	for range 3 {
		if got := setting(lazily(w.ctx())); got != "off" {
			t.Errorf("lazily: synchronous_commit is %s", got)
		}
		if got := setting(w.ctx()); got != "on" {
			t.Errorf("then: synchronous_commit is %s", got)
		}
	}
}
