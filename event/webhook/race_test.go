package webhook_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/event/webhook"
	"plinto/storage"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// enabled is an event for endpoints of these tests.
func enabled() event.Event { return event.Event{Fact: event.UserEnabled{}} }

// Deliveries that come while a turn ends are sent by it or by the next, which is queued:
// nothing waits for luck. Upkeep, which would find them a minute later, does not run here.
func TestDrain_leavesNothingBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.receive(nil)
	e, _ := w.endpoint(w.ctx, r.URL, "user.enabled")
	const writers, each = 4, 60
	var writing sync.WaitGroup
	for range writers {
		writing.Go(func() {
			for range each {
				w.told(w.ctx, enabled())
			}
		})
	}
	done := make(chan struct{})
	go func() { writing.Wait(); close(done) }()
	// A worker: it runs a turn when, and only when, a job is queued.
	turn := func() bool {
		tag, err := w.owner.Exec(context.Background(), `DELETE FROM river_job WHERE id IN (SELECT id FROM river_job WHERE kind = 'task' LIMIT 1)`)
		must(t, err)
		if tag.RowsAffected() > 0 {
			w.drain(w.ctx, e)
		}
		return tag.RowsAffected() > 0
	}
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
			turn()
		}
	}
	for turn() {
	}
	if n := w.count(`SELECT count(*) FROM webhook_deliveries WHERE state = 'delivered'`); n != writers*each {
		t.Errorf("%d of %d delivered, and no job is queued", n, writers*each)
	}
	seen := map[string]bool{}
	for len(r.got) > 0 {
		seen[(<-r.got).header.Get("Webhook-Id")] = true
	}
	if len(seen) != writers*each {
		t.Errorf("%d of %d received", len(seen), writers*each)
	}
}

// interrupted has something happen between the last look of a turn and its end.
type interrupted struct {
	webhook.Drains
	before func()
}

func (i interrupted) Release(ctx context.Context, endpoint, lease uuid.UUID, now, notBefore time.Time) error {
	i.before()
	return i.Drains.Release(ctx, endpoint, lease, now, notBefore)
}

// A job that finds the turn taken is over at once: so who has the turn looks again at its end.
func TestDrain_looksAgainWhenATurnEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.receive(nil)
	e, _ := w.endpoint(w.ctx, r.URL, "user.enabled")
	first := *w.drainer
	first.Drains = interrupted{w.store.Webhooks, func() {
		w.told(w.ctx, enabled())
		w.drain(w.ctx, e) // another worker does the job of it
		_, err := w.owner.Exec(context.Background(), `DELETE FROM river_job WHERE kind = 'task'`)
		must(t, err)
	}}
	must(t, first.Drain(w.ctx, e.ID))
	if n := w.count(`SELECT count(*) FROM river_job WHERE kind = 'task'`); n != 1 || len(r.got) != 0 {
		t.Fatalf("%d jobs, %d requests; want one job for what came last", n, len(r.got))
	}
	if w.drain(w.ctx, e); len(r.got) != 1 {
		t.Errorf("%d requests", len(r.got))
	}
}

// Several workers: one has the turn of an endpoint, so nothing is sent twice.
func TestDrain_isDoneByOneWorkerAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var now, most atomic.Int32
	r := w.receive(func(rw http.ResponseWriter, _ *http.Request) {
		n := now.Add(1)
		for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
		}
		<-time.After(5 * time.Millisecond) // so that requests would meet
		now.Add(-1)
		rw.WriteHeader(http.StatusNoContent)
	})
	e, _ := w.endpoint(w.ctx, r.URL, "user.enabled")
	for range 100 {
		w.told(w.ctx, enabled())
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 5 {
				if err := w.drainer.Drain(w.ctx, e.ID); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := len(r.got); n != 100 {
		t.Errorf("%d requests for 100 deliveries", n)
	}
	if n := most.Load(); n > 8 {
		t.Errorf("%d requests at once to one endpoint, want at most 8", n)
	}
}

// Handling an event twice, as the queue may, delivers it once.
func TestHandle_addsAnEventOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.receive(nil)
	e, _ := w.endpoint(w.ctx, r.URL, "user.enabled")
	told := w.stored(w.ctx, enabled())
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := w.hooks.Handle(w.ctx, told); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if w.drain(w.ctx, e); len(r.got) != 1 {
		t.Errorf("%d requests for one event", len(r.got))
	}
}

// A flood of events of a tenant is few transactions, and one that fails fails for those alone
// that were written together.
func TestHandle_writesEventsTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.endpoint(w.ctx, "https://a.example/", "user.enabled")
	counted := &countingDeliveries{Deliveries: w.store.WebhookDeliveries, began: make(chan struct{}, 100), release: make(chan struct{})}
	w.hooks.Deliveries = counted
	var all sync.WaitGroup
	handle := func() {
		all.Go(func() {
			if err := w.hooks.Handle(w.ctx, event.Event{ID: uuid.New(), Fact: event.UserEnabled{}, OccurredAt: w.clock()}); err != nil {
				t.Error(err)
			}
		})
	}
	handle()
	<-counted.began
	for range 50 {
		handle()
	}
	for end := time.Now().Add(20 * time.Second); w.hooks.Waiting(tenant.Must(w.ctx).ID) < 50 && time.Now().Before(end); {
		<-time.After(time.Millisecond)
	}
	close(counted.release)
	all.Wait()
	if n := counted.calls.Load(); n != 2 {
		t.Errorf("%d writes for 51 events, want 2", n)
	}
	if n := len(w.deliveries(w.ctx, e)); n != 51 {
		t.Errorf("%d deliveries, want 51", n)
	}
}

type countingDeliveries struct {
	webhook.Deliveries
	calls   atomic.Int32
	began   chan struct{}
	release chan struct{}
}

func (c *countingDeliveries) Add(ctx context.Context, all []webhook.Delivery, now time.Time) error {
	c.calls.Add(1)
	c.began <- struct{}{}
	<-c.release
	return c.Deliveries.Add(ctx, all, now)
}

// forgetful loses what became of attempts, as a process does that is killed after it sent.
type forgetful struct{ webhook.Drains }

var errKilled = errors.New("killed")

func (forgetful) Record(context.Context, uuid.UUID, []webhook.Result, time.Time) (webhook.Health, error) {
	return webhook.Health{}, errKilled
}

func (forgetful) Release(context.Context, uuid.UUID, uuid.UUID, time.Time, time.Time) error {
	return errKilled
}

// A worker that is killed between the request and its record: the event comes again with the
// id that it had, and is not lost.
func TestDrain_killedAfterTheRequestSendsAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.receive(nil)
	e, _ := w.endpoint(w.ctx, r.URL, "user.enabled")
	told := w.told(w.ctx, enabled())
	killed := *w.drainer
	killed.Drains = forgetful{w.store.Webhooks}
	if err := killed.Drain(w.ctx, e.ID); !errors.Is(err, errKilled) {
		t.Fatalf("got %v", err)
	}
	if w.drain(w.ctx, e); len(r.got) != 1 {
		t.Error("another worker takes the turn before the lease is over")
	}
	w.later(webhook.LeaseTime + time.Second)
	w.drain(w.ctx, e)
	if len(r.got) != 2 {
		t.Fatalf("%d requests, want two", len(r.got))
	}
	for range 2 {
		if got := r.next(t); got.header.Get("Webhook-Id") != webhook.EventID(told.ID) {
			t.Errorf("got id %s, want %s", got.header.Get("Webhook-Id"), webhook.EventID(told.ID))
		}
	}
	if d, _ := w.only(w.ctx, e); d.State != webhook.Delivered {
		t.Errorf("got %+v", d)
	}
}

// Upkeep finds an endpoint whose job was lost with its process.
func TestUpkeep_findsWhatNobodySends(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.receive(nil)
	e, _ := w.endpoint(w.ctx, r.URL, "user.enabled")
	w.later(-3 * time.Minute)
	w.told(w.ctx, enabled())
	must(t, w.service.Disable(w.ctx, e.ID, webhook.ByOperator))
	_, err := w.owner.Exec(t.Context(), `DELETE FROM river_job`)
	must(t, err)
	queued := func() int {
		must(t, w.store.Webhooks.Sweep(t.Context()))
		return w.count(`SELECT count(*) FROM river_job WHERE kind = 'task'`)
	}
	if n := queued(); n != 0 {
		t.Errorf("%d jobs for a disabled endpoint", n)
	}
	_, err = w.owner.Exec(t.Context(), `UPDATE webhook_endpoints SET disabled_at = NULL`)
	must(t, err)
	for range 2 {
		if n := queued(); n != 1 {
			t.Errorf("%d jobs, want one", n)
		}
	}
	storagetest.Run(t, w.store)
	r.next(t)
}

// seq grows with the changes of one subject, however many make them at once: the service
// holds the subject's row when it appends. So what was switched on and off in turn is told so.
func TestSeq_growsPerSubject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.endpoint(w.ctx, "https://a.example/", "webhook_endpoint.*")
	e, _ := w.endpoint(w.ctx, "https://b.example/", "user.created")
	current, err := w.store.Tenants.ByID(w.ctx, tenant.Must(w.ctx).ID)
	must(t, err)
	ctx := tenant.With(w.ctx, current)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			for i := range 20 {
				var err error
				if i%2 == 0 {
					err = w.service.Disable(ctx, e.ID, webhook.ByOperator)
				} else {
					err = w.service.Enable(ctx, e.ID)
				}
				if err != nil && !errors.Is(err, storage.ErrUnavailable) { // a lock may take too long here
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	rows, err := w.owner.Query(t.Context(), `SELECT type FROM events WHERE body ->> 'subject' = $1 ORDER BY seq`, e.PublicID())
	must(t, err)
	types, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(t, err)
	for i, kind := range types {
		if want := []string{"webhook_endpoint.disabled", "webhook_endpoint.enabled"}[i%2]; kind != want {
			t.Fatalf("change %d of %d: got %s, want %s", i, len(types), kind, want)
		}
	}
	if len(types) < 10 {
		t.Errorf("only %d changes", len(types))
	}
}
