package admin_test

import (
	"fmt"
	"net/http"
	"testing"

	"plinto/internal/plintotest"
	"plinto/organization"
	"plinto/tenant"
)

// A tenant with a schema of its own has nothing in the tables that others share, whatever is done in it.
func TestSchema_holdsAllThereIsOfATenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Isolation: tenant.Schema})
	w.things(w.Tenant)
	names, err := w.Owner.Query(t.Context(), `
		SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
		WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace`)
	must(t, err)
	var tables []string
	for names.Next() {
		var name string
		must(t, names.Scan(&name))
		tables = append(tables, name)
	}
	must(t, names.Err())
	own := 0
	for _, table := range tables {
		var shared, there int
		must(t, w.Owner.QueryRow(t.Context(), fmt.Sprintf(`SELECT (SELECT count(*) FROM public.%[1]s WHERE tenant_id = $1), (SELECT count(*) FROM %[1]s)`, table), w.Tenant.ID.String()).Scan(&shared, &there))
		if shared > 0 {
			t.Errorf("%d rows of the tenant are in the shared table %s", shared, table)
		}
		if there > 0 {
			own++
		}
	}
	if own < 20 {
		t.Errorf("only %d tables of its schema have rows", own)
	}
}

func TestTenants_canHaveASchemaOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.operator(organization.TenantsRead, organization.TenantsWrite)
	body := m{"slug": "acme", "isolation": "schema"}
	schemas := func() (n int) {
		must(t, w.Owner.QueryRow(t.Context(), `SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tenant\_%'`).Scan(&n))
		return n
	}
	if o.in("", request{method: "POST", path: "/tenants?validate_only=true", body: body}).is(201); schemas() != 0 {
		t.Error("trying made a schema")
	}
	made := o.in("", request{method: "POST", path: "/tenants", body: body}).is(201)
	if made.text("isolation") != "schema" || schemas() != 1 {
		t.Errorf("%d schemas, and %s", schemas(), made.raw)
	}
	if o.in("", request{method: "POST", path: "/tenants", body: body}).is(409, "tenant_slug_taken"); schemas() != 1 {
		t.Error("a tenant that was refused left its schema")
	}
	o.in("", request{method: "POST", path: "/tenants", body: m{"slug": "moon", "isolation": "moon"}}).is(400)
	acme, err := w.Store.Tenants.BySlug(t.Context(), "acme")
	must(t, err)
	w.things(acme)
	o.in("", request{method: "DELETE", path: "/tenants/acme?confirm=acme"}).is(204)
	for table, rows := range w.rows(acme) {
		if left := rows != "0 "; left != (table == "audit_log") && table != "events" {
			t.Errorf("of the deleted tenant, %s holds %s", table, rows)
		}
	}
}

// A schema that lacks tables is its tenant's affair alone.
func TestSchema_thatIsNotReadyAnswers503(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Isolation: tenant.Schema})
	w.Isolation = tenant.Shared
	other := w.NewTenant("other", "", tenant.Settings{})
	_, err := w.Owner.Exec(t.Context(), `ALTER TABLE clients RENAME TO moved`)
	must(t, err)
	for issuer, want := range map[string]int{w.Issuer(): http.StatusServiceUnavailable, other.Issuer: http.StatusBadRequest} {
		q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, issuer+"/oauth2/authorize?client_id=x&response_type=code", nil)
		must(t, err)
		res, err := w.HTTP().Do(q)
		must(t, err)
		if res.Body.Close(); res.StatusCode != want || (res.Header.Get("Retry-After") != "") != (want == 503) {
			t.Errorf("%s answers %d, Retry-After %q; want %d", issuer, res.StatusCode, res.Header.Get("Retry-After"), want)
		}
	}
}
