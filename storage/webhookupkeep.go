package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/storage/internal/pg"
	"plinto/storage/queue"
	"plinto/tenant"
)

// sweepEvery is how often endpoints are looked for whose job was lost with its process.
const sweepEvery = time.Minute

func (s *Webhooks) upkeep(system *System) queue.Upkeep {
	return queue.Upkeep{Name: "webhooks", Every: sweepEvery, Run: func(ctx context.Context) error { return s.sweep(ctx, system) }}
}

// Sweep is sweep of the shared tables.
func (s *Webhooks) Sweep(ctx context.Context) error { return s.sweep(ctx, s.system) }

// lostDrain is of an endpoint, w with the drain d, that nobody sends to although something has been due for a minute.
const lostDrain = `w.tenant_id = d.tenant_id AND w.id = d.endpoint_id AND w.disabled_at IS NULL
	AND (d.leased_until IS NULL OR d.leased_until < now()) AND (d.not_before IS NULL OR d.not_before < now())
	AND (d.wake_at IS NULL OR d.wake_at < now() - interval '1 minute')
	AND EXISTS (SELECT FROM webhook_deliveries v WHERE v.tenant_id = d.tenant_id AND v.endpoint_id = d.endpoint_id
		AND v.state = 'pending' AND v.due_at < now() - interval '1 minute')`

// sweep queues a job for each endpoint that nobody sends to although something has been due
// for a minute, of all tenants.
func (s *Webhooks) sweep(ctx context.Context, system *System) error {
	type lost struct{ Tenant, Endpoint uuid.UUID }
	var found []lost
	err := system.Begin(ctx, func(tx pgx.Tx) (err error) {
		rows, _ := tx.Query(ctx, `
			UPDATE webhook_drains d SET wake_at = now() FROM webhook_endpoints w WHERE `+lostDrain+`
			RETURNING d.tenant_id, d.endpoint_id`)
		if found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[lost]); err != nil {
			return err
		}
		for _, l := range found {
			if err := s.jobs.InsertTasks(ctx, tx, tenant.ID(l.Tenant), []queue.TaskOf{{Task: DrainTask, ID: l.Endpoint}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for lost webhook jobs: %w", err)
	}
	for _, l := range found {
		if !system.Shares() {
			s.jobs.Wake(tenant.ID(l.Tenant))
		}
	}
	return nil
}

// Erase is webhook.Eraser.Erase. Events that others have to be told of stay: that the user was
// deleted, and the notices of logout.
func (s *Webhooks) Erase(ctx context.Context, user uuid.UUID) error {
	t, err := tenant.From(ctx)
	if err != nil {
		return err
	}
	return s.system.At(pg.PlaceOf(t)).Begin(ctx, func(tx pgx.Tx) error {
		for _, sql := range []string{
			`UPDATE webhook_deliveries SET state = 'dropped', reason = 'erased', finished_at = now()
				WHERE tenant_id = $1 AND user_id = $2 AND state = 'pending'`,
			`DELETE FROM webhook_attempts a USING webhook_deliveries v
				WHERE v.tenant_id = $1 AND v.user_id = $2 AND a.tenant_id = v.tenant_id AND a.delivery_id = v.id`,
			`DELETE FROM events e USING webhook_deliveries v
				WHERE v.tenant_id = $1 AND v.user_id = $2 AND e.tenant_id = v.tenant_id AND e.id = v.event_id
					AND e.type NOT IN ('user.deleted', 'backchannel_logout.queued')`,
		} {
			if _, err := tx.Exec(ctx, sql, uuid.UUID(t.ID), user); err != nil {
				return err
			}
		}
		return nil
	})
}
