package storage

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"plinto/event"
	"plinto/tenant"
)

// work runs a worker until the test ends.
func (w *world) work() (stop func()) {
	w.t.Helper()
	find := func(_ context.Context, id tenant.ID) (*tenant.Tenant, error) {
		for _, t := range w.tenants {
			if t.ID == id {
				return t, nil
			}
		}
		return nil, tenant.ErrUnknown
	}
	worker, err := newWorker(w.platform, find, []event.Subscriber{w.told}, slog.New(slog.DiscardHandler))
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
	worker := &eventWorker{pool: w.platform, find: find}
	for _, name := range []string{"tenant", "event"} {
		var cancel *river.JobCancelError
		if err := worker.Work(t.Context(), &river.Job[eventJob]{}); !errors.As(err, &cancel) {
			t.Errorf("%s: got %v, want the job cancelled", name, err)
		}
		worker.find = func(context.Context, tenant.ID) (*tenant.Tenant, error) { return w.tenants[0], nil }
	}
}
