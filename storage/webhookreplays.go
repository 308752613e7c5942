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

// A repeatable is the last delivery of an event that is selected.
type repeatable struct {
	Event, User  uuid.UUID
	Type         string
	At           time.Time
	Replay       int32 // the number of the next
	Erased, Gone bool
}

// Repeat implements webhook.Deliveries. The endpoint's drain is locked, so that two replays
// neither number a delivery twice nor are due at the same time.
func (s *WebhookDeliveries) Repeat(ctx context.Context, endpoint uuid.UUID, what webhook.Selection, now time.Time) (webhook.Replayed, error) {
	var done webhook.Replayed
	err := s.InTx(ctx, func(ctx context.Context) error {
		start, err := pg.One(ctx, s.DB, pgx.RowTo[time.Time], `
			WITH locked AS (SELECT endpoint_id FROM webhook_drains WHERE endpoint_id = $1 FOR NO KEY UPDATE)
			SELECT greatest($2, (SELECT max(due_at) + $3::interval FROM webhook_deliveries
				WHERE endpoint_id = (SELECT endpoint_id FROM locked) AND state = 'pending' AND replay > 0 AND attempts = 0))`,
			endpoint, now, webhook.ReplayPause)
		if err != nil {
			return err
		}
		found, err := s.selected(ctx, endpoint, what)
		if err != nil {
			return err
		}
		if done.More = len(found) > webhook.MaxReplay; done.More {
			found = found[:webhook.MaxReplay]
		}
		done, err = s.repeat(ctx, endpoint, found, done, start)
		if err != nil || done.Queued == 0 {
			return err
		}
		return s.wake(ctx, []uuid.UUID{endpoint}, start)
	})
	return done, pg.Wrap("repeat webhook deliveries", err)
}

// selected finds what is to be repeated, and one more than MaxReplay if there are more.
func (s *WebhookDeliveries) selected(ctx context.Context, endpoint uuid.UUID, what webhook.Selection) ([]repeatable, error) {
	if what.Delivery != uuid.Nil {
		if _, _, err := s.ByID(ctx, what.Delivery); err != nil {
			return nil, err
		}
	}
	return pg.Query(ctx, s.DB, pgx.RowToStructByPos[repeatable], `
		SELECT c.event_id, coalesce(c.user_id, '00000000-0000-0000-0000-000000000000'), c.type, c.occurred_at, c.replay + 1,
			c.user_id IS NOT NULL AND NOT EXISTS (SELECT FROM users u WHERE u.id = c.user_id),
			NOT EXISTS (SELECT FROM events e WHERE e.id = c.event_id)
		FROM (SELECT DISTINCT ON (v.event_id) v.* FROM webhook_deliveries v WHERE v.endpoint_id = @endpoint ORDER BY v.event_id, v.replay DESC) c
		WHERE c.state <> 'pending'
			AND (@delivery = '00000000-0000-0000-0000-000000000000'::uuid OR c.event_id = (SELECT event_id FROM webhook_deliveries WHERE id = @delivery AND endpoint_id = @endpoint))
			AND (@from::timestamptz IS NULL OR c.occurred_at >= @from) AND (@to::timestamptz IS NULL OR c.occurred_at < @to)
			AND (NOT @failed OR c.state = 'failed') AND (@since::timestamptz IS NULL OR c.finished_at >= @since)
		ORDER BY c.occurred_at, c.event_id LIMIT @limit`, pg.Named{
		"endpoint": endpoint, "delivery": what.Delivery, "from": zeronull.Timestamptz(what.From), "to": zeronull.Timestamptz(what.To),
		"failed": what.OnlyFailed, "since": zeronull.Timestamptz(what.FailedSince), "limit": webhook.MaxReplay + 1,
	})
}

// repeat stores a delivery for each that can be sent, due one after the other.
func (s *WebhookDeliveries) repeat(ctx context.Context, endpoint uuid.UUID, found []repeatable, done webhook.Replayed, start time.Time) (webhook.Replayed, error) {
	var ids, events []uuid.UUID
	var users []zeronull.UUID
	var types []string
	var times, dues []time.Time
	var replays []int32
	for _, c := range found {
		switch {
		case c.Erased:
			done.Erased++
			continue
		case c.Gone:
			done.Gone++
			continue
		}
		ids, events, users = append(ids, uuid.Must(uuid.NewV7())), append(events, c.Event), append(users, zeronull.UUID(c.User))
		types, times, replays = append(types, c.Type), append(times, c.At), append(replays, c.Replay)
		dues = append(dues, start.Add(time.Duration(done.Queued)*webhook.ReplayPause))
		done.Queued++
	}
	if done.Queued == 0 {
		return done, nil
	}
	_, err := pg.Exec(ctx, s.DB, `
		INSERT INTO webhook_deliveries (id, endpoint_id, event_id, replay, type, user_id, occurred_at, due_at, created_at)
		SELECT f.id, @endpoint, f.event, f.replay, f.type, f.about, f.at, f.due, f.due
		FROM unnest(@ids::uuid[], @events::uuid[], @replays::int[], @types::text[], @users::uuid[], @times::timestamptz[], @dues::timestamptz[])
			AS f (id, event, replay, type, about, at, due)`, pg.Named{
		"endpoint": endpoint, "ids": ids, "events": events, "replays": replays, "types": types, "users": users, "times": times, "dues": dues,
	})
	return done, err
}
