package main

import (
	"testing"

	"plinto/internal/testservice"
	"plinto/storage/storagetest"
)

// Each fault of an installation at work is one finding, which says what helps.
func TestDoctor_findsWhatGoesWrongAtWork(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	conn := storagetest.Owner(t, owner)
	x := &terminal{t: t, dir: t.TempDir(), owner: owner, env: []string{
		"PLINTO_PUBLIC_URL=http://localhost:1", "DATABASE_URL=" + server, "PLINTO_ENCRYPTION_KEY=" + randomKey(), "PLINTO_EGRESS_ALLOW_LOOPBACK=true",
	}}
	x.ok("tenant", "create", "acme")
	x.ok("webhook", "create", "https://example.com/hook", "--events", "*")
	x.ok("org", "create", "north", "--name", "North")
	for name, c := range map[string]struct {
		check    string
		severity severity
		says     string
		broken   string
	}{
		"jobs that nobody works on": {"queue", severityFail, "no process works: no mail and no webhook is sent", `INSERT INTO river_job (state, args, kind, max_attempts, queue, scheduled_at) VALUES ('available', '{}', 'x', 1, 'default', now() - interval '1 hour')`},
		"jobs that are too many": {"queue", severityFail, "wait, the first for 1h0m", `INSERT INTO river_job (state, args, kind, max_attempts, queue, scheduled_at) VALUES ('available', '{}', 'x', 1, 'default', now() - interval '1 hour');
			INSERT INTO river_leader (leader_id, elected_at, expires_at) VALUES ('x', now(), now() + interval '1 minute')`},
		"jobs that were given up": {"queue", severityWarn, "1 jobs were given up: x", `INSERT INTO river_job (state, args, kind, max_attempts, attempt, queue, finalized_at) VALUES ('discarded', '{}', 'x', 1, 1, 'default', now())`},
		"an endpoint that is off": {"webhooks", severityWarn, "get nothing any more", `UPDATE webhook_endpoints SET disabled_at = now() - interval '1 day', disabled_reason = 'failing'`},
		"an endpoint that fails": {"webhooks", severityWarn, "1 endpoints fail", `INSERT INTO webhook_drains (tenant_id, endpoint_id, failing_since) SELECT tenant_id, id, now() - interval '2 hours' FROM webhook_endpoints
			ON CONFLICT (tenant_id, endpoint_id) DO UPDATE SET failing_since = excluded.failing_since`},
		"a domain without a record": {"domains", severityWarn, "north.example", `INSERT INTO organization_domains (tenant_id, id, organization_id, domain, token, verified, verified_at, failures) SELECT tenant_id, gen_random_uuid(), id, 'north.example', 't', 'north.example', now(), 3 FROM organizations`},
		"no partitions": {"partitions", severityWarn, "no partition for the month to come", `DO $$ DECLARE t text; BEGIN
			FOR t IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'audit_log'::regclass AND c.relname LIKE 'audit_log_2%' LOOP
				EXECUTE format('DROP TABLE %I', t); END LOOP; END $$`},
		"rows without a partition": {"partitions", severityWarn, "when there was no partition", `INSERT INTO audit_log (tenant_id, id, type, occurred_at, actor_type, outcome) SELECT id, gen_random_uuid(), 'x', '2300-01-01', 'system', 'success' FROM tenants`},
		"rows that nobody seals":   {"audit log", severityWarn, "not sealed", `INSERT INTO audit_pending (tenant_id, id, occurred_at) SELECT id, gen_random_uuid(), now() - interval '2 hours' FROM tenants`},
		"an index that is no good": {"indexes", severityWarn, "flows_by_network", `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'flows_by_network'::regclass`},
	} {
		if _, err := conn.Exec(t.Context(), `BEGIN; `+c.broken+`; COMMIT`); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all, _ := x.diagnose()
		if f := all[c.check]; f.Severity != c.severity && f.Severity != severityFail {
			t.Errorf("%s: %+v", name, f)
		}
		mended := map[string]string{
			"queue": `DELETE FROM river_job WHERE kind = 'x'; DELETE FROM river_leader`, "webhooks": `UPDATE webhook_endpoints SET disabled_at = NULL, disabled_reason = ''; DELETE FROM webhook_drains`,
			"domains": `DELETE FROM organization_domains`, "partitions": `TRUNCATE audit_log_default; SELECT extend_audit_log(3)`, "audit log": `DELETE FROM audit_pending`,
			"indexes": `UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'flows_by_network'::regclass`,
		}
		wants(t, all, c.check, c.severity, c.says)
		if _, err := conn.Exec(t.Context(), mended[c.check]); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	all, _ := x.diagnose()
	for _, check := range []string{"queue", "webhooks", "domains", "partitions", "audit log", "indexes"} {
		wants(t, all, check, severityOK, "")
	}
	x.env = append(x.env, "PLINTO_DATABASE_MAX_CONNS=1000")
	if all, code := x.diagnose(); code != exitFailed {
		t.Errorf("exit %d", code)
	} else {
		wants(t, all, "connections", severityFail, "one server may take 1005 connections")
	}
}

// A Redis that takes nothing more when it is full is told of before it is.
func TestDoctor_looksAtTheSettingsOfRedis(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	for policy, c := range map[string]struct {
		severity severity
		says     string
	}{"noeviction": {severityWarn, "maxmemory-policy allkeys-lru"}, "allkeys-lru": {severityOK, "answers"}} {
		y := *x
		y.env = append(y.env, "REDIS_URL="+testservice.NewRedis(t, "maxmemory 100mb", "maxmemory-policy "+policy).URL())
		all, _ := y.diagnose()
		wants(t, all, "Redis", c.severity, c.says)
	}
}
