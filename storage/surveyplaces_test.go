package storage_test

import (
	"strings"
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

// ENG-06: so does what waits there to be sealed or delivered.
func TestSurvey_looksForWorkInSchemas_ENG_06(t *testing.T) {
	t.Parallel()
	s, owner := storagetest.WithOwner(t)
	storagetest.Create(t, s, testworld.Tenant("shared"))
	apart := storagetest.Create(t, s, testworld.Tenant("apart", func(t *tenant.Tenant) { t.Placement.Isolation = tenant.Schema }))
	schema, id := pg.SchemaName(apart.ID), apart.ID.String()
	for _, sql := range []string{
		`DELETE FROM audit_pending`,
		`UPDATE ` + schema + `.audit_pending SET occurred_at = now() - interval '2 hours'`,
		`INSERT INTO ` + schema + `.webhook_endpoints (tenant_id, id, url, events, sealed) VALUES ('` + id + `', '` + id + `', 'https://hook.example', '{}', '')`,
		`INSERT INTO ` + schema + `.webhook_deliveries (tenant_id, id, endpoint_id, event_id, type, occurred_at, due_at, created_at)
			VALUES ('` + id + `', '` + id + `', '` + id + `', '` + id + `', 'x', now(), now(), now() - interval '2 hours')`,
	} {
		if _, err := owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	r := prometheus.NewRegistry()
	s.Register(r)
	told := map[string]float64{}
	for range 1000 { // the first has the database asked
		families, err := r.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if strings.HasPrefix(f.GetName(), "plinto_webhook_deliver") || strings.HasPrefix(f.GetName(), "plinto_audit_unsealed_") {
				told[f.GetName()] = f.GetMetric()[0].GetGauge().GetValue()
			}
		}
		if len(told) > 0 {
			break
		}
		<-time.After(10 * time.Millisecond)
	}
	for _, name := range []string{"plinto_audit_unsealed_seconds", "plinto_webhook_delivery_oldest_seconds"} {
		if told[name] < 7200 {
			t.Errorf("%s is %v, want that of the schema", name, told[name])
		}
	}
	if told["plinto_audit_unsealed_rows"] == 0 || told["plinto_webhook_deliveries_pending"] != 1 {
		t.Errorf("told %v", told)
	}
}
