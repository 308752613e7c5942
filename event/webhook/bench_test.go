package webhook_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"plinto/event"
	"plinto/internal/egress"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// BenchmarkDeliveries sends events of 1 KB from the commit of their change to a receiver that
// answers at once: outbox, queue, fan-out, requests and their records.
func BenchmarkDeliveries(b *testing.B) {
	const events, writers = 2000, 8
	for b.Loop() {
		w := newWorld(b)
		w.drainer.Sender.Now, w.service.Now, w.hooks.Now = time.Now, time.Now, time.Now
		r := w.receive(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusNoContent) })
		w.endpoint(w.ctx, r.URL, "user.updated")
		current, err := w.store.Tenants.ByID(w.ctx, tenant.Must(w.ctx).ID)
		must(b, err)
		ctx := tenant.With(w.ctx, current)
		storagetest.Run(b, w.store)
		began := time.Now()
		for n := range writers {
			go func() {
				for i := range events / writers {
					must(b, w.store.DB.InTx(ctx, func(ctx context.Context) error {
						return w.store.Outbox.Append(ctx, event.Event{
							Fact: event.UserUpdated{Fields: []string{strings.Repeat("x", 700)}}, Outcome: "success", Subject: fmt.Sprint("org_", n, i),
						})
					}))
				}
			}()
		}
		seen := map[string]bool{}
		size := 0
		for len(seen) < events {
			got := <-r.got
			seen[got.header.Get("Webhook-Id")], size = true, len(got.body)
		}
		b.ReportMetric(events/time.Since(began).Seconds(), "deliveries/s")
		b.ReportMetric(float64(size), "bytes")
	}
}

// BenchmarkFairness says how long a delivery takes from its commit to the receiver, alone and
// beside another tenant's endpoint that answers after thirty seconds and has ten thousand
// waiting.
func BenchmarkFairness(b *testing.B) {
	each := 300
	if testing.Short() {
		each = 100
	}
	for b.Loop() {
		w := newWorld(b, func(o *egress.Options) { o.Timeout, o.HeaderTimeout = time.Minute, time.Minute })
		w.drainer.Sender.Now, w.service.Now, w.hooks.Now = time.Now, time.Now, time.Now
		fast := w.receive(nil)
		other := w.tenant("other")
		w.endpoint(other, fast.URL, "user.disabled")
		storagetest.Run(b, w.store)
		latencies(b, w, other, fast, 20) // warms
		alone := latencies(b, w, other, fast, each)
		hung := make(chan struct{}, 10)
		slow := w.receive(func(_ http.ResponseWriter, r *http.Request) {
			hung <- struct{}{}
			select {
			case <-r.Context().Done():
			case <-time.After(30 * time.Second):
			}
		})
		w.backlog(slow.URL)
		w.stored(w.ctx, event.Event{Fact: event.UserEnabled{}}) // wakes it
		<-hung
		_, err := w.owner.Exec(b.Context(), `VACUUM ANALYZE`) // what the backlog left is not what is measured
		must(b, err)
		beside := latencies(b, w, other, fast, each)
		for name, took := range map[string][]time.Duration{"alone": alone, "beside": beside} {
			b.ReportMetric(took[len(took)/2].Seconds()*1000, "ms-p50-"+name)
			b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "ms-p99-"+name)
		}
	}
}

// latencies sends n events to a receiver, one after the other, and returns how long each took,
// sorted.
func latencies(b *testing.B, w *world, ctx context.Context, to *receiver, n int) (took []time.Duration) {
	b.Helper()
	for range n {
		began := time.Now()
		w.stored(ctx, event.Event{Fact: event.UserDisabled{}})
		to.next(b)
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took
}
