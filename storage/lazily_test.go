package storage

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"plinto/event"
)

// log returns how far the log was written, and how far it is on disk.
func (w *world) log() (written, flushed string) {
	w.t.Helper()
	must(w.t, w.owner.QueryRow(w.t.Context(), `SELECT pg_current_wal_insert_lsn()::text, pg_current_wal_flush_lsn()::text`).Scan(&written, &flushed))
	return written, flushed
}

func (w *world) onDisk(lsn string) bool {
	w.t.Helper()
	return w.count(`SELECT (pg_current_wal_flush_lsn() >= $1::pg_lsn)::int`, lsn) == 1
}

// What the next commit or Flush has to take along to the disk, it takes along.
func TestLazily_isOnDiskWithWhatIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tell := func(ctx context.Context) error {
		return w.outbox.Append(ctx, event.Event{Type: event.SignInFailed, Outcome: "failure"})
	}
	for name, settle := range map[string]func() error{
		"flush":           func() error { return w.db.Flush(w.ctx()) },
		"the next commit": func() error { return w.db.InTx(w.ctx(), tell) },
	} {
		for range 20 {
			must(t, w.db.InTx(w.db.Lazily(w.ctx()), tell))
			written, _ := w.log()
			must(t, settle())
			if !w.onDisk(written) {
				t.Fatalf("%s: what was committed before is not on disk", name)
			}
		}
	}
	if n := w.events(event.SignInFailed); n != 60 {
		t.Errorf("got %d facts, want 60", n)
	}
}

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
		if got := setting(w.db.Lazily(w.ctx())); got != "off" {
			t.Errorf("lazily: synchronous_commit is %s", got)
		}
		if got := setting(w.ctx()); got != "on" {
			t.Errorf("then: synchronous_commit is %s", got)
		}
	}
}
