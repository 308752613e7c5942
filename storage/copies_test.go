package storage

import (
	"testing"
	"time"

	"plinto/internal/memory"
	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/tenant"
)

// Who listens to the database that tenants share hears nothing of one that a tenant has alone.
func TestCopies_ofTenantsWithADatabaseOfTheirOwnCountAsUnannounced(t *testing.T) {
	t.Parallel()
	a := memory.NewAnnouncements()
	a.Answered(time.Now(), memory.Snapshot{})
	own := testworld.Tenant("own")
	hears := func(*tenant.Tenant) bool { return true }
	for isolation, want := range map[tenant.Isolation]bool{"": true, tenant.Shared: true, tenant.Schema: true, tenant.Database: false} {
		own.Placement.Isolation = isolation
		if got := heardBy(a, nil)(tenant.With(t.Context(), &own)); got != want {
			t.Errorf("isolation %q: announced %t, want %t", isolation, got, want)
		}
		if shares := ofSharedDatabase(tenant.With(t.Context(), &own)); shares != want {
			t.Errorf("isolation %q: shared with other processes %t, want %t", isolation, shares, want)
		}
		if !heardBy(a, hears)(tenant.With(t.Context(), &own)) {
			t.Errorf("isolation %q: not announced though both databases are heard", isolation)
		}
		if heardBy(memory.NewAnnouncements(), hears)(tenant.With(t.Context(), &own)) {
			t.Errorf("isolation %q: announced though the shared database is not heard", isolation)
		}
	}
	if !heardBy(a, nil)(t.Context()) {
		t.Error("without a tenant: not announced")
	}
}

// A client that is held costs neither a statement nor memory.
func TestClients_aHitTakesNoMemory(t *testing.T) {
	w := newWorld(t)
	clients := newClients(w.db, copyOptions{heard: always})
	c := testworld.Client("client", provider.Metadata{})
	must(t, clients.Create(w.ctx(), c))
	ctx := w.ctx()
	if _, err := clients.ByClientID(ctx, c.ClientID); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(1000, func() { _, _ = clients.ByClientID(ctx, c.ClientID) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
