package storage

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/event/webhook"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
	"plinto/tenant"
)

// DrainTask is the task of sending to one endpoint.
const DrainTask = "webhooks.drain"

// No delivery is left behind, because the row in webhook_drains is locked by both sides: who
// adds deliveries holds it until they are committed (wake), and who ends a turn looks for
// deliveries with the lock held (Release), or is told by Claim that another has the turn, who
// will look. A process that dies in between is found out by upkeep (Sweep).

// wake has endpoints drained at a time, in the transaction of ctx: it queues a job unless one
// is queued that comes no later.
func (s *Webhooks) wake(ctx context.Context, endpoints []uuid.UUID, at time.Time) error {
	woken, err := pg.Query(ctx, s.DB, pgx.RowToStructByPos[wakeUp], `
		WITH locked AS (
			SELECT endpoint_id, wake_at, greatest(not_before, $2) AS at FROM webhook_drains
			WHERE endpoint_id = ANY($1) ORDER BY endpoint_id FOR NO KEY UPDATE
		)
		UPDATE webhook_drains d SET wake_at = l.at FROM locked l
		WHERE d.endpoint_id = l.endpoint_id AND (l.wake_at IS NULL OR l.wake_at > l.at) RETURNING d.endpoint_id, d.wake_at`, endpoints, at)
	if err != nil || len(woken) == 0 {
		return err
	}
	return s.queue(ctx, woken)
}

// A wakeUp is when an endpoint is drained.
type wakeUp struct {
	Endpoint uuid.UUID
	At       time.Time
}

// queue queues a job for each endpoint in the transaction of ctx.
func (s *Webhooks) queue(ctx context.Context, wakeUps []wakeUp) error {
	tx, err := pg.Tx(ctx)
	if err != nil {
		return err
	}
	tasks := make([]queue.TaskOf, len(wakeUps))
	for i, w := range wakeUps {
		tasks[i] = queue.TaskOf{Task: DrainTask, ID: w.Endpoint, At: w.At}
	}
	return pg.WithTimeout(ctx, func(ctx context.Context) error {
		return pg.Unavailable(s.jobs.InsertTasks(ctx, tx, tenant.Must(ctx).ID, tasks))
	})
}

// Claim implements webhook.Drains.
func (s *Webhooks) Claim(ctx context.Context, endpoint, lease uuid.UUID, now, until time.Time) (bool, error) {
	n, err := pg.Exec(ctx, s.DB, `
		UPDATE webhook_drains SET lease = $2, leased_until = $4, wake_at = NULL
		WHERE endpoint_id = $1 AND (leased_until IS NULL OR leased_until <= $3)`, endpoint, lease, now, until)
	return n > 0, pg.Wrap("claim webhook endpoint", err)
}

// Due implements webhook.Drains.
func (s *Webhooks) Due(ctx context.Context, endpoint uuid.UUID, now time.Time, limit int) ([]webhook.Due, error) {
	due, err := pg.Query(ctx, s.DB, toDue, `
		SELECT `+deliveryColumns+`, v.user_id IS NOT NULL AND NOT EXISTS (SELECT FROM users u WHERE u.id = v.user_id), e.body, coalesce(e.seq, 0)
		FROM webhook_deliveries v LEFT JOIN events e ON e.id = v.event_id
		WHERE v.endpoint_id = $1 AND v.state = 'pending' AND v.due_at <= $2 ORDER BY v.due_at, v.id LIMIT $3`, endpoint, now, limit)
	return due, pg.Wrap("find webhook deliveries", err)
}

func toDue(row pgx.CollectableRow) (d webhook.Due, err error) {
	var erased bool
	var body []byte
	if err = row.Scan(append(deliveryFields(&d.Delivery), &erased, &body, &d.Event.Seq)...); err != nil {
		return d, err
	}
	d.Event.ID, d.Event.OccurredAt = d.EventID, d.OccurredAt
	switch {
	case erased:
		d.Dropped = webhook.Erased
	case body == nil:
		d.Dropped = webhook.EventGone
	case fillEvent(&d.Event, d.Type, body) != nil:
		d.Dropped = webhook.Unreadable
	}
	return d, nil
}

// resultColumns are results as the columns of a statement.
func resultColumns(results []webhook.Result) pg.Named {
	n := len(results)
	ids, states, reasons, dues := make([]uuid.UUID, n), make([]string, n), make([]string, n), make([]time.Time, n)
	attempts, ats, latencies, statuses := make([]zeronull.UUID, n), make([]time.Time, n), make([]int32, n), make([]int32, n)
	errors, answers, cuts := make([]string, n), make([]string, n), make([]bool, n)
	for i, r := range results {
		ids[i], states[i], reasons[i], dues[i] = r.ID, string(r.State), r.Reason, r.DueAt
		if a := r.Attempt; a != nil {
			attempts[i], ats[i], latencies[i], statuses[i] = zeronull.UUID(a.ID), a.At, int32(a.Latency/time.Millisecond), int32(a.Status)
			errors[i], answers[i], cuts[i] = a.Error, a.Answer, a.Cut
		}
	}
	return pg.Named{
		"ids": ids, "states": states, "reasons": reasons, "dues": dues, "attempts": attempts, "ats": ats,
		"latencies": latencies, "statuses": statuses, "errors": errors, "answers": answers, "cuts": cuts,
	}
}

// Record implements webhook.Drains. What is not pending any more was recorded by who took
// over, or dropped.
func (s *Webhooks) Record(ctx context.Context, endpoint uuid.UUID, results []webhook.Result, now time.Time) (h webhook.Health, err error) {
	succeeded, trailing := false, 0
	for _, r := range results {
		switch {
		case r.State == webhook.Delivered:
			succeeded, trailing = true, 0
		case r.Attempt != nil:
			trailing++
		}
	}
	columns := resultColumns(results)
	columns["now"] = now
	err = s.InTx(ctx, func(ctx context.Context) error {
		err := pg.ExecLater(ctx, s.DB, pg.AnyNumber, `
			WITH told AS (
				SELECT * FROM unnest(@ids::uuid[], @states::text[], @reasons::text[], @dues::timestamptz[], @attempts::uuid[], @ats::timestamptz[],
					@latencies::int[], @statuses::int[], @errors::text[], @answers::text[], @cuts::bool[])
					AS t (id, state, reason, due, attempt, at, latency, status, error, answer, cut)
			), changed AS (
				UPDATE webhook_deliveries v SET state = t.state, reason = t.reason, due_at = t.due,
					attempts = v.attempts + (t.attempt IS NOT NULL)::int, finished_at = CASE WHEN t.state <> 'pending' THEN @now::timestamptz END
				FROM told t WHERE v.id = t.id AND v.state = 'pending' RETURNING v.id
			)
			INSERT INTO webhook_attempts (id, delivery_id, at, latency_ms, status, error, answer, cut)
			SELECT t.attempt, t.id, t.at, t.latency, t.status, t.error, t.answer, t.cut
			FROM told t JOIN changed c ON c.id = t.id WHERE t.attempt IS NOT NULL`, columns)
		if err != nil {
			return err
		}
		found, err := pg.Query(ctx, s.DB, func(row pgx.CollectableRow) (h webhook.Health, err error) {
			err = row.Scan(&h.Failures, (*zeronull.Timestamptz)(&h.FailingSince), (*zeronull.Timestamptz)(&h.BrokeAt))
			return h, err
		}, `UPDATE webhook_drains SET
				failures = CASE WHEN @succeeded THEN 0 ELSE failures END + @trailing::int,
				failing_since = CASE WHEN @trailing::int = 0 THEN CASE WHEN @succeeded THEN NULL ELSE failing_since END
					WHEN @succeeded OR failing_since IS NULL THEN @now::timestamptz ELSE failing_since END,
				broke_at = CASE WHEN @trailing::int > 0 AND (@succeeded OR failing_since IS NULL) THEN @now::timestamptz ELSE broke_at END
			WHERE endpoint_id = @endpoint RETURNING failures, failing_since, broke_at`,
			pg.Named{"endpoint": endpoint, "succeeded": succeeded, "trailing": trailing, "now": now})
		if len(found) > 0 {
			h = found[0] // none: the endpoint was deleted
		}
		return err
	})
	return h, pg.Wrap("record webhook attempts", err)
}

// Release implements webhook.Drains. A lease that ended and was taken over is left alone.
func (s *Webhooks) Release(ctx context.Context, endpoint, lease uuid.UUID, now, notBefore time.Time) error {
	return pg.Wrap("release webhook endpoint", s.InTx(ctx, func(ctx context.Context) error {
		// A statement sees what was committed before it began: so the lock comes first.
		locked, err := pg.Query(ctx, s.DB, pgx.RowTo[uuid.UUID], `
			SELECT endpoint_id FROM webhook_drains WHERE endpoint_id = $1 AND lease = $2 FOR NO KEY UPDATE`, endpoint, lease)
		if err != nil || len(locked) == 0 {
			return err
		}
		next, err := pg.One(ctx, s.DB, pgx.RowTo[*time.Time], `
			UPDATE webhook_drains SET lease = NULL, leased_until = NULL, not_before = $3, wake_at = (
				SELECT greatest(min(v.due_at), $2, $3) FROM webhook_deliveries v JOIN webhook_endpoints w ON w.id = v.endpoint_id
				WHERE v.endpoint_id = $1 AND v.state = 'pending' AND w.disabled_at IS NULL HAVING count(*) > 0)
			WHERE endpoint_id = $1 RETURNING wake_at`, endpoint, now, notBefore)
		if err != nil || next == nil {
			return err
		}
		return s.queue(ctx, []wakeUp{{endpoint, *next}})
	}))
}
