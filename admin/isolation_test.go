package admin_test

import (
	"fmt"
	"testing"

	"plinto/internal/plintotest"
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
