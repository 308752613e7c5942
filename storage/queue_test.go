package storage

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
	"plinto/tenant"
)

// A handler is a subscriber of what w.told wants.
type handler struct {
	*listener
	handle func(ctx context.Context, e event.Event) error
}

func (h *handler) Handle(ctx context.Context, e event.Event) error { return h.handle(ctx, e) }

// Tenant implements queue.Source.
func (w *world) Tenant(_ context.Context, id tenant.ID) (*tenant.Tenant, error) {
	for _, t := range w.tenants {
		if t.ID == id {
			return t, nil
		}
	}
	return nil, tenant.ErrUnknown
}

// Event implements queue.Source.
func (w *world) Event(ctx context.Context, of tenant.ID, id uuid.UUID) (event.Event, error) {
	return (&jobSource{System: pg.NewSystem(w.platform), tenants: newTenants(pg.NewSystem(w.platform), nil, copyOptions{heard: always})}).Event(ctx, of, id)
}

// work runs a worker until the test ends.
func (w *world) work() (stop func()) { return w.workFor(w.told.Handle) }

func (w *world) workFor(handle func(context.Context, event.Event) error) (stop func()) {
	w.t.Helper()
	return w.workOf(&handler{w.told, handle})
}

func (w *world) workOf(all ...event.Subscriber) (stop func()) {
	w.t.Helper()
	declared := make([]event.Subscription, len(all))
	for i, s := range all {
		declared[i] = s.Subscription()
	}
	subscribers, err := queue.NewSubscribers(declared, true)
	must(w.t, err)
	for _, s := range all {
		subscribers.Handle(s)
	}
	worker, err := queue.NewWorker(w.platform, w, subscribers, []queue.Upkeep{cleanup(pg.NewSystem(w.platform))}, queue.Reports{Log: slog.New(slog.DiscardHandler)})
	must(w.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- worker.Run(ctx) }()
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

func (w *world) heard() heard {
	w.t.Helper()
	select {
	case e := <-w.told.events:
		return e
	case <-time.After(20 * time.Second):
		w.t.Fatal("the subscriber was not told")
		return heard{}
	}
}

func TestQueue_tellsASubscriberInTheTenantOfTheEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := event.Event{ID: uuid.New(), Fact: w.told.wants, Outcome: "failure", Reason: "r"}
	fact := event.TokenReuseDetected{GrantID: uuid.New(), ClientID: "client_1", FirstIP: "192.0.2.1"}
	before.Fact = fact
	w.append(w.ctx(), before) // committed before any worker runs
	w.append(w.ctx(), event.Event{Fact: event.UserCreated{}, Outcome: "success"})
	w.work()
	got := w.heard()
	if got.ID != before.ID || got.Reason != "r" || got.Fact != event.Fact(fact) || got.tenant != w.tenants[0].ID {
		t.Errorf("got %+v, want %+v for tenant a", got, before)
	}
	during := event.Event{ID: uuid.New(), Fact: w.told.wants, Outcome: "failure"}
	w.append(w.other(), during)
	if got := w.heard(); got.ID != during.ID || got.tenant != w.tenants[1].ID {
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
	e := event.Event{ID: uuid.New(), Fact: w.told.wants, Outcome: "failure"}
	w.append(w.ctx(), e)
	w.work()
	if got := w.heard(); got.ID != e.ID {
		t.Errorf("got %v, want %v", got.ID, e.ID)
	}
}

// F-21: a subscriber that panics holds up neither other subscribers nor other events, and is
// asked again.
func TestQueue_survivesASubscriberThatPanics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	poison := event.Event{ID: uuid.New(), Fact: w.told.wants, Outcome: "failure"}
	broken := &fragile{w.told.Subscription(), poison.ID}
	broken.subscription.Name = "broken"
	w.outbox = w.outboxOf(w.told.Subscription(), broken.Subscription())
	w.append(w.ctx(), poison)
	for range 3 {
		w.append(w.other(), event.Event{Fact: w.told.wants, Outcome: "failure"})
	}
	w.workOf(&handler{w.told, w.told.Handle}, broken)
	for range 4 {
		w.heard()
	}
	w.eventually("what panicked waits to be tried again, and all else is done", func() bool {
		return w.count(`SELECT count(*) FROM river_job WHERE kind = 'event_delivery' AND state IN ('retryable', 'available', 'scheduled')
			AND args ->> 'event_id' = $1 AND args ->> 'subscriber' = 'broken' AND errors[1] ->> 'error' LIKE '%poison%'`, poison.ID.String()) == 1 &&
			w.count(`SELECT count(*) FROM river_job WHERE kind = 'event_delivery' AND state = 'completed'`) == 7
	})
}

// A fragile subscriber panics at one event.
type fragile struct {
	subscription event.Subscription
	at           uuid.UUID
}

func (f *fragile) Subscription() event.Subscription { return f.subscription }

func (f *fragile) Handle(_ context.Context, e event.Event) error {
	if e.ID == f.at {
		panic("poison")
	}
	return nil
}

func TestQueue_stopsInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stop := w.work()
	w.append(w.ctx(), event.Event{Fact: w.told.wants, Outcome: "failure"})
	w.heard()
	stop()
	kept := event.Event{ID: uuid.New(), Fact: w.told.wants, Outcome: "failure"}
	w.append(w.ctx(), kept)
	w.work() // the next process finds it
	if got := w.heard(); got.ID != kept.ID {
		t.Errorf("got %v, want %v", got.ID, kept.ID)
	}
}

// A tenant that queues very many at once has another's first one overtake them.
func TestQueue_oneTenantsFloodIsOvertaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	flood := make([]event.Event, 1000)
	for i := range flood {
		flood[i] = event.Event{Fact: w.told.wants, Outcome: "failure"}
	}
	must(t, w.db.InTx(w.ctx(), func(ctx context.Context) error { return w.outbox.Append(ctx, flood...) }))
	w.append(w.other(), event.Event{Fact: w.told.wants, Outcome: "failure"})
	var before atomic.Int32
	done := make(chan struct{})
	w.workFor(func(ctx context.Context, _ event.Event) error {
		if tenant.Must(ctx).ID == w.tenants[1].ID {
			close(done)
		} else {
			before.Add(1)
		}
		return nil
	})
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("the other tenant's event was not handed on")
	}
	// The first of the flood, and what was being worked at the same time.
	if n := before.Load(); n > 20+2*queue.EventWorkers {
		t.Errorf("%d of the other tenant's thousand came before it", n)
	}
}

// A tenant whose subscribers are slow does not hold every worker.
func TestQueue_oneTenantsSlowJobsHoldUpNobodyElses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 2 * queue.EventWorkers {
		w.append(w.ctx(), event.Event{Fact: w.told.wants, Outcome: "failure"})
	}
	release, done, began := make(chan struct{}), make(chan struct{}), make(chan struct{}, 4*queue.EventWorkers)
	var slow, most atomic.Int32
	stop := w.workFor(func(ctx context.Context, _ event.Event) error {
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
	})
	<-began
	w.append(w.other(), event.Event{Fact: w.told.wants, Outcome: "failure"})
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Error("the other tenant's event waits for slow ones")
	}
	if n := most.Load(); n > queue.EventWorkers/4 {
		t.Errorf("%d of the slow ones at once, want at most %d", n, queue.EventWorkers/4)
	}
	close(release)
	// Those that had to wait come again by themselves.
	for range 2*queue.EventWorkers - 1 {
		select {
		case <-began:
		case <-time.After(time.Minute):
			t.Fatal("a job that had to wait did not come again")
		}
	}
	stop()
}

// A counter is a subscriber that hands on every event, and fails at the first few.
type counter struct {
	name  string
	lane  event.Lane
	fails atomic.Int32
	told  chan uuid.UUID
}

func newCounter(name string, lane event.Lane, fails int32) *counter {
	c := &counter{name: name, lane: lane, told: make(chan uuid.UUID, 100)}
	c.fails.Store(fails)
	return c
}

func (c *counter) Subscription() event.Subscription {
	return event.Subscription{Name: c.name, Lane: c.lane, Types: []event.Fact{event.UserDisabled{}}}
}

func (c *counter) Handle(_ context.Context, e event.Event) error {
	c.told <- e.ID
	if c.fails.Add(-1) >= 0 {
		return errors.New("not now")
	}
	return nil
}

// wait returns the next event that the counter is told of.
func (c *counter) wait(t *testing.T) uuid.UUID {
	t.Helper()
	select {
	case id := <-c.told:
		return id
	case <-time.After(time.Minute):
		t.Fatalf("%s was not told", c.name)
		return uuid.Nil
	}
}

// What one subscriber fails at is tried again for it alone; one insert has queued both.
func TestQueue_repeatsNothingForOtherSubscribers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good, bad := newCounter("good", event.LaneDefault, 0), newCounter("bad", event.LaneLogout, 1)
	e := event.Event{ID: uuid.New(), Fact: event.UserDisabled{}, Outcome: "success"}
	w.outbox = w.outboxOf(good.Subscription())
	of1 := w.counted.Count(func() { w.append(w.ctx(), event.Event{Fact: e.Fact, Outcome: "success"}) })
	w.sql(`DELETE FROM river_job`)
	w.outbox = w.outboxOf(good.Subscription(), bad.Subscription())
	if n := w.counted.Count(func() { w.append(w.ctx(), e) }); n != of1 {
		t.Errorf("got %d statements for an event of two subscribers, want %d as for one", n, of1)
	}
	for lane, want := range map[string]string{"default": "good", "logout": "bad"} {
		if n := w.count(`SELECT count(*) FROM river_job WHERE queue = $1 AND args ->> 'subscriber' = $2`, lane, want); n != 1 {
			t.Errorf("got %d jobs of %s in lane %s, want 1", n, want, lane)
		}
	}
	w.workOf(good, bad)
	for range 2 {
		if id := bad.wait(t); id != e.ID {
			t.Errorf("got %v, want %v", id, e.ID)
		}
	}
	if good.wait(t) != e.ID || len(good.told) != 0 {
		t.Errorf("the other subscriber was told %d times more", len(good.told))
	}
}

// A job of the version before, one for all subscribers, reaches each of them once.
func TestQueue_worksOffWhatTheVersionBeforeQueued(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := newCounter("one", event.LaneDefault, 0), newCounter("two", event.LaneLogout, 0)
	w.outbox = w.outboxOf(one.Subscription(), two.Subscription())
	e := event.Event{ID: uuid.New(), Fact: event.UserDisabled{}, Outcome: "success"}
	w.append(w.ctx(), e)
	w.sql(`DELETE FROM river_job`)
	w.sql(`UPDATE events SET body = body - 'data' || '{"data": {"sessions": 3, "of_another_version": true}}'`)
	w.sql(`INSERT INTO river_job (args, kind, max_attempts, queue) VALUES ($1::jsonb, 'event', 25, 'logout')`,
		`{"tenant_id": "`+w.tenants[0].ID.String()+`", "event_id": "`+e.ID.String()+`"}`)
	stop := w.workOf(one, two)
	if one.wait(t) != e.ID || two.wait(t) != e.ID {
		t.Error("another event was told of")
	}
	stop()
	if len(one.told)+len(two.told) != 0 {
		t.Errorf("told %d and %d times more", len(one.told), len(two.told))
	}
	if n := w.count(`SELECT count(*) FROM river_job WHERE kind IN ('event', 'event_delivery') AND state <> 'completed'`); n != 0 {
		t.Errorf("%d jobs are not done", n)
	}
}
