package schema

import (
	"fmt"
	"regexp"
	"testing"

	"plinto/internal/testservice"

	"github.com/jackc/pgx/v5"
)

// With a hundred schemas of tenants no server started any more: all of pg_class was read for each of them. What a start
// asks reads it once, however many there are.
func TestCheck_readsTheCatalogOnce(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), testservice.Database(t, migrated(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	for n := range 30 {
		if _, err := conn.Exec(t.Context(), fmt.Sprintf(`CREATE SCHEMA tenant_%032x`, n)); err != nil {
			t.Fatal(err)
		}
	}
	whole := regexp.MustCompile(`Seq Scan on pg_(class|attribute|policy|shdepend).* loops=([2-9]|\d{2,})\)`)
	for name, text := range map[string]string{"ownersAmong": ownersAmong, "openTables": openTables} {
		rows, err := conn.Query(t.Context(), `EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF) `+text)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range plan {
			if whole.MatchString(line) {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
}
