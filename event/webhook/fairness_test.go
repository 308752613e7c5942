package webhook_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"plinto/event"
	"plinto/event/webhook"
	"plinto/internal/egress"
	"plinto/storage/storagetest"
)

// One endpoint with very many waiting that never answers in time: what other tenants, and the
// other endpoints of its own, are sent goes on, through the queue of a whole server.
func TestFairness_oneSlowEndpointHoldsUpNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *egress.Options) { o.Timeout, o.HeaderTimeout = 3*time.Second, 3*time.Second })
	w.drainer.Sender.Now, w.service.Now, w.hooks.Now = time.Now, time.Now, time.Now
	var now, most atomic.Int32
	hung := make(chan struct{}, 10_000)
	slow := w.receive(func(_ http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
		}
		hung <- struct{}{}
		<-r.Context().Done()
		now.Add(-1)
	})
	w.backlog(slow.URL)
	fast := w.receive(nil)
	other := w.tenant("other")
	w.endpoint(other, fast.URL, "user.enabled")
	w.endpoint(w.ctx, fast.URL, "user.disabled")
	storagetest.Run(t, w.store)
	w.stored(w.ctx, event.Event{Fact: event.UserEnabled{}}) // wakes the slow one
	<-hung
	for i := range 20 {
		began, ctx, fact := time.Now(), other, event.Fact(event.UserEnabled{})
		if i%2 == 0 {
			ctx, fact = w.ctx, event.UserDisabled{}
		}
		told := w.stored(ctx, event.Event{Fact: fact})
		if got := fast.next(t); got.header.Get("Webhook-Id") != webhook.EventID(told.ID) {
			t.Fatalf("got %v", got.header)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("delivery %d took %s beside a slow endpoint", i, took)
		}
	}
	if n := most.Load(); n > 2 {
		t.Errorf("%d requests at once to the slow endpoint, want at most 2", n)
	}
}

// backlog makes an endpoint for user.enabled with ten thousand deliveries waiting.
func (w *world) backlog(url string) {
	w.t.Helper()
	e, _ := w.endpoint(w.ctx, url, "user.enabled")
	_, err := w.owner.Exec(w.t.Context(), `
		WITH told AS (INSERT INTO events (tenant_id, id, type, body) SELECT tenant_id, gen_random_uuid(), 'user.enabled', '{"outcome": "success"}'
			FROM webhook_endpoints, generate_series(1, 10000) WHERE id = $1 RETURNING tenant_id, id)
		INSERT INTO webhook_deliveries (tenant_id, id, endpoint_id, event_id, type, occurred_at, due_at, created_at)
		SELECT tenant_id, gen_random_uuid(), $1, id, 'user.enabled', now(), now() - interval '1 minute', now() FROM told`, e.ID)
	must(w.t, err)
}
