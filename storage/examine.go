package storage

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"plinto/storage/internal/pg"
	"plinto/storage/schema"
)

// An Examined is what was found about one thing; without findings it is as it should be.
type Examined struct {
	What     string // "queue"
	Findings []schema.Finding
}

// An examination looks at one thing in one place.
type examination struct {
	what string
	of   reach
	look func(context.Context, *System) ([]schema.Finding, error)
}

// A reach says where there is something to look at.
type reach int

const (
	ofServer    reach = iota // in the shared database alone
	ofDatabases              // in each database: it has the schemas of tenants too
	ofPlaces
)

// looksAt reports whether an examination is made in a place.
func (e examination) looksAt(p pg.Place) bool {
	return p == (pg.Place{}) || e.of == ofPlaces || e.of == ofDatabases && !p.Shares()
}

// Examine looks at what goes wrong while an installation works: what keeps servers from going on, or will. It changes nothing.
// conns is how many connections of Postgres one server may take.
func (s *Store) Examine(ctx context.Context, conns int) []Examined {
	all := []examination{
		{"connections", ofServer, func(ctx context.Context, at *System) ([]schema.Finding, error) {
			return examineConnections(ctx, at, conns)
		}},
		{"disk", ofServer, func(ctx context.Context, at *System) ([]schema.Finding, error) {
			return examineDisk(ctx, at, diskBounds)
		}},
		{"indexes", ofDatabases, examineIndexes},
		{"partitions", ofDatabases, examinePartitions},
		{"queue", ofDatabases, examineQueue}, // jobs of a schema are in the shared queue
		{"webhooks", ofPlaces, examineWebhooks},
		{"domains", ofPlaces, examineDomains},
		{"audit log", ofPlaces, examineAuditLog},
	}
	places, failed := s.Tenants.placesFound(ctx, placesKept)
	found := make([]Examined, len(all))
	for i, e := range all {
		found[i] = e.in(ctx, s.system)
	}
	sharing, databases := shares(places)
	at := lookAt(ctx, s.Tenants.rounds.look, looksShared, sharing, s.examined(all, found), func(pg.Place, error) {})
	apart := lookAt(ctx, s.Tenants.rounds.look, looksAtOnce, databases, s.examined(all, found), func(pg.Place, error) {})
	if n := at.N + apart.N; n < len(places) {
		found = append(found, Examined{"tables of tenants", []schema.Finding{
			warning("run plinto doctor again when the database answers faster", "only %d of %d places with tables of tenants were looked at in time", n, len(places)),
		}})
	}
	if failed != nil {
		found = append(found, Examined{"tables of tenants", []schema.Finding{{Cause: schema.OneLine(failed), Remedy: "plinto doctor names the databases that cannot be reached"}}})
	}
	return found
}

// examined makes examinations in one place, and adds what they find. Of a database that could not be reached a moment ago that is all there
// is to say, and LookAtDatabases says it.
func (s *Store) examined(all []examination, to []Examined) func(context.Context, pg.Place) error {
	var mu sync.Mutex
	return func(ctx context.Context, p pg.Place) error {
		at := s.Tenants.At(p)
		for i, e := range all {
			if !e.looksAt(p) || s.Tenants.rounds.leaves(at) {
				continue
			}
			more := e.in(ctx, at)
			mu.Lock()
			for _, f := range more.Findings {
				f.Cause = p.String() + ": " + f.Cause
				to[i].Findings = append(to[i].Findings, f)
			}
			mu.Unlock()
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		return nil
	}
}

// in makes an examination. One that cannot be made is a finding.
func (e examination) in(ctx context.Context, at *System) Examined {
	findings, err := e.look(ctx, at)
	if err != nil && !errors.Is(err, context.Canceled) {
		findings = append(findings, schema.Finding{Cause: "it cannot be looked at: " + schema.OneLine(err), Remedy: "look whether the database answers, and run plinto doctor again"})
	}
	return Examined{e.what, findings}
}

// counted is a number of things, how old the oldest is, and some names.
type counted struct {
	N     int64
	Age   float64 // seconds
	Names string
}

func (c counted) age() time.Duration {
	return time.Duration(c.Age * float64(time.Second)).Round(time.Second)
}

// found asks for one counted, and has it judged when there is any.
func found(ctx context.Context, at *System, to *[]schema.Finding, sql string, judge func(counted) schema.Finding, args ...any) error {
	c, err := pg.SystemOne(ctx, at, pgx.RowToStructByPos[counted], sql, args...)
	if err == nil && c.N > 0 {
		*to = append(*to, judge(c))
	}
	return err
}

func warning(remedy, cause string, args ...any) schema.Finding {
	return schema.Finding{Cause: fmt.Sprintf(cause, args...), Remedy: remedy}
}

const (
	// mostInUse is the share of connections, in percent, above which one more server may find none.
	mostInUse = 90
	// queueLate is how long a job that could be worked on waits at most where workers run.
	queueLate = 10 * time.Minute
)

func examineConnections(ctx context.Context, at *System, conns int) (all []schema.Finding, err error) {
	type limits struct{ Most, Used int }
	l, err := pg.SystemOne(ctx, at, pgx.RowToStructByPos[limits], `
		SELECT least(current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - coalesce(current_setting('reserved_connections', true)::int, 0),
				CASE WHEN d.datconnlimit < 0 THEN 1000000 ELSE d.datconnlimit END, CASE WHEN r.rolconnlimit < 0 THEN 1000000 ELSE r.rolconnlimit END),
			(SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend')
		FROM pg_database d, pg_roles r WHERE d.datname = current_database() AND r.rolname = session_user`)
	if err != nil {
		return nil, err
	}
	switch {
	case conns > l.Most:
		all = append(all, schema.Fatal(fmt.Sprintf("one server may take %d connections, and Postgres has %d for all", conns, l.Most),
			"set PLINTO_DATABASE_MAX_CONNS to less, raise max_connections, or put a pooler between"))
	case l.Used*100 > l.Most*mostInUse:
		all = append(all, warning("raise max_connections, set PLINTO_DATABASE_MAX_CONNS of the servers to less, or put a pooler between",
			"%d of the %d connections of Postgres are in use", l.Used, l.Most))
	}
	return all, nil
}

// A bounds says from when on something is told of that fills the disk, or stops Postgres from taking writes.
type bounds struct {
	Slot     int64 // bytes of WAL that a replication slot keeps for nobody
	Frozen   int64 // transactions since the oldest one that vacuum has not frozen
	Prepared time.Duration
}

// diskBounds: Postgres stops taking writes about 2,000 million transactions after the oldest one.
var diskBounds = bounds{Slot: 1 << 30, Frozen: 1_500_000_000, Prepared: time.Hour}

// examineDisk looks at what fills the disk of Postgres, or stops it from taking writes.
func examineDisk(ctx context.Context, at *System, from bounds) (all []schema.Finding, err error) {
	err = errors.Join(
		found(ctx, at, &all, `SELECT count(*), 0::float8, coalesce(string_agg(slot_name, ', '), '') FROM pg_replication_slots
			WHERE NOT active AND NOT pg_is_in_recovery() AND pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_lsn() END, restart_lsn) > $1`,
			func(c counted) schema.Finding {
				return warning("bring the standby back, or SELECT pg_drop_replication_slot('…'): the disk fills up", "replication slots that nobody reads keep more than %d MiB: %s", from.Slot>>20, c.Names)
			}, from.Slot),
		found(ctx, at, &all, `SELECT count(*), coalesce(extract(epoch FROM now() - min(last_failed_time)), 0)::float8, '' FROM pg_stat_archiver
			WHERE current_setting('archive_mode') <> 'off' AND last_failed_time > coalesce(last_archived_time, '-infinity')`,
			func(c counted) schema.Finding {
				return warning("look at archive_command and at the log of Postgres: without the archive there is no backup, and the disk fills up", "the archive of Postgres takes nothing (last failure %v ago)", c.age())
			}),
		found(ctx, at, &all, `SELECT count(*), 0::float8, coalesce(string_agg(datname, ', '), '') FROM pg_database WHERE age(datfrozenxid) > $1`,
			func(c counted) schema.Finding {
				return schema.Fatal("vacuum did not get through for so long that Postgres will soon take no writes: "+c.Names, "run VACUUM (FREEZE) in each of them, and see what keeps autovacuum away: old transactions, prepared ones, replication slots")
			}, from.Frozen),
		found(ctx, at, &all, `SELECT count(*), coalesce(extract(epoch FROM now() - min(prepared)), 0)::float8, coalesce(string_agg(gid, ', '), '') FROM pg_prepared_xacts WHERE prepared < now() - $1::interval`,
			func(c counted) schema.Finding {
				return warning("COMMIT PREPARED or ROLLBACK PREPARED: they hold locks, and keep vacuum away", "prepared transactions are open for %v: %s", c.age(), c.Names)
			}, from.Prepared),
	)
	return all, err
}

// examineIndexes finds those that a migrator which was killed left, or that one builds at this moment.
func examineIndexes(ctx context.Context, at *System) (all []schema.Finding, err error) {
	err = found(ctx, at, &all, `
		SELECT count(*), 0::float8, coalesce(string_agg(i.indexrelid::regclass::text, ', '), '') FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE NOT i.indisvalid AND c.relkind = 'i' AND (n.nspname = current_schema() OR n.nspname ~ '^tenant_[0-9a-f]{32}$')`,
		func(c counted) schema.Finding {
			return warning("where no plinto migrate runs, run it again: it makes them anew", "%d indexes are not made to their end, and no query uses them: %s", c.N, c.Names)
		})
	return all, err
}

// examinePartitions looks whether the audit log has somewhere to go, in the shared tables and all schemas.
func examinePartitions(ctx context.Context, at *System) (all []schema.Finding, err error) {
	const remedy = "look into the log of a server for extend_audit_log: each makes them, every hour, three months ahead"
	err = errors.Join(
		found(ctx, at, &all, `
			SELECT count(*), 0::float8, coalesce(string_agg(nspname, ', '), '') FROM (
				SELECT n.nspname, coalesce(max(substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''([^'']+)''\)')::timestamptz), '-infinity') AS ends
				FROM pg_class p JOIN pg_namespace n ON n.oid = p.relnamespace LEFT JOIN pg_inherits i ON i.inhparent = p.oid LEFT JOIN pg_class c ON c.oid = i.inhrelid
				WHERE p.relname = 'audit_log' AND p.relkind = 'p' AND (n.nspname = current_schema() OR n.nspname ~ '^tenant_[0-9a-f]{32}$') GROUP BY 1) ahead
			WHERE ends < now() + interval '1 month'`,
			func(c counted) schema.Finding {
				return warning(remedy, "the audit log has no partition for the month to come in %s", c.Names)
			}),
		found(ctx, at, &all, `
			SELECT count(*), 0::float8, coalesce(string_agg(n.nspname, ', '), '') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relname = 'audit_log_default' AND pg_relation_size(c.oid) > 0 AND (n.nspname = current_schema() OR n.nspname ~ '^tenant_[0-9a-f]{32}$')`,
			func(c counted) schema.Finding {
				return warning(remedy, "rows of the audit log came when there was no partition for them, in %s", c.Names)
			}),
	)
	return all, err
}

func examineQueue(ctx context.Context, at *System) (all []schema.Finding, err error) {
	err = errors.Join(
		found(ctx, at, &all, `
			SELECT count(*), coalesce(extract(epoch FROM now() - min(scheduled_at)), 0)::float8,
				CASE WHEN EXISTS (SELECT FROM river_leader WHERE expires_at > now()) THEN '' ELSE 'nobody' END
			FROM (SELECT scheduled_at FROM river_job WHERE state = 'available' AND scheduled_at < now() - $1 * interval '1 second' LIMIT 20000) late`,
			func(c counted) schema.Finding {
				if c.Names != "" {
					return schema.Fatal(fmt.Sprintf("%d jobs wait, the first for %v, and no process works: no mail and no webhook is sent, nothing is cleaned up", c.N, c.age()), "start plinto serve or plinto worker")
				}
				return schema.Fatal(fmt.Sprintf("%d jobs wait, the first for %v", c.N, c.age()), "look into the logs of the servers, and at plinto_queue_jobs: start more workers, or see what they wait for")
			}, queueLate.Seconds()),
		found(ctx, at, &all, `SELECT count(*), coalesce(extract(epoch FROM now() - min(finalized_at)), 0)::float8, coalesce(string_agg(DISTINCT kind, ', '), '') FROM river_job WHERE state = 'discarded' AND kind <> 'task'`,
			func(c counted) schema.Finding {
				return warning("look into the logs for why they failed; they are forgotten after a week", "%d jobs were given up: %s", c.N, c.Names)
			}),
	)
	return all, err
}

func examineWebhooks(ctx context.Context, at *System) (all []schema.Finding, err error) {
	err = errors.Join(
		found(ctx, at, &all, `SELECT count(*), coalesce(extract(epoch FROM now() - min(disabled_at)), 0)::float8, '' FROM webhook_endpoints WHERE disabled_reason IN ('failing', 'gone')`,
			func(c counted) schema.Finding {
				return warning("plinto webhook list --tenant … shows them: enable them when the receiver works again, or delete them", "%d endpoints get nothing any more, since they failed for days (the first for %v)", c.N, c.age())
			}),
		found(ctx, at, &all, `SELECT count(*), coalesce(extract(epoch FROM now() - min(failing_since)), 0)::float8, '' FROM webhook_drains d
			JOIN webhook_endpoints w ON w.tenant_id = d.tenant_id AND w.id = d.endpoint_id
			WHERE d.failing_since < now() - interval '1 hour' AND w.disabled_at IS NULL`,
			func(c counted) schema.Finding {
				return warning("plinto webhook deliveries --tenant … shows what they answer", "%d endpoints fail, the first for %v", c.N, c.age())
			}),
	)
	return all, err
}

func examineDomains(ctx context.Context, at *System) (all []schema.Finding, err error) {
	err = found(ctx, at, &all, `
		SELECT count(*), coalesce(max(failures), 0)::float8, coalesce(string_agg(domain, ', '), '')
		FROM (SELECT domain, failures FROM organization_domains WHERE verified IS NOT NULL AND failures > 0 ORDER BY failures DESC LIMIT 5) failing`,
		func(c counted) schema.Finding {
			return warning("have their TXT records put back: a domain lapses after fourteen days without", "verified domains of organizations whose record was not found, for %.0f looks at most: %s", c.Age, c.Names)
		})
	return all, err
}

func examineAuditLog(ctx context.Context, at *System) (all []schema.Finding, err error) {
	err = found(ctx, at, &all, `
		SELECT CASE WHEN min(occurred_at) < now() - interval '1 hour' THEN count(*) ELSE 0 END, coalesce(extract(epoch FROM now() - min(occurred_at)), 0)::float8, ''
		FROM (SELECT occurred_at FROM audit_pending LIMIT 20000) p`,
		func(c counted) schema.Finding {
			return warning("start a worker, or look into the log for why it does not seal", "%d rows of the audit log are not sealed, the first for %v", c.N, c.age())
		})
	return all, err
}
