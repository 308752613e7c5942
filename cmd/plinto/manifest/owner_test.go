package manifest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"plinto/cmd/plinto/manifest"
	"plinto/event/webhook"
	"plinto/internal/owner"
	"plinto/organization"
	"plinto/provider"
	"plinto/tenant"
)

const ownedDoc = `
owner: acme
tenants:
  - slug: acme
    resource_servers: [{identifier: "https://api.example", name: API}]
    clients: [{client_id: web, client_name: Web, redirect_uris: ["https://rp.example/cb"]}]
    roles: [{key: helpdesk, permissions: ["users:read"]}]
    organizations: [{slug: north, name: North}]
    webhook_endpoints: [{url: "https://hooks.example/in", events: ["user.created"]}]
`

// others are the ways in which others change or delete what the manifest of ownedDoc declares.
func (s *scene) others() map[string]func(context.Context) error {
	s.t.Helper()
	t, ctx := s.target, s.in("acme")
	north, err := t.Organizations.BySlug(ctx, "north")
	must(s.t, err)
	hooks, err := t.Webhooks.List(ctx)
	must(s.t, err)
	servers, err := t.ResourceServers.All(ctx)
	must(s.t, err)
	api := servers[0]
	api.Name = "Other"
	acme, err := t.Tenants.Current(ctx, "acme")
	must(s.t, err)
	return map[string]func(context.Context) error{
		"client, changed": func(ctx context.Context) error {
			_, err := t.Registrar.Update(ctx, "web", func(c *provider.Client) error { c.ClientName = "Other"; return nil })
			return err
		},
		"client, disabled":         func(ctx context.Context) error { return t.Registrar.Disable(ctx, "web") },
		"client, deleted":          func(ctx context.Context) error { return t.Registrar.Delete(ctx, "web") },
		"resource server, changed": func(ctx context.Context) error { return t.Resources.Put(ctx, api) },
		"resource server, deleted": func(ctx context.Context) error { return t.Resources.Delete(ctx, api.Identifier) },
		"role, deleted": func(ctx context.Context) error {
			return t.Organizations.Roles.Delete(ctx, organization.TenantRole, "helpdesk")
		},
		"organization, suspended":   func(ctx context.Context) error { return t.Organizations.Suspend(ctx, north.ID) },
		"organization, deleted":     func(ctx context.Context) error { return t.Organizations.Delete(ctx, north.ID) },
		"webhook endpoint, stopped": func(ctx context.Context) error { return t.Webhooks.Disable(ctx, hooks[0].ID, webhook.ByOperator) },
		"webhook endpoint, deleted": func(ctx context.Context) error { return t.Webhooks.Delete(ctx, hooks[0].ID) },
		"tenant, disabled":          func(ctx context.Context) error { return t.Registry.Disable(ctx, "acme") },
		"tenant, deleted":           func(ctx context.Context) error { return t.Registry.Delete(ctx, acme) },
		"role, changed": func(ctx context.Context) error {
			_, err := t.Organizations.Roles.Update(ctx, organization.TenantRole, "helpdesk", func(r *organization.Role) error { r.Name = "Other"; return nil })
			return err
		},
		"organization, changed": func(ctx context.Context) error {
			return t.Organizations.Update(ctx, "north", func(o *organization.Organization) { o.Name = "Other" })
		},
		"webhook endpoint, changed": func(ctx context.Context) error {
			_, err := t.Webhooks.Update(ctx, hooks[0].ID, func(spec *webhook.Spec) { spec.Description = "Other" })
			return err
		},
		"tenant, changed": func(ctx context.Context) error {
			_, err := t.Registry.Update(ctx, "acme", func(t *tenant.Tenant) error { t.Name = "Other"; return nil })
			return err
		},
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// OWN-01: what a manifest declares is changed by it and by who forces it, by nobody else.
func TestApply_ownsWhatItDeclares(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.apply(ownedDoc, false)
	others := s.others()
	for name, do := range others {
		before := s.rows()
		if err := do(s.in("acme")); !errors.Is(err, owner.ErrOwned) {
			t.Errorf("%s: got %v, want ErrOwned", name, err)
		}
		if after := s.rows(); len(changed(before, after)) > 0 {
			t.Errorf("%s: refused, and yet it changed %v", name, changed(before, after))
		}
	}
	forced := owner.Force(s.in("acme"))
	for name, do := range others {
		if strings.HasSuffix(name, "changed") {
			must(t, do(forced))
		}
	}
	drift := s.plan(ownedDoc, false)
	if got := drift.Count(manifest.Update); got != 6 {
		t.Errorf("%d differences are shown, want one of each kind: %+v", got, drift.Changes)
	}
	s.apply(ownedDoc, false)
	if again := s.plan(ownedDoc, false); again.Count(manifest.Unchanged) != len(again.Changes) {
		t.Errorf("applied, and yet: %+v", again.Changes)
	}
}

func changed(before, after map[string]string) (tables []string) {
	for name, sum := range after {
		if before[name] != sum {
			tables = append(tables, name)
		}
	}
	return tables
}

// OWN-02: another manifest takes nothing over, unless it is forced to.
func TestApply_leavesWhatOthersOwn(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.apply(ownedDoc, false)
	other := strings.Replace(ownedDoc, "owner: acme", "owner: other", 1)
	plan := s.plan(other, false)
	if _, err := plan.Apply(t.Context()); !errors.Is(err, owner.ErrOwned) {
		t.Errorf("got %v, want ErrOwned", err)
	}
	if _, err := s.plan("owner: other\ntenants: [{slug: acme, managed_by: acme, clients: []}]", true).Apply(t.Context()); !errors.Is(err, owner.ErrOwned) {
		t.Errorf("pruned what another owns: %v", err)
	}
	if _, err := s.plan(other, false).Apply(owner.Force(t.Context())); err != nil {
		t.Fatal(err)
	}
	if again := s.plan(other, false); again.Count(manifest.Unchanged) != len(again.Changes) {
		t.Errorf("taken over, and yet: %+v", again.Changes)
	}
}

func TestApply_releasesWhatLeavesTheFile(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.apply(ownedDoc, false)
	others := s.others()
	plan, _ := s.apply("owner: acme\ntenants: [{slug: acme, roles: [{key: helpdesk, permissions: [\"users:read\"]}]}]", false)
	if n := plan.Count(manifest.Delete); n != 0 {
		t.Fatalf("%d things are deleted without prune", n)
	}
	for name, do := range others {
		kind, what, _ := strings.Cut(name, ", ")
		if what != "changed" {
			continue
		}
		err := do(s.in("acme"))
		if held := kind == "role" || kind == "tenant"; errors.Is(err, owner.ErrOwned) != held {
			t.Errorf("%s: %v, want refused %v", name, err, held)
		}
	}
	s.apply("owner: acme\ntenants: []", false)
	must(t, others["tenant, changed"](s.in("acme")))
	must(t, others["role, changed"](s.in("acme")))
	var released int
	must(t, s.owner.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE type = 'resource.owner_changed' AND data->>'to' IS NULL`).Scan(&released))
	if released != 6 {
		t.Errorf("%d releases are in the audit log, want 6", released)
	}
}

func TestExport_keepsOwners(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.apply(ownedDoc, false)
	out := s.export()
	if n := strings.Count(out, "managed_by: acme"); n != 6 {
		t.Errorf("%d owners are exported, want 6:\n%s", n, out)
	}
	if plan := s.plan(out, true); slices.ContainsFunc(plan.Changes, func(c manifest.Change) bool { return c.Tenant == "acme" && c.Action != manifest.Unchanged }) {
		t.Errorf("applied where it comes from it changes %+v", plan.Changes)
	}
	elsewhere := newScene(t)
	elsewhere.apply(out, false)
	if again := elsewhere.export(); again != out {
		t.Errorf("elsewhere it is\n%s\nand not\n%s", again, out)
	}
}

func TestParse_refusesOwnersWithoutAName(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{
		"owner: \"\"\ntenants: []", "owner: \"a\\tb\"\ntenants: []", "tenants: [{slug: a, managed_by: \"\"}]",
		"tenants: [{slug: a, clients: [{client_id: c, managed_by: \"\", redirect_uris: [\"https://rp.example/cb\"]}]}]",
	} {
		var problems *manifest.Problems
		if _, _, err := manifest.Parse("x.yaml", []byte(doc)); !errors.As(err, &problems) || len(problems.List) != 1 {
			t.Errorf("%s: %v", doc, err)
		}
	}
}
