package webhook_test

import (
	"encoding/json"
	"slices"
	"testing"

	"plinto/event/webhook"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// What an operator does to a tenant, its endpoints are told as all else, and those of other
// tenants are not.
func TestWebhook_tellsATenantWhatBecomesOfIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	storagetest.Run(t, w.store)
	r, foreign := w.receive(nil), w.receive(nil)
	w.endpoint(w.ctx, r.URL, "tenant.*")
	w.endpoint(w.tenant("other"), foreign.URL, "tenant.*")
	tenants := storagetest.Registry(w.store)
	_, err := tenants.Update(t.Context(), "acme", func(t *tenant.Tenant) error { t.Name = "Renamed"; return nil })
	must(t, err)
	must(t, tenants.Disable(t.Context(), "acme"))
	must(t, tenants.Enable(t.Context(), "acme"))
	var kinds []string
	for range 3 {
		got := r.next(t)
		var payload struct{ ID, Type, Subject string }
		must(t, json.Unmarshal(got.body, &payload))
		if payload.Subject != "acme" || payload.ID != got.header.Get("Webhook-Id") {
			t.Errorf("got %s", got.body)
		}
		kinds = append(kinds, payload.Type)
	}
	slices.Sort(kinds)
	if want := []string{"tenant.disabled", "tenant.enabled", "tenant.updated"}; !slices.Equal(kinds, want) {
		t.Errorf("got %q, want %q", kinds, want)
	}
	if n := w.count(`SELECT count(*) FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id WHERE e.url = $1`, foreign.URL); n != 0 {
		t.Errorf("%d deliveries to another tenant's endpoint", n)
	}
	if n := w.count(`SELECT count(*) FROM events e JOIN tenants t ON t.id = e.tenant_id WHERE e.type LIKE 'tenant.%' AND t.slug = 'acme' AND seq > 0`); n != 3 {
		t.Errorf("%d events are stored, want 3", n)
	}
}

// A change of a tenant that fails is told to nobody.
func TestWebhook_tellsNothingOfATenantThatDidNotChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.endpoint(w.ctx, "https://a.example/", "tenant.*")
	tenants := storagetest.Registry(w.store)
	w.tenant("other")
	_, err := tenants.Update(t.Context(), "acme", func(t *tenant.Tenant) error { t.Host = "taken.example"; return nil })
	must(t, err)
	before := w.count(`SELECT count(*) FROM river_job`)
	if _, err = tenants.Update(t.Context(), "other", func(t *tenant.Tenant) error { t.Host = "taken.example"; return nil }); err == nil {
		t.Fatal("two tenants have one host")
	}
	if n := w.count(`SELECT count(*) FROM events WHERE type = 'tenant.updated'`); n != 1 {
		t.Errorf("%d events, want 1: %v", n, webhook.Types())
	}
	if n := w.count(`SELECT count(*) FROM river_job`); n != before {
		t.Errorf("%d jobs more", n-before)
	}
}
