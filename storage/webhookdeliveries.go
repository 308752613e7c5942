package storage

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/event/webhook"
	"plinto/storage/internal/pg"
)

// WebhookDeliveries implements webhook.Deliveries.
type WebhookDeliveries struct{ *Webhooks }

// Add implements webhook.Deliveries.
func (s *WebhookDeliveries) Add(ctx context.Context, all []webhook.Delivery, now time.Time) error {
	n := len(all)
	ids, endpoints, events := make([]uuid.UUID, n), make([]uuid.UUID, n), make([]uuid.UUID, n)
	types, users, times := make([]string, n), make([]zeronull.UUID, n), make([]time.Time, n)
	distinct := map[uuid.UUID]bool{}
	for i := range all {
		d := &all[i]
		ids[i], endpoints[i], events[i] = d.ID, d.EndpointID, d.EventID
		types[i], users[i], times[i] = string(d.Type), zeronull.UUID(d.UserID), d.OccurredAt
		distinct[d.EndpointID] = true
	}
	var wake []uuid.UUID
	for id := range distinct {
		wake = append(wake, id)
	}
	return pg.Wrap("add webhook deliveries", s.InTx(ctx, func(ctx context.Context) error {
		// Only for endpoints that are there: one may have been deleted meanwhile.
		err := pg.ExecLater(ctx, s.DB, pg.AnyNumber, `
			INSERT INTO webhook_deliveries (id, endpoint_id, event_id, type, user_id, occurred_at, due_at, created_at)
			SELECT f.id, f.endpoint, f.event, f.type, f.about, f.at, @now, @now
			FROM unnest(@ids::uuid[], @endpoints::uuid[], @events::uuid[], @types::text[], @users::uuid[], @times::timestamptz[])
				AS f (id, endpoint, event, type, about, at)
			JOIN (SELECT id FROM webhook_endpoints WHERE id = ANY(@endpoints) FOR KEY SHARE) w ON w.id = f.endpoint
			ON CONFLICT ON CONSTRAINT webhook_deliveries_event_key DO NOTHING`, pg.Named{
			"ids": ids, "endpoints": endpoints, "events": events, "types": types, "users": users, "times": times, "now": now,
		})
		if err != nil {
			return err
		}
		return s.wake(ctx, wake, now)
	}))
}

const deliveryColumns = `v.id, v.endpoint_id, v.event_id, v.type, coalesce(v.user_id, '00000000-0000-0000-0000-000000000000'), v.occurred_at,
	v.replay, v.state, v.reason, v.attempts, v.due_at, v.created_at, v.finished_at`

func deliveryFields(d *webhook.Delivery) []any {
	return []any{
		&d.ID, &d.EndpointID, &d.EventID, &d.Type, &d.UserID, &d.OccurredAt,
		&d.Replay, &d.State, &d.Reason, &d.Attempts, &d.DueAt, &d.CreatedAt, (*zeronull.Timestamptz)(&d.FinishedAt),
	}
}

func toDelivery(row pgx.CollectableRow) (d webhook.Delivery, err error) {
	err = row.Scan(deliveryFields(&d)...)
	return d, err
}

// List implements webhook.Deliveries.
func (s *WebhookDeliveries) List(ctx context.Context, endpoint, before uuid.UUID, state webhook.State, limit int) ([]webhook.Delivery, error) {
	if before == uuid.Nil {
		before = uuid.Max
	}
	page, err := pg.Query(ctx, s.DB, toDelivery, `
		SELECT `+deliveryColumns+` FROM webhook_deliveries v
		WHERE v.endpoint_id = $1 AND v.id < $2 AND ($3 = '' OR v.state = $3) ORDER BY v.id DESC LIMIT $4`, endpoint, before, string(state), limit)
	return page, pg.Wrap("list webhook deliveries", err)
}

// ByID implements webhook.Deliveries.
func (s *WebhookDeliveries) ByID(ctx context.Context, id uuid.UUID) (webhook.Delivery, []webhook.Attempt, error) {
	d, err := pg.One(ctx, s.DB, toDelivery, `SELECT `+deliveryColumns+` FROM webhook_deliveries v WHERE v.id = $1`, id)
	if err != nil {
		return d, nil, pg.Wrap("find webhook delivery", pg.Absent(err, webhook.ErrNoDelivery))
	}
	attempts, err := pg.Query(ctx, s.DB, func(row pgx.CollectableRow) (a webhook.Attempt, err error) {
		var latency int
		err = row.Scan(&a.ID, &a.At, &latency, &a.Status, &a.Error, &a.Answer, &a.Cut)
		a.Latency = time.Duration(latency) * time.Millisecond
		return a, err
	}, `SELECT id, at, latency_ms, status, error, answer, cut FROM webhook_attempts WHERE delivery_id = $1 ORDER BY id`, id)
	return d, attempts, pg.Wrap("list webhook attempts", err)
}
