package storage

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"plinto/storage/internal/pg"
)

// stays are tables with rows of tenants that no step deletes, each with the reason: they go with the row of
// the tenant, of what they hang on, or not at all.
var stays = map[string]string{
	"data_keys": "one row", "signing_keys": "a few rows", "resource_servers": "a few rows", "roles": "a few rows", "logos": "a few rows", "connections": "a few rows",
	"webhook_endpoints": "a few rows", "webhook_drains": "one of an endpoint", "statistics_progress": "one row",
	"client_secrets": "go with clients", "client_registrations": "go with clients", "consents": "of a version before",
	"totp_factors": "go with users", "user_roles": "go with users",
	"organization_domains": "go with organizations", "organization_logos": "go with organizations",
}

// Every table that grows is emptied in steps: a new one says which it is.
func TestTenantDeletion_knowsEveryTable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rows, err := w.owner.Query(t.Context(), `
		SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname NOT LIKE 'audit\_%'`)
	must(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(t, err)
	known := map[string]bool{}
	for _, r := range slices.Concat(rowsOfTenants, kept) {
		table := strings.Fields(r.sql)[2]
		known[table] = true
		if stays[table] != "" {
			t.Errorf("%s is emptied, and said to stay", table)
		}
	}
	for _, table := range tables {
		if !known[table] && stays[table] == "" {
			t.Errorf("%s is of no list", table)
		}
	}
	if len(tables) < 50 {
		t.Errorf("%d tables are looked at", len(tables))
	}
}

// Each step reads rows of its tenant only, along the primary key.
func TestTenantDeletion_readsNoRowsOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, r := range rowsOfTenants {
		plan := w.planIn(r.sql, r.most)
		if strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "Sort") || !strings.Contains(plan, "_pkey") {
			t.Errorf("%s:\n%s", r.sql, plan)
		}
	}
}

// planIn explains a statement of tenant a, where reading whole tables is dear.
func (w *world) planIn(sql string, args ...any) string {
	w.t.Helper()
	tx, err := w.app.Begin(w.t.Context())
	must(w.t, err)
	defer func() { _ = tx.Rollback(w.t.Context()) }()
	_, err = tx.Exec(w.t.Context(), `SELECT set_config('plinto.tenant', $1, true), set_config('enable_seqscan', 'off', true)`,
		w.tenants[0].ID.String())
	must(w.t, err)
	_, err = tx.Exec(w.t.Context(), unhide)
	must(w.t, err)
	rows, _ := tx.Query(w.t.Context(), `EXPLAIN `+sql, args...)
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(w.t, err)
	return strings.Join(plan, "\n")
}

// A process that is killed after a step leaves what it did done, and the next goes on; nobody finds the tenant
// meanwhile.
func TestTenantDeletion_goesOnWhereItWasInterrupted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	w.granted(s, 3000)
	tenants := newTenants(pg.NewSystem(w.platform), nil, copyOptions{heard: always})
	tenants.outbox = w.outbox
	a := *w.tenants[0]
	stored, err := tenants.Current(t.Context(), a.Slug)
	must(t, err)
	must(t, tenants.InTx(t.Context(), func(ctx context.Context) error { return tenants.Remove(ctx, a.ID, stored.Version) }))
	d, before := &tenantDeletion{tenants}, w.count(`SELECT count(*) FROM refresh_tokens`)
	if n, err := d.step(t.Context(), &a); err != nil || n != deletedAtOnce {
		t.Fatalf("a step deletes %d rows (%v)", n, err)
	}
	if n := w.count(`SELECT count(*) FROM refresh_tokens`); n != before-deletedAtOnce {
		t.Errorf("%d of %d tokens are left after a step", n, before)
	}
	must(t, d.run(t.Context()))
	if n := w.count(`SELECT count(*) FROM tenants WHERE id = $1`, a.ID.String()) + w.count(`SELECT count(*) FROM users WHERE tenant_id = $1`, a.ID.String()); n != 0 {
		t.Errorf("%d rows are left", n)
	}
	if n := w.count(`SELECT count(*) FROM tenants`); n != 1 {
		t.Errorf("%d tenants are left, want the other", n)
	}
}
