package admin_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"plinto/internal/owner"
	"plinto/organization"
)

// OWN-03: what a manifest declares is changed by force, and who forces it needs a right of its own.
func TestManifests_areOverriddenByPermissionOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.post("/organizations", m{"slug": "north", "name": "North"}).is(201)
	north, err := w.Store.Organizations.BySlug(w.In(), "north")
	must(t, err)
	must(t, w.Store.Organizations.SetOwner(owner.Force(w.In()), north.ID, "acme.yaml"))
	path := "/organizations/" + made.text("id")
	refused := w.patch(path, m{"name": "Other"}).is(409, "managed_by_manifest")
	if !strings.Contains(string(refused.raw), `acme.yaml`) {
		t.Errorf("the owner is not named: %s", refused.raw)
	}
	w.send(request{method: "DELETE", path: path}).is(409, "managed_by_manifest")
	rights := slices.DeleteFunc(slices.Clone(organization.Permissions), func(p organization.Permission) bool {
		return p == organization.ManifestsOverride || p.OfSystem()
	})
	helper := w.tokenFor(w.Tenant, rights...)
	w.send(request{method: "PATCH", path: path + "?force=true", body: m{"name": "Other"}, token: helper}).is(403, "permission_missing")
	if n := w.count(`SELECT count(*) FROM audit_log WHERE type = 'management.refused' AND data->>'permission' = 'manifests:override'`); n != 1 {
		t.Errorf("%d refusals are in the audit log, want 1", n)
	}
	if got := w.patch(path+"?force=true", m{"name": "Other"}).is(200); got.text("name") != "Other" {
		t.Errorf("forced: %s", got.raw)
	}
	w.patch(path, m{"name": "North"}).is(409, "managed_by_manifest") // forced once is not released
	w.get(path+"?force=true").is(400, "invalid_parameters")
	w.send(request{method: "DELETE", path: path + "?force=true"}).is(204)
}

// A manifest that declares the tenant has all that is a tenant's, whichever operation changes it.
func TestManifests_ownEverythingOfTheirTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	must(t, w.Store.Tenants.InTx(owner.Force(w.In()), func(ctx context.Context) error {
		return w.Store.Tenants.SetOwner(ctx, uuid.UUID(w.Tenant.ID), "acme.yaml")
	}))
	org := w.post("/organizations", m{"slug": "north", "name": "North"}).is(201)
	north, err := w.Store.Organizations.BySlug(w.In(), "north")
	must(t, err)
	must(t, w.Store.Organizations.SetOwner(owner.Force(w.In()), north.ID, "acme.yaml"))
	before := w.get("/settings").is(200).raw
	for path, change := range map[string]m{
		"/settings": {"require_pkce": true}, "/branding": {"name": "Other"}, "/email-templates/password.changed": {"texts": m{"subject": "Changed"}},
		"/organizations/" + org.text("id") + "/policy": {"mfa": "required"},
	} {
		w.patch(path, change).is(409, "managed_by_manifest")
		w.patch(path+"?force=true&validate_only=true", change).is(200)
	}
	if after := w.get("/settings").is(200).raw; string(after) != string(before) {
		t.Errorf("got %s, want %s", after, before)
	}
	w.patch("/settings?force=true", m{"require_pkce": true}).is(200)
}

// Answers say which manifest declares what they show, and those of what none declares do not.
func TestManifests_areNamedByWhatTheyDeclare(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.operator(organization.Permissions...)
	org := "/organizations/" + w.post("/organizations", m{"slug": "north", "name": "North"}).is(201).text("id")
	client := "/clients/" + w.post("/clients", m{"grant_types": []string{"client_credentials"}}).is(201).text("id")
	server := "/resource-servers/" + w.post("/resource-servers", m{"identifier": "https://one.example"}).is(201).text("id")
	endpoint := "/webhook-endpoints/" + w.post("/webhook-endpoints", m{"url": "https://hooks.example.com/in", "events": []string{"user.deleted"}}).is(201).text("id")
	connection := "/connections/" + w.post("/connections", m{"slug": "one", "name": "One", "issuer": "https://idp.example.com", "client_id": "plinto", "client_secret": "a secret"}).is(201).text("id")
	w.post("/roles", m{"scope": "tenant", "key": "one", "name": "One"}).is(201)
	shown := map[string]func() *answer{"tenants": func() *answer {
		return w.send(request{method: "GET", path: o.system.Issuer + "/admin/v1/tenants/" + w.Tenant.Slug, token: o.token})
	}}
	for table, path := range map[string]string{"organizations": org, "clients": client, "resource_servers": server, "webhook_endpoints": endpoint, "connections": connection, "roles": "/roles/tenant/one"} {
		shown[table] = func() *answer { return w.get(path) }
	}
	for table, read := range shown {
		if got := read().is(200); got.Body["managed_by"] != nil {
			t.Errorf("%s: %s", table, got.raw)
		}
		_, err := w.Owner.Exec(t.Context(), "UPDATE "+table+" SET managed_by = 'acme.yaml'")
		must(t, err)
		if got := read().is(200); got.text("managed_by") != "acme.yaml" {
			t.Errorf("%s: %s", table, got.raw)
		}
	}
	for _, row := range w.get("/organizations").is(200).data() {
		if row["managed_by"] != "acme.yaml" {
			t.Errorf("the list has %v", row)
		}
	}
}
