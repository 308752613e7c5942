package storage_test

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plinto/internal/secret"
	"plinto/storage"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// A running server seals what happens, without anybody asking, and says how far it is behind.
// Whoever waits for events of the tenant hears of it.
func TestUpkeep_sealsTheAuditLog(t *testing.T) {
	t.Parallel()
	root, _ := secret.NewRoot()
	s, owner := storagetest.WithOwner(t, func(c *storage.Config) { c.Root = root })
	ctx := storagetest.Tenant(t, s, "acme")
	if age := unsealed(t, s); age <= 0 {
		t.Errorf("the oldest row that is not sealed is %v seconds old, want more", age)
	}
	grown := make(chan struct{}, 10)
	s.OnChange("audit_trees", func(id tenant.ID) {
		if id == tenant.Must(ctx).ID {
			grown <- struct{}{}
		}
	}, func() {})
	storagetest.Run(t, s)
	for {
		var leaves, heads, pending int
		if err := owner.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM audit_leaves), (SELECT count(*) FROM audit_heads), (SELECT count(*) FROM audit_pending)`).Scan(&leaves, &heads, &pending); err != nil {
			t.Fatal(err)
		}
		if leaves == 1 && heads == 1 && pending == 0 {
			break
		}
		select {
		case <-grown:
		case <-time.After(time.Minute):
			t.Fatalf("%d leaves and %d heads after a minute, %d rows are not sealed", leaves, heads, pending)
		}
	}
}

// unsealed returns the metric of what is not sealed.
func unsealed(t *testing.T, s *storage.Store) float64 {
	t.Helper()
	r := prometheus.NewRegistry()
	s.Register(r)
	for range 1000 { // the first has the database asked
		families, err := r.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() == "plinto_audit_unsealed_seconds" {
				return f.GetMetric()[0].GetGauge().GetValue()
			}
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Fatal("there is no metric of what is not sealed")
	return 0
}
