package storage

import (
	"testing"
	"time"

	"plinto/internal/memory"
	"plinto/internal/testworld"
	"plinto/tenant"
)

// Who listens to the database that tenants share hears nothing of one that a tenant has alone.
func TestCopies_ofTenantsWithADatabaseOfTheirOwnCountAsUnannounced(t *testing.T) {
	t.Parallel()
	a := memory.NewAnnouncements()
	a.Answered(time.Now())
	own := testworld.Tenant("own")
	for isolation, want := range map[tenant.Isolation]bool{"": true, tenant.Shared: true, tenant.Schema: true, tenant.Database: false} {
		own.Placement.Isolation = isolation
		if got := heardBy(a)(tenant.With(t.Context(), &own)); got != want {
			t.Errorf("isolation %q: announced %t, want %t", isolation, got, want)
		}
	}
	if !heardBy(a)(t.Context()) {
		t.Error("without a tenant: not announced")
	}
}
