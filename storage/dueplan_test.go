package storage

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// What is asked each minute by every process reads no table from end to end when nothing is due, however many sessions and
// tenants there are.
func TestUpkeep_asksIndexesWhetherSomethingIsDue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.redeemed()
	w.sql(`INSERT INTO sessions (tenant_id, id, token_hash, user_id, auth_time, idle_ttl, expires_at)
		SELECT $1, gen_random_uuid(), decode(md5(n::text), 'hex'), u.id, now(), '1 hour', now() + '1 day'
		FROM generate_series(1, 3000) n CROSS JOIN (SELECT id FROM users WHERE tenant_id = $1 LIMIT 1) u`, w.tenants[0].ID.String())
	w.sql(`INSERT INTO tenants (id, slug, name) SELECT gen_random_uuid(), 'many-' || n, 'Many' FROM generate_series(1, 3000) n`)
	w.sql(`ANALYZE`)
	rows, err := w.platform.Query(t.Context(), `EXPLAIN `+dueEachMinute)
	must(t, err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(t, err)
	plan := strings.Join(lines, "\n")
	for _, table := range []string{"sessions", "tenants"} {
		if strings.Contains(plan, "Seq Scan on "+table) || !strings.Contains(plan, " on "+table) {
			t.Errorf("%s is read whole:\n%s", table, plan)
		}
	}
}
