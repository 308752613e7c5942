package webhook_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"plinto/event"
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
