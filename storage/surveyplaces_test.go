package storage_test

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plinto/internal/testworld"
	"plinto/storage/internal/pg"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// What is in the schema of a tenant counts with what is in the shared tables.
func TestSurvey_looksIntoSchemas(t *testing.T) {
	t.Parallel()
	s, owner := storagetest.WithOwner(t)
	shared := storagetest.Create(t, s, testworld.Tenant("shared"))
	apart := storagetest.Create(t, s, testworld.Tenant("apart", func(t *tenant.Tenant) { t.Placement.Isolation = tenant.Schema }))
	for schema, of := range map[string]*tenant.Tenant{"public": shared, pg.SchemaName(apart.ID): apart} {
		if _, err := owner.Exec(t.Context(), `INSERT INTO `+schema+`.signing_keys (tenant_id, id, kid, alg, state, public, sealed)
			VALUES ($1, gen_random_uuid(), 'k', 'ES256', 'active', '', 'x')`, of.ID.String()); err != nil {
			t.Fatal(err)
		}
	}
	r := prometheus.NewRegistry()
	s.Register(r)
	for range 1000 { // the first has the database asked
		families, err := r.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			for _, m := range f.GetMetric() {
				if f.GetName() == "plinto_signing_keys" && m.GetLabel()[0].GetValue() == "active" {
					if n := m.GetGauge().GetValue(); n != 2 {
						t.Errorf("%v keys are active, want that of each tenant", n)
					}
					return
				}
			}
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Fatal("nothing is said of keys")
}
