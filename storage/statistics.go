package storage

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/event/stats"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
	"plinto/tenant"
)

// Statistics implements stats.Source.
type Statistics struct {
	*DB
	system  *System
	tenants *Tenants
	news    atomic.Bool // something was sealed since due was asked
	asked   time.Time   // when due last said so
}

// countEvery is how far behind counts may be.
const countEvery = 20 * time.Second

func (s *Statistics) upkeep(system *System) queue.Upkeep {
	at := &Statistics{DB: s.DB, system: system, tenants: s.tenants}
	return queue.Upkeep{Name: "statistics", Every: countEvery, Run: (&stats.Counter{Source: at}).Run, Due: s.due}
}

// countAgain is how often it is looked for what is not counted where nothing was announced.
const countAgain = 5 * time.Minute

// sealed notes that something may have been sealed since it was counted.
func (s *Statistics) sealed() { s.news.Store(true) }

// due reports whether something may have been sealed since it was asked last. Of databases of tenants nothing is heard.
func (s *Statistics) due(ctx context.Context) bool {
	places, err := s.tenants.placesFound(ctx, placesForgotten)
	if err == nil && len(places) == 0 && !s.news.Swap(false) && time.Since(s.asked) < countAgain {
		return false
	}
	s.asked = time.Now()
	return true
}

// Behind implements stats.Source. A tenant that cannot be read leaves the others to be.
func (s *Statistics) Behind(ctx context.Context) (all []*tenant.Tenant, failed error) {
	ids, err := pg.SystemQuery(ctx, s.system, pgx.RowTo[uuid.UUID], `
		SELECT t.tenant_id FROM audit_trees t LEFT JOIN statistics_progress p USING (tenant_id) WHERE t.size > coalesce(p.seq, 0)`)
	if err != nil {
		return nil, pg.Wrap("find events to count", err)
	}
	for _, id := range ids {
		t, err := s.tenants.ByID(ctx, tenant.ID(id))
		if errors.Is(err, tenant.ErrUnknown) {
			continue // deleted: its audit log stays, and nobody asks for its statistics
		}
		if err == nil {
			err = t.Check()
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("tenant %s: %w", tenant.ID(id), err))
			continue
		}
		all = append(all, t)
	}
	return all, failed
}

// Count implements stats.Source.
func (s *Statistics) Count(ctx context.Context, most int, add func([]event.Event) *stats.Rollup) (n int, err error) {
	err = s.InTx(ctx, func(ctx context.Context) error {
		if err := pg.ExecLater(ctx, s.DB, pg.AnyNumber, `INSERT INTO statistics_progress (seq) VALUES (0) ON CONFLICT DO NOTHING`); err != nil {
			return err
		}
		seq, err := pg.One(ctx, s.DB, pgx.RowTo[int64], `SELECT seq FROM statistics_progress FOR UPDATE`) // one at a time
		if err != nil {
			return err
		}
		found, err := pg.Query(ctx, s.DB, toCounted, `
			SELECT l.occurred_at, a.type, a.actor_type, a.subject, a.reason, a.data
			FROM (SELECT seq, id, occurred_at FROM audit_leaves WHERE seq >= $1 ORDER BY seq LIMIT $2) l
				LEFT JOIN LATERAL (SELECT * FROM audit_log WHERE id = l.id AND occurred_at = l.occurred_at OFFSET 0) a ON true
			ORDER BY l.seq`, seq, most) // row by row: a hash of the whole log would be built for a thousand
		if err != nil || len(found) == 0 {
			return err
		}
		n = len(found)
		var events []event.Event
		for _, e := range found {
			if e.Fact != nil {
				events = append(events, e)
			}
		}
		if err := s.store(ctx, add(events)); err != nil {
			return err
		}
		return pg.ExecLater(ctx, s.DB, pg.AnyNumber, `UPDATE statistics_progress SET seq = $1`, seq+int64(n))
	})
	return n, pg.Wrap("count events", err)
}

// toCounted reads an event without a fact where the row is gone, or of a version that is not known.
func toCounted(row pgx.CollectableRow) (e event.Event, err error) {
	var kind, actor, subject, reason *string
	var data []byte
	if err = row.Scan(&e.OccurredAt, &kind, &actor, &subject, &reason, &data); err != nil || kind == nil {
		return e, err
	}
	e.Actor.Type, e.Subject, e.Reason = *actor, *subject, *reason
	if e.Fact, err = event.Decode(event.Type(*kind), data); errors.Is(err, event.ErrUnreadable) {
		e.Fact, err = nil, nil
	}
	return e, err
}

func (s *Statistics) store(ctx context.Context, r *stats.Rollup) error {
	var days []time.Time
	var metrics, clients, kinds []string
	var counts []int64
	for k, n := range r.Counts {
		days, metrics, clients = append(days, k.Day), append(metrics, string(k.Metric)), append(clients, printable(k.Client))
		kinds, counts = append(kinds, printable(k.Kind)), append(counts, n)
	}
	// Grouped: what was cut to be printable may be the same as another.
	if err := pg.ExecLater(ctx, s.DB, pg.AnyNumber, `
		INSERT INTO statistics (day, metric, client, kind, count)
		SELECT day, metric, client, kind, sum(count)
		FROM unnest($1::date[], $2::text[], $3::text[], $4::text[], $5::bigint[]) AS c (day, metric, client, kind, count)
		GROUP BY 1, 2, 3, 4
		ON CONFLICT (tenant_id, day, metric, client, kind) DO UPDATE SET count = statistics.count + excluded.count`,
		days, metrics, clients, kinds, counts); err != nil {
		return err
	}
	var starts []time.Time
	var of, users []string
	for k := range r.Seen {
		of, starts, users = append(of, string(k.Metric)), append(starts, k.Start), append(users, k.User)
	}
	return pg.ExecLater(ctx, s.DB, pg.AnyNumber, `
		WITH fresh AS (
			INSERT INTO statistics_seen (metric, start, user_id)
			SELECT metric, start, user_id FROM unnest($1::text[], $2::date[], $3::text[]) AS s (metric, start, user_id)
			ON CONFLICT DO NOTHING
			RETURNING metric, start
		)
		INSERT INTO statistics (day, metric, client, kind, count)
		SELECT start, metric, '', '', count(*) FROM fresh GROUP BY 1, 2
		ON CONFLICT (tenant_id, day, metric, client, kind) DO UPDATE SET count = statistics.count + excluded.count`,
		of, starts, users)
}

// Report implements stats.Source.
func (s *Statistics) Report(ctx context.Context, first, last time.Time) ([]stats.Row, error) {
	found, err := pg.Query(ctx, s.DB, func(row pgx.CollectableRow) (r stats.Row, err error) {
		err = row.Scan(&r.Day, &r.Metric, &r.Client, &r.Kind, &r.Count)
		return r, err
	}, `
		SELECT day, metric, client, kind, count FROM statistics
		WHERE day BETWEEN $1::date AND $2::date OR metric = $3 AND day = date_trunc('month', $2::date)::date
		ORDER BY day, metric, client, kind`, first, last, string(stats.ActiveMonth))
	return found, pg.Wrap("read statistics", err)
}
