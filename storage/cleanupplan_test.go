package storage

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/storage/internal/pg"
)

// No clean-up reads a table from its beginning, whatever share of it is over, and one that reads rows of a
// table that grows with requests does not sort them either.
func TestCleanup_readsIndexes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.redeemed()
	grows := map[string]bool{"codes": true}
	for _, r := range expiredRows {
		grows[r.table] = true
		w.sql(r.fill, w.tenants[0].ID.String(), 3000)
	}
	w.sql(`ANALYZE`)
	looked := 0
	for _, c := range cleanups {
		table, _, _ := strings.Cut(strings.SplitN(c.sql, "SELECT ctid FROM ", 2)[min(1, strings.Count(c.sql, "SELECT ctid FROM "))], " ")
		large := grows[table]
		if large {
			looked++
		}
		// Of an empty table every plan is as good: that there is an index at all is shown where reading it whole is dear.
		plan := strings.ReplaceAll(w.planOf(c.sql, !large), "Seq Scan on tenant_fences", "") // which is empty
		if strings.Contains(plan, "Seq Scan") || large && strings.Contains(plan, "Sort") {
			t.Errorf("%s:\n%s", c.what, plan)
		}
	}
	if looked != len(expiredRows) {
		t.Errorf("%d of %d tables were looked at", looked, len(expiredRows))
	}
}

var errPlanned = errors.New("planned")

// planOf explains a clean-up of a batch.
func (w *world) planOf(sql string, dear bool) string {
	w.t.Helper()
	var plan []string
	err := pgx.BeginFunc(w.t.Context(), w.platform, func(tx pgx.Tx) error {
		if dear {
			if _, err := tx.Exec(w.t.Context(), `SET LOCAL enable_seqscan = off`); err != nil {
				return err
			}
		}
		rows, _ := tx.Query(w.t.Context(), `EXPLAIN `+sql, 500, time.Time{})
		var err error
		if plan, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			return err
		}
		return errPlanned // so that nothing of it stays
	})
	if !errors.Is(err, errPlanned) {
		w.t.Fatal(err)
	}
	return strings.Join(plan, "\n")
}

// What is over goes whole however much it is, in batches, and the rest stays.
func TestCleanup_goesOnUntilNothingIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.redeemed()
	const rows = 400
	for _, r := range expiredRows {
		w.sql(r.fill, w.tenants[0].ID.String(), rows)
	}
	before := w.count(`SELECT count(*) FROM grants`)
	must(t, clean(t.Context(), pg.NewSystem(w.platform), 7)) // more batches than a table has in one turn
	if left := w.count(`SELECT count(*) FROM grants`); left != before-rows*49/50 {
		t.Errorf("%d of %d grants are left, want those that stand: %d", left, before, before-rows*49/50)
	}
	for _, table := range []string{"attempts", "sessions", "codes", "refresh_tokens", "access_tokens", "events"} {
		if left := w.count(`SELECT count(*) FROM `+table+` WHERE tenant_id = $1`, uuid.UUID(w.tenants[0].ID)); left == 0 || left > 2*rows/50+20 {
			t.Errorf("%s: %d rows are left", table, left)
		}
	}
}
