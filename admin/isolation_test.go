package admin_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"

	"plinto/internal/plintotest"
	"plinto/organization"
	tables "plinto/storage/schema"
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

// A tenant with a database of its own has nothing in the one that others share.
func TestDatabase_holdsAllThereIsOfATenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Isolation: tenant.Database})
	w.things(w.Tenant)
	own := 0
	for _, rows := range w.rows(w.Tenant) {
		if rows != "0 " {
			own++
		}
	}
	elsewhere := *w.Tenant
	elsewhere.Placement = tenant.Placement{}
	for table, rows := range w.rows(&elsewhere) {
		if rows != "0 " {
			t.Errorf("of the tenant, the shared table %s holds %s", table, rows)
		}
	}
	if own < 20 {
		t.Errorf("only %d tables of its database have rows", own)
	}
}

func TestTenants_canHaveADatabaseOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.operator(organization.TenantsRead, organization.TenantsWrite)
	body := m{"slug": "acme", "isolation": "database"}
	o.in("", request{method: "POST", path: "/tenants?validate_only=true", body: body}).is(201)
	var noted int
	must(t, w.Owner.QueryRow(t.Context(), `SELECT count(*) FROM tenant_databases`).Scan(&noted))
	if noted != 0 {
		t.Error("trying noted a database")
	}
	made := o.in("", request{method: "POST", path: "/tenants", body: body}).is(201)
	if made.text("isolation") != "database" {
		t.Errorf("made %s", made.raw)
	}
	acme, err := w.Store.Tenants.BySlug(t.Context(), "acme")
	must(t, err)
	t.Cleanup(func() {
		_, _ = w.Owner.Exec(context.Background(), fmt.Sprintf(`DROP DATABASE IF EXISTS %s WITH (FORCE)`, tables.NameOf(acme.ID)))
	})
	w.things(acme)
	o.in("", request{method: "DELETE", path: "/tenants/acme?confirm=acme"}).is(204)
	plintotest.Eventually(t, "the end of the deletion", func() bool { // a job goes on with it where a row is held
		return w.count(`SELECT count(*) FROM tenants WHERE slug LIKE 'deleted:%'`) == 0
	})
	for table, rows := range w.rows(acme) {
		if left := rows != "0 "; left != (table == "audit_log") && table != "events" {
			t.Errorf("of the deleted tenant, %s holds %s", table, rows)
		}
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

// A database that is away is its tenant's affair alone.
func TestDatabase_thatIsAwayAnswers503(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Isolation = tenant.Database
	own := w.NewTenant("own", "", tenant.Settings{})
	_, err := w.Owner.Exec(t.Context(), fmt.Sprintf(`ALTER DATABASE %s ALLOW_CONNECTIONS false`, tables.NameOf(own.ID)))
	must(t, err)
	_, err = w.Owner.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, tables.NameOf(own.ID))
	must(t, err)
	for range 3 { // one finds that its connection is gone, and others that there is none to be had
		w.answer(t, own.Issuer, http.StatusServiceUnavailable)
		w.answer(t, w.Issuer(), http.StatusBadRequest)
	}
}

// answer fails unless an authorization request of a client that is not there gets a status.
func (w *world) answer(t *testing.T, issuer string, want int) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, issuer+"/oauth2/authorize?client_id=x&response_type=code", nil)
	must(t, err)
	res, err := w.HTTP().Do(q)
	must(t, err)
	if res.Body.Close(); res.StatusCode != want || (res.Header.Get("Retry-After") != "") != (want == http.StatusServiceUnavailable) {
		t.Errorf("%s answers %d, Retry-After %q; want %d", issuer, res.StatusCode, res.Header.Get("Retry-After"), want)
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
	w.answer(t, w.Issuer(), http.StatusServiceUnavailable)
	w.answer(t, other.Issuer, http.StatusBadRequest)
}

// ISO-10: whoever may create tenants names no database of theirs: the owner's password would be sent there.
func TestTenants_nameNoDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	called := make(chan struct{})
	go func() {
		if conn, err := mine.Accept(); err == nil {
			_ = conn.Close()
			close(called)
		}
	}()
	defer func() { _ = mine.Close() }()
	o := w.operator(organization.TenantsRead, organization.TenantsWrite)
	url := "postgres://plinto:secret@" + mine.Addr().String() + "/mine"
	for _, member := range []string{"database_url", "database", "url", "placement", "isolation"} {
		o.in("", request{method: "POST", path: "/tenants", body: m{"slug": "acme", "isolation": "database", member: url}}).is(400)
		o.in("", request{method: "PATCH", path: "/tenants/" + w.Tenant.Slug, body: m{member: url}, header: map[string]string{"Content-Type": "application/merge-patch+json"}}).is(400)
	}
	o.in("", request{method: "POST", path: "/tenants", body: m{"slug": "acme", "isolation": "moving"}}).is(400)
	o.in("", request{method: "GET", path: "/tenants/acme"}).is(404)
	select {
	case <-called:
		t.Error("the server connected to it")
	default:
	}
}
