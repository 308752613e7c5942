package storage

import (
	"testing"
	"time"

	"plinto/storage/internal/pg"
)

// expiredRows fills tables with rows of which all but a fiftieth are over, as they are found in a busy installation.
var expiredRows = []struct{ table, fill string }{
	{"attempts", `INSERT INTO attempts (tenant_id, key, tat) SELECT $1, 'k' || n, now() + CASE WHEN n % 50 = 0 THEN '1 hour' ELSE '0'::interval END - n * interval '1 ms' FROM generate_series(1, $2) n`},
	{"sessions", `INSERT INTO sessions (tenant_id, id, token_hash, user_id, auth_time, idle_ttl, expires_at, ended_at)
		SELECT $1, gen_random_uuid(), decode(md5(n::text), 'hex'), u.id, now(), '1 hour', now() + CASE WHEN n % 50 = 0 THEN '1 day' ELSE '-2 days'::interval END - n * interval '1 ms', now()
		FROM generate_series(1, $2) n CROSS JOIN (SELECT id FROM users WHERE tenant_id = $1 LIMIT 1) u`},
	{"grants", `INSERT INTO grants (tenant_id, id, client_id, user_id, session_id, scopes, auth_time, expires_at)
		SELECT $1, gen_random_uuid(), c.id, u.id, gen_random_uuid(), '{openid}', now(), now() + CASE WHEN n % 50 = 0 THEN '1 day' ELSE '-8 days'::interval END - n * interval '1 ms'
		FROM generate_series(1, $2) n CROSS JOIN (SELECT id FROM users WHERE tenant_id = $1 LIMIT 1) u CROSS JOIN (SELECT id FROM clients WHERE tenant_id = $1 LIMIT 1) c`},
	{"codes", `INSERT INTO codes (tenant_id, hash, flow_id, grant_id, redirect_uri, redirect_uri_sent, expires_at, spent_at)
		SELECT $1, decode(md5(g.id::text), 'hex'), gen_random_uuid(), g.id, '', false, g.expires_at, now() FROM grants g WHERE tenant_id = $1 LIMIT $2`},
	{"refresh_tokens", `INSERT INTO refresh_tokens (tenant_id, hash, grant_id, expires_at)
		SELECT $1, decode(md5(g.id::text), 'hex'), g.id, g.expires_at FROM grants g WHERE tenant_id = $1 LIMIT $2`},
	{"access_tokens", `INSERT INTO access_tokens (tenant_id, hash, jti, grant_id, client_id, subject, expires_at)
		SELECT $1, decode(md5(g.id::text), 'hex'), '', g.id, g.client_id, '', g.expires_at FROM grants g WHERE tenant_id = $1 LIMIT $2`},
	{"events", `INSERT INTO events (tenant_id, id, type, occurred_at, body)
		SELECT $1, gen_random_uuid(), '', now() - CASE WHEN n % 50 = 0 THEN '1 day' ELSE '31 days'::interval END - n * interval '1 ms', '{}' FROM generate_series(1, $2) n`},
}

// BenchmarkCleanup deletes what is over of each of the tables that grow with requests.
func BenchmarkCleanup(b *testing.B) {
	const rows = 300_000
	w := newWorld(b)
	w.redeemed()
	of := w.tenants[0].ID.String()
	for b.Loop() {
		b.StopTimer()
		for _, r := range expiredRows {
			w.sql(r.fill, of, rows)
		}
		w.sql(`ANALYZE`)
		b.StartTimer()
		for _, c := range cleanups {
			from, began, n := time.Time{}, time.Now(), 0
			for {
				gone, err := deleteBatch(b.Context(), pg.NewSystem(w.platform), c.sql, cleanupBatch, from)
				if err != nil {
					b.Fatal(err)
				}
				if n += gone.Rows; gone.Rows < cleanupBatch {
					break
				}
				from = *gone.Last
			}
			if n > 1000 {
				b.Logf("%s: %d rows, %.0f a second", c.what, n, float64(n)/time.Since(began).Seconds())
			}
		}
	}
}
