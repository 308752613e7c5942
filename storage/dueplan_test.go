package storage

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// What every process does now and then reads no table from end to end when nothing is due, however many sessions and
// tenants there are.
func TestUpkeep_readsNoTableWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.redeemed()
	w.sql(`INSERT INTO sessions (tenant_id, id, token_hash, user_id, auth_time, idle_ttl, expires_at)
		SELECT $1, gen_random_uuid(), decode(md5(n::text), 'hex'), u.id, now(), '1 hour', now() + '1 day'
		FROM generate_series(1, 3000) n CROSS JOIN (SELECT id FROM users WHERE tenant_id = $1 LIMIT 1) u`, w.tenants[0].ID.String())
	w.sql(`INSERT INTO tenants (id, slug, name) SELECT gen_random_uuid(), 'many-' || n, 'Many' FROM generate_series(1, 3000) n`)
	w.sql(`ANALYZE`)
	plan := w.explained(dueEachMinute)
	for _, table := range []string{"sessions", "tenants"} {
		if strings.Contains(plan, "Seq Scan on "+table) || !strings.Contains(plan, " on "+table) {
			t.Errorf("%s is read whole:\n%s", table, plan)
		}
	}
	var arguments []string
	for n, example := range []string{uuid.NewString(), uuid.NewString(), "request", "2026-01-01", "flow", "{}"} {
		cast := []string{"uuid", "uuid", "text", "timestamptz", "text", "text"}[n]
		arguments = append(arguments, fmt.Sprintf("$%d", n+1), fmt.Sprintf("array_fill('%s'::%s, ARRAY[300])", example, cast))
	}
	if plan := w.explained(strings.NewReplacer(arguments...).Replace(insertTrails)); strings.Contains(plan, "Seq Scan on tenants") {
		t.Errorf("for the trails of some refusals all tenants are read:\n%s", plan)
	}
}

// explained returns how the platform's role would have a statement executed.
func (w *world) explained(sql string) string {
	w.t.Helper()
	rows, err := w.platform.Query(w.t.Context(), `EXPLAIN `+sql)
	must(w.t, err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(w.t, err)
	return strings.Join(lines, "\n")
}
