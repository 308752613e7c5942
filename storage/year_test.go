package storage

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"plinto/storage/internal/pg"
)

// year has TestYear live through one: make year.
var year = flag.Bool("year", false, "have TestYear live through a year")

// weekly fills tables with what a week leaves, besides expiredRows: $1 is the tenant, $2 how many rows.
var weekly = []struct{ table, fill string }{
	{"one_time_tokens", `INSERT INTO one_time_tokens (tenant_id, hash, purpose, created_at, expires_at)
		SELECT $1, decode(md5(random()::text), 'hex'), 'sign_up:' || n, now() - n * interval '5 minutes', now() - n * interval '5 minutes' + interval '1 hour' FROM generate_series(1, $2) n`},
	{"pushed_requests", `INSERT INTO pushed_requests (tenant_id, hash, client_id, request, expires_at)
		SELECT $1, decode(md5(random()::text), 'hex'), c.id, '{}', now() - n * interval '5 minutes' FROM generate_series(1, $2) n CROSS JOIN (SELECT id FROM clients WHERE tenant_id = $1 LIMIT 1) c`},
	{"flows", `INSERT INTO flows (tenant_id, id, browser, network, sealed, created_at, expires_at)
		SELECT $1, gen_random_uuid(), decode(md5(n::text), 'hex'), 'n', decode(repeat(md5(n::text), 20), 'hex'), now() - n * interval '5 minutes', now() - n * interval '5 minutes' + interval '30 minutes' FROM generate_series(1, $2) n`},
	{"spent_challenges", `INSERT INTO spent_challenges (tenant_id, hash, expires_at) SELECT $1, decode(md5(random()::text), 'hex'), now() - n * interval '5 minutes' FROM generate_series(1, $2) n`},
	{"request_trails", `INSERT INTO request_trails (tenant_id, id, request_id, at, body) SELECT $1, gen_random_uuid(), md5(random()::text), now() - n * interval '5 minutes', '{}' FROM generate_series(1, $2) n`},
	{"idempotency_keys", `INSERT INTO idempotency_keys (tenant_id, hash, fingerprint, claim, claimed_until, expires_at)
		SELECT $1, decode(md5(random()::text), 'hex'), 'f', gen_random_uuid(), now(), now() - n * interval '5 minutes' + interval '1 day' FROM generate_series(1, $2) n`},
	{"webhook_deliveries", `INSERT INTO webhook_deliveries (tenant_id, id, endpoint_id, event_id, type, occurred_at, due_at, created_at, state)
		SELECT $1, gen_random_uuid(), e.id, gen_random_uuid(), 'x', now() - n * interval '5 minutes', now(), now() - n * interval '5 minutes', 'delivered'
		FROM generate_series(1, $2) n CROSS JOIN (SELECT id FROM webhook_endpoints WHERE tenant_id = $1 LIMIT 1) e`},
	{"statistics_seen", `INSERT INTO statistics_seen (tenant_id, metric, start, user_id, seen_at) SELECT $1, 'active_users_by_day', now(), md5(random()::text), now() - n * interval '5 minutes' FROM generate_series(1, $2) n`},
}

const (
	weeks       = 52
	rowsAWeek   = 2000 // of each kind: five minutes apart
	settledIn   = 11   // weeks: after it everything that is kept for 62 days or less goes as fast as it comes
	mayGrowTo   = 130  // percent of the size then
	auditKept   = 180 * 24 * time.Hour
	auditMonths = 8 // that 180 days may touch, this one, and the one before it is dropped
)

// age moves the clock of the database on by a week: all that it says of time is a week older. What is partitioned by time stays.
const age = `
DO $$
DECLARE t record;
BEGIN
	FOR t IN SELECT c.oid::regclass AS name, string_agg(format('%1$I = %1$I - interval ''7 days''', a.attname), ', ') AS columns
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = 'timestamptz'::regtype AND a.attgenerated = ''
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition AND c.relname NOT LIKE 'river%' AND c.relname NOT LIKE 'audit%'
			AND c.relname NOT IN ('schema_migrations', 'tenants', 'clients', 'users', 'webhook_endpoints') GROUP BY 1
	LOOP
		EXECUTE format('UPDATE %s SET %s', t.name, t.columns);
	END LOOP;
END $$`

// sizes are those of all tables with their indexes, but for the audit log and the queue, in bytes.
const sizes = `SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname NOT LIKE 'audit%' AND relname NOT LIKE 'river%'`

// A year of use leaves no more behind than a few weeks: what is over goes, and its room is used again. Autovacuum, which comes when
// it likes, is done by hand each week.
func TestYear_leavesNoMoreThanAFewWeeks(t *testing.T) {
	if !*year {
		t.Skip("it takes minutes: make year")
	}
	w := newWorld(t)
	w.redeemed()
	of, system := w.tenants[0].ID.String(), pg.NewSystem(w.platform)
	w.sql(`INSERT INTO webhook_endpoints (tenant_id, id, url, events, sealed) VALUES ($1, gen_random_uuid(), '', '{}', '')`, of)
	w.sql(`SET session_replication_role = replica`) // the clock is moved without telling anybody
	settled := 0
	for week := 1; week <= weeks; week++ {
		w.sql(age)
		for _, r := range slices.Concat(expiredRows, weekly) {
			w.sql(r.fill+` ON CONFLICT DO NOTHING`, of, rowsAWeek)
		}
		must(t, clean(t.Context(), system, cleanupBatch))
		w.sql(`VACUUM`)
		size := w.count(sizes)
		if week == settledIn {
			settled = size
		}
		if week%4 == 0 || week == settledIn {
			t.Logf("week %2d: %.1f MB", week, float64(size)/1e6)
		}
		if week > settledIn && size*100 > settled*mayGrowTo {
			t.Fatalf("week %d: %d bytes, want at most %d %% of the %d of week %d", week, size, mayGrowTo, settled, settledIn)
		}
	}
	for _, r := range slices.Concat(expiredRows, weekly) {
		t.Logf("%s: %d rows are left of %d", r.table, w.count(`SELECT count(*) FROM `+r.table), weeks*rowsAWeek)
	}
	w.yearOfAudit(system, of)
}

// yearOfAudit fills a partition of the audit log for each month of a year, and has what is older than half a year dropped.
func (w *world) yearOfAudit(system *System, of string) {
	w.t.Helper()
	for month := 1; month <= 12; month++ {
		w.sql(fmt.Sprintf(`
			DO $$ DECLARE begins date := date_trunc('month', now()) - interval '%d months'; part text := 'audit_log_' || to_char(begins, 'YYYY_MM');
			BEGIN
				EXECUTE format('CREATE TABLE %%I PARTITION OF audit_log FOR VALUES FROM (%%L) TO (%%L)', part, begins::timestamptz, (begins + interval '1 month')::timestamptz);
				EXECUTE format('ALTER TABLE %%I ADD PRIMARY KEY (tenant_id, id), ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', part);
			END $$`, month))
		w.sql(`INSERT INTO audit_log (tenant_id, id, type, occurred_at, actor_type, outcome)
			SELECT $1, gen_random_uuid(), 'x', date_trunc('month', now()) - $3 * interval '1 month' + n * interval '15 minutes', 'system', 'success' FROM generate_series(1, $2) n`, of, rowsAWeek, month)
	}
	w.sql(`DELETE FROM audit_pending; INSERT INTO audit_trees (tenant_id, past_done) SELECT id, true FROM tenants ON CONFLICT (tenant_id) DO UPDATE SET past_done = true`)
	const months = `SELECT count(*) FROM pg_inherits WHERE inhparent = 'audit_log'::regclass AND inhrelid::regclass::text <> 'audit_log_default'`
	before, rows := w.count(months), w.count(`SELECT count(*) FROM audit_log`)
	must(w.t, auditUpkeep(system, auditKept).Run(w.t.Context()))
	after, left := w.count(months), w.count(`SELECT count(*) FROM audit_log`)
	w.t.Logf("audit log: %d partitions and %d rows, then %d and %d", before, rows, after, left)
	if after > auditMonths+auditAhead || left >= rows || left < rows/3 {
		w.t.Errorf("%d partitions and %d of %d rows are left", after, left, rows)
	}
}
