package pg

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"plinto/tenant"
)

// ISO-18: what is kept of statements does not grow with the tenants that have a schema of their own.
func TestNamed_isReadOnceForAllSchemas_ISO_18(t *testing.T) {
	t.Parallel()
	const sql = "SELECT name FROM users WHERE id = @id AND tenant_id = @tenant /* of every schema */"
	args := []any{Named{"id": 1, "tenant": "x"}}
	for range 5 {
		id := uuid.New()
		place := InSchema(SchemaName(tenant.ID(id)))
		text, with := place.statement(sql, args)
		got, values, err := with[0].(placedNamed).RewriteQuery(t.Context(), nil, text, nil)
		if want := fmt.Sprintf("SELECT name FROM %s.users WHERE id = $1 AND tenant_id = $2 /* of every schema */", SchemaName(tenant.ID(id))); err != nil || got != want || len(values) != 2 {
			t.Fatalf("got %q %v, %v; want %q", got, values, err, want)
		}
		for _, kept := range []*sync.Map{&positionals, &statements} {
			kept.Range(func(text, _ any) bool {
				if strings.Contains(text.(string), place.schema) {
					t.Errorf("%q is kept", text)
				}
				return true
			})
		}
	}
}
