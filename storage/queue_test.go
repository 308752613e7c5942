package storage

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"plinto/event"
	"plinto/tenant"
)

// work runs a worker until the test ends.
func (w *world) work() (stop func()) { return w.workFor(w.told) }

func (w *world) workFor(subscriber event.Subscriber) (stop func()) {
	w.t.Helper()
	find := func(_ context.Context, id tenant.ID) (*tenant.Tenant, error) {
		for _, t := range w.tenants {
			if t.ID == id {
				return t, nil
			}
		}
		return nil, tenant.ErrUnknown
	}
	worker, err := newWorker(w.platform, find, []event.Subscriber{subscriber}, slog.New(slog.DiscardHandler))
	must(w.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- worker.run(ctx) }()
	var stopped bool
	stop = func() {
		if cancel(); !stopped {
			stopped = true
			must(w.t, <-done)
		}
	}
	w.t.Cleanup(stop)
	return stop
}

func (w *world) append(ctx context.Context, e event.Event) {
	w.t.Helper()
	must(w.t, w.db.InTx(ctx, func(ctx context.Context) error { return w.outbox.Append(ctx, e) }))
}

func (w *world) heard() event.Event {
	w.t.Helper()
	select {
	case e := <-w.told.events:
		return e
	case <-time.After(20 * time.Second):
		w.t.Fatal("the subscriber was not told")
		return event.Event{}
	}
}

func TestQueue_tellsASubscriberInTheTenantOfTheEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := event.Event{ID: uuid.New(), Type: w.told.wants, Outcome: "failure", Reason: "r", Data: map[string]any{"grant_id": "g"}}
	w.append(w.ctx(), before) // committed before any worker runs
	w.append(w.ctx(), event.Event{Type: event.UserCreated, Outcome: "success"})
	w.work()
	got := w.heard()
	if got.ID != before.ID || got.Reason != "r" || got.Data["grant_id"] != "g" || got.Data["tenant"] != w.tenants[0].ID.String() {
		t.Errorf("got %+v, want %+v for tenant a", got, before)
	}
	during := event.Event{ID: uuid.New(), Type: w.told.wants, Outcome: "failure"}
	w.append(w.other(), during)
	if got := w.heard(); got.ID != during.ID || got.Data["tenant"] != w.tenants[1].ID.String() {
		t.Errorf("got %+v, want %+v for tenant b", got, during)
	}
	if len(w.told.events) != 0 {
		t.Errorf("told of %v, which was not asked for", <-w.told.events)
	}
}

func TestQueue_repeatsWhatASubscriberFailedAt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.told.fail.Store(1)
	e := event.Event{ID: uuid.New(), Type: w.told.wants, Outcome: "failure"}
	w.append(w.ctx(), e)
	w.work()
	if got := w.heard(); got.ID != e.ID {
		t.Errorf("got %v, want %v", got.ID, e.ID)
	}
}

func TestQueue_stopsInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stop := w.work()
	w.append(w.ctx(), event.Event{Type: w.told.wants, Outcome: "failure"})
	w.heard()
	stop()
	kept := event.Event{ID: uuid.New(), Type: w.told.wants, Outcome: "failure"}
	w.append(w.ctx(), kept)
	w.work() // the next process finds it
	if got := w.heard(); got.ID != kept.ID {
		t.Errorf("got %v, want %v", got.ID, kept.ID)
	}
}

func TestEventWorker_givesUpOnTenantsAndEventsThatAreGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	find := func(context.Context, tenant.ID) (*tenant.Tenant, error) { return nil, tenant.ErrUnknown }
	worker := &eventWorker{pool: w.platform, find: find, lanes: newLanes(nil)}
	for _, name := range []string{"tenant", "event"} {
		var cancel *river.JobCancelError
		if err := worker.Work(t.Context(), &river.Job[eventJob]{JobRow: &rivertype.JobRow{}}); !errors.As(err, &cancel) {
			t.Errorf("%s: got %v, want the job cancelled", name, err)
		}
		worker.find = func(context.Context, tenant.ID) (*tenant.Tenant, error) { return w.tenants[0], nil }
	}
}

// A watcher is a subscriber of everything that a test wants to look into.
type watcher func(ctx context.Context, e event.Event) error

func (watcher) Handles(event.Event) bool { return true }

func (w watcher) Handle(ctx context.Context, e event.Event) error { return w(ctx, e) }

// A tenant that queues very many at once has another's first one overtake them.
func TestQueue_oneTenantsFloodIsOvertaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	flood := make([]event.Event, 1000)
	for i := range flood {
		flood[i] = event.Event{Type: w.told.wants, Outcome: "failure"}
	}
	must(t, w.db.InTx(w.ctx(), func(ctx context.Context) error { return w.outbox.Append(ctx, flood...) }))
	w.append(w.other(), event.Event{Type: w.told.wants, Outcome: "failure"})
	var before atomic.Int32
	done := make(chan struct{})
	w.workFor(watcher(func(ctx context.Context, _ event.Event) error {
		if tenant.Must(ctx).ID == w.tenants[1].ID {
			close(done)
		} else {
			before.Add(1)
		}
		return nil
	}))
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("the other tenant's event was not handed on")
	}
	// The first of the flood, and what was being worked at the same time.
	if n := before.Load(); n > 20+2*eventWorkers {
		t.Errorf("%d of the other tenant's thousand came before it", n)
	}
}

// A tenant whose subscribers are slow does not hold every worker.
func TestQueue_oneTenantsSlowJobsHoldUpNobodyElses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 2 * eventWorkers {
		w.append(w.ctx(), event.Event{Type: w.told.wants, Outcome: "failure"})
	}
	release, done, began := make(chan struct{}), make(chan struct{}), make(chan struct{}, 4*eventWorkers)
	var slow, most atomic.Int32
	stop := w.workFor(watcher(func(ctx context.Context, _ event.Event) error {
		if tenant.Must(ctx).ID == w.tenants[1].ID {
			close(done)
			return nil
		}
		now := slow.Add(1)
		for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
		}
		began <- struct{}{}
		<-release
		slow.Add(-1)
		return nil
	}))
	<-began
	w.append(w.other(), event.Event{Type: w.told.wants, Outcome: "failure"})
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Error("the other tenant's event waits for slow ones")
	}
	if n := most.Load(); n > eventWorkers/4 {
		t.Errorf("%d of the slow ones at once, want at most %d", n, eventWorkers/4)
	}
	close(release)
	// Those that had to wait come again by themselves.
	for range 2*eventWorkers - 1 {
		select {
		case <-began:
		case <-time.After(time.Minute):
			t.Fatal("a job that had to wait did not come again")
		}
	}
	stop()
}
