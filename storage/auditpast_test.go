package storage

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"plinto/event"
	"plinto/event/audit"
	"plinto/storage/internal/pg"
)

// previousRow is how servers of the version before write a row.
const previousRow = `INSERT INTO audit_log (id, type, occurred_at, actor_type, actor_id, subject, outcome, reason, ip, agent, request_id, data)
	VALUES ($1, 'user.created', coalesce($2, now()), 'user', 'user_1', 'user_1', 'success', '', '192.0.2.1', 'agent', '', '{}')`

// Rows from before there was sealing are sealed in the order of time, before all others, while
// servers write. Their addresses leave the log.
func TestSealer_sealsThePastFirst(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	a.sql(`ALTER TABLE audit_log DISABLE TRIGGER note`)
	var past []uuid.UUID
	for i := range 2500 { // more than two batches
		id := uuid.New()
		_, err := pg.Exec(a.ctx(), a.db, previousRow, id, now().Add(time.Duration(i-3000)*time.Second))
		must(t, err)
		past = append(past, id)
	}
	a.sql(`UPDATE audit_log SET data = '{"first_ip": "192.0.2.9", "repeats": 2}' WHERE id = $1`, past[7])
	a.sql(`ALTER TABLE audit_log ENABLE TRIGGER note`)
	late := a.happen(a.ctx(), 1, "user_1")[0]
	must(t, a.upkeep(0)) // discovers tenants
	must(t, a.sealer.Run(t.Context()))
	if n := a.count(`SELECT count(*) FROM audit_log WHERE ip <> '' OR agent <> '' OR data ? 'first_ip'`); n != 0 {
		t.Errorf("%d rows with an address", n)
	}
	leaves, err := a.log.Leaves(a.ctx(), 0, 3000)
	must(t, err)
	var order []uuid.UUID
	for _, l := range leaves {
		order = append(order, l.ID)
	}
	if diff := cmp.Diff(append(past, late), order); diff != "" {
		t.Errorf("another order: %s", diff[:min(300, len(diff))])
	}
	if r, err := a.reader.Show(a.ctx(), past[7]); err != nil || r.IP != "192.0.2.1" || r.UserAgent != "agent" || r.FirstIP != "192.0.2.9" || string(r.Data) != `{"repeats": 2}` {
		t.Errorf("got %+v, %v, want the addresses", r, err)
	}
	if r := a.fits(a.ctx()); r.Rows != 2501 {
		t.Errorf("got %+v, want 2501 rows", r)
	}
}

// A server of the version before goes on beside this one, and its rows are sealed alike.
func TestSealer_sealsWhatTheVersionBeforeWrites(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	id := uuid.New()
	_, err := pg.Exec(a.ctx(), a.db, previousRow, id, nil)
	must(t, err)
	for range 2 {
		if r, err := a.reader.Show(a.ctx(), id); err != nil || r.IP != "192.0.2.1" || a.count(`SELECT count(*) FROM audit_log WHERE ip <> ''`) != 0 {
			t.Errorf("got %+v, %v", r, err)
		}
		if r := a.fits(a.ctx()); r.Rows != 1 {
			t.Errorf("got %+v, want one row", r)
		}
	}
}

// aged is a log of which the first three rows are of a month that retention drops, and the
// next two are of now.
func aged(t *testing.T) (a *auditor, old, recent []uuid.UUID) {
	t.Helper()
	a = newAuditor(t)
	gone := now().AddDate(0, -8, 0)
	for range 3 {
		id := uuid.New()
		ctx := event.WithOrigin(a.ctx(), func() event.Origin { return event.Origin{IP: "192.0.2.1"} })
		a.append(ctx, event.Event{ID: id, Fact: event.SignInFailed{}, Outcome: "failure", Actor: event.Actor{Type: "anonymous"}, OccurredAt: gone})
		old = append(old, id)
	}
	must(t, a.upkeep(0)) // makes the partition
	must(t, a.sealer.Seal(t.Context(), a.tenants[0].ID))
	recent = a.happen(a.ctx(), 2, "user_1")
	must(t, a.sealer.Seal(t.Context(), a.tenants[0].ID))
	return a, old, recent
}

// What retention drops keeps its leaves, so that the rest can be verified and everything can be
// proven to have been there. Its details go with it.
func TestRetention_keepsTheLeaves(t *testing.T) {
	t.Parallel()
	a, old, recent := aged(t)
	must(t, a.upkeep(200*24*time.Hour))
	if r := a.fits(a.ctx()); r.Size != 5 || r.Rows != 2 || r.Dropped != 3 || r.First != 3 || r.Begins.IsZero() {
		t.Errorf("got %+v, want 3 of 5 rows dropped", r)
	}
	if n := a.count(`SELECT count(*) FROM audit_persons WHERE person LIKE 'month:%'`) + a.count(`SELECT count(*) FROM audit_details WHERE person LIKE 'month:%'`); n != 0 {
		t.Errorf("%d keys and details of what was dropped", n)
	}
	if n := a.count(`SELECT count(*) FROM audit_details`); n != 2 {
		t.Errorf("%d details, want those of the rows that stay", n)
	}
	p, err := a.prover.Row(a.ctx(), old[1])
	if err != nil || p.Seq > 2 || p.Row != nil {
		t.Errorf("a row that was dropped: %+v, %v, want a proof of its leaf", p, err)
	}
	page, err := a.feed.Next(a.ctx(), -1, 2, 0)
	if err != nil || page.Next != 3 || len(page.Events) != 1 || page.Events[0].ID != recent[0] || !cmp.Equal(page.Gaps, []audit.Gap{{From: 0, To: 2}}) || !page.More {
		t.Errorf("feed: %+v, %v, want the gap 0 to 2 and the first event after it", page, err)
	}
	page, err = a.feed.Next(a.ctx(), 1, 100, 0)
	if err != nil || len(page.Events) != 2 || page.Next != 4 || !cmp.Equal(page.Gaps, []audit.Gap{{From: 2, To: 2}}) || page.More {
		t.Errorf("feed in the gap: %+v, %v", page, err)
	}
}

// The owner of the database deletes rows and says that it was retention.
func TestVerify_isNotToldThatRetentionDidIt(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"a young row":             `DELETE FROM audit_log WHERE occurred_at > now() - interval '1 day'`,
		"a young partition":       `DROP TABLE ` + monthName(now()) + `, ` + monthName(now().AddDate(0, -8, 0)),
		"a partition that stands": `DELETE FROM audit_log WHERE occurred_at < now() - interval '200 days'`,
	} {
		a, _, _ := aged(t)
		a.sql(sql)
		var damage *audit.Damage
		if _, err := a.verifier.Verify(a.ctx(), ""); !errors.As(err, &damage) {
			t.Errorf("%s: got %v, want damage", name, err)
		}
	}
}

// Nobody could tell any more that there was a row which was dropped before it was sealed.
func TestRetention_waitsForTheSealer(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	a.happen(a.ctx(), 1, "user_1")
	must(t, a.sealer.Run(t.Context())) // nothing of the past is left
	a.append(a.ctx(), event.Event{Fact: event.UserCreated{}, Outcome: "success", OccurredAt: now().AddDate(0, -8, 0)})
	must(t, a.upkeep(0))
	must(t, a.upkeep(200*24*time.Hour))
	if n := a.count(`SELECT count(*) FROM audit_log`); n != 2 {
		t.Fatalf("%d rows, want also the one that is not sealed", n)
	}
	a.sql(`UPDATE audit_trees SET past_done = false`)
	a.sql(`DELETE FROM audit_pending`) // as if it were from before there was sealing
	must(t, a.upkeep(200*24*time.Hour))
	if n := a.count(`SELECT count(*) FROM audit_log`); n != 2 {
		t.Fatalf("%d rows, want also the one of the past", n)
	}
	must(t, a.sealer.Run(t.Context()))
	must(t, a.upkeep(200*24*time.Hour))
	if n := a.count(`SELECT count(*) FROM audit_log`); n != 1 {
		t.Errorf("%d rows, want the one of now", n)
	}
	a.fits(a.ctx())
}

// A feed that waits hears of events that come, wherever they are sealed; none is told twice.
func TestFeed_waitsForEvents(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	if page, err := a.feed.Next(a.ctx(), -1, 10, 0); err != nil || len(page.Events) != 0 || page.Next != -1 {
		t.Errorf("empty: %+v, %v", page, err)
	}
	ctx, stop := context.WithTimeout(a.ctx(), 20*time.Second)
	defer stop()
	var got []uuid.UUID
	var all sync.WaitGroup
	all.Go(func() {
		for after := int64(-1); len(got) < 30; {
			page, err := a.feed.Next(ctx, after, 7, 10*time.Second)
			if err != nil {
				t.Errorf("feed: %v", err)
				return
			}
			for _, e := range page.Events {
				got = append(got, e.ID)
			}
			after = page.Next
		}
	})
	var want []uuid.UUID
	for range 30 {
		want = append(want, a.happen(a.ctx(), 1, "user_1")...)
		must(t, a.sealer.Seal(t.Context(), a.tenants[0].ID))
	}
	all.Wait()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("other events: %s", diff)
	}
	ended, cancel := context.WithCancel(a.ctx())
	cancel()
	if _, err := a.feed.Next(ended, 29, 10, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that left: got %v", err)
	}
}
