package storage

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/event/webhook"
	"plinto/internal/memory"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
	"plinto/tenant"
)

// Webhooks implements webhook.Endpoints, from memory where it says so, webhook.Writes,
// webhook.Deliveries and webhook.Drains.
type Webhooks struct {
	*DB
	owners
	cache     *copies[[]webhook.Endpoint]
	jobs      *queue.Queue // who sends
	deletions *Jobs        // who deletes later
	tenants   *Tenants     // which hold what endpoints want
	system    *System
}

func newWebhooks(db *DB, system *System, tenants *Tenants, jobs *queue.Queue, on copyOptions) *Webhooks {
	return &Webhooks{DB: db, owners: webhookOwners(db), system: system, tenants: tenants, jobs: jobs, cache: newCopies[[]webhook.Endpoint](
		on, "webhooks", memory.Limits{Announced: copyAnnounced, Unannounced: copyUnannounced})}
}

// webhookColumns are read by toEndpoint, of tables w and d.
const webhookColumns = `w.id, w.url, w.description, w.events, w.payload, w.sealed, w.previous_sealed, w.previous_until,
	w.disabled_at, w.disabled_reason, w.created_at, w.version, w.managed_by, d.failures, d.failing_since, d.broke_at
	FROM webhook_endpoints w JOIN webhook_drains d ON d.endpoint_id = w.id`

func toEndpoint(row pgx.CollectableRow) (e webhook.Endpoint, err error) {
	err = row.Scan(&e.ID, &e.URL, &e.Description, &e.Events, &e.Payload, &e.Sealed, &e.PreviousSealed, (*zeronull.Timestamptz)(&e.PreviousUntil),
		(*zeronull.Timestamptz)(&e.DisabledAt), &e.DisabledReason, &e.CreatedAt, &e.Version, &e.ManagedBy,
		&e.Health.Failures, (*zeronull.Timestamptz)(&e.Health.FailingSince), (*zeronull.Timestamptz)(&e.Health.BrokeAt))
	return e, err
}

// ByID implements webhook.Endpoints.
func (s *Webhooks) ByID(ctx context.Context, id uuid.UUID) (webhook.Endpoint, error) {
	e, err := pg.One(ctx, s.DB, toEndpoint, `SELECT `+webhookColumns+` WHERE w.id = $1`, id)
	return e, pg.Wrap("find webhook endpoint", pg.Absent(err, webhook.ErrNotFound))
}

// List implements webhook.Endpoints.
func (s *Webhooks) List(ctx context.Context) ([]webhook.Endpoint, error) {
	all, err := pg.Query(ctx, s.DB, toEndpoint, `SELECT `+webhookColumns+` ORDER BY w.id`)
	return all, pg.Wrap("list webhook endpoints", err)
}

// Collecting implements webhook.Endpoints.
func (s *Webhooks) Collecting(ctx context.Context) ([]webhook.Endpoint, error) {
	t, err := tenant.From(ctx)
	if err != nil {
		return nil, err
	}
	return s.cache.Get(ctx, copyKey{Scope: t.ID}, func(ctx context.Context) ([]webhook.Endpoint, error) {
		all, err := pg.Query(ctx, s.DB, toEndpoint, `SELECT `+webhookColumns+` WHERE w.disabled_at IS NULL OR w.disabled_reason = 'failing' ORDER BY w.id`)
		return all, pg.Wrap("list webhook endpoints", err)
	})
}

// Create implements webhook.Writes. Endpoints are counted under a lock of the tenant's: of
// two who make the last one, one does.
func (s *Webhooks) Create(ctx context.Context, e webhook.Endpoint) error {
	return pg.Wrap("create webhook endpoint", s.change(ctx, func(ctx context.Context) error {
		if _, err := pg.Exec(ctx, s.DB, `SELECT pg_advisory_xact_lock(hashtextextended('webhook_endpoints ' || current_tenant(), 0))`); err != nil {
			return err
		}
		n, err := pg.Exec(ctx, s.DB, `
			INSERT INTO webhook_endpoints (id, url, description, events, payload, sealed)
			SELECT @id, @url, @description, @events, @payload, @sealed WHERE (SELECT count(*) FROM webhook_endpoints) < @most`, pg.Named{
			"id": e.ID, "url": e.URL, "description": e.Description, "events": e.Events, "payload": e.Payload, "sealed": e.Sealed,
			"most": webhook.MaxEndpoints,
		})
		if err == nil && n == 0 {
			return webhook.ErrTooMany
		}
		if err != nil {
			return err
		}
		_, err = pg.Exec(ctx, s.DB, `INSERT INTO webhook_drains (endpoint_id) VALUES ($1)`, e.ID)
		return err
	}))
}

// SetSpec implements webhook.Writes.
func (s *Webhooks) SetSpec(ctx context.Context, e webhook.Endpoint) error {
	return s.versioned(ctx, "update webhook endpoint", e.ID, func(ctx context.Context) (int64, error) {
		return pg.Exec(ctx, s.DB, `
			UPDATE webhook_endpoints SET url = $3, description = $4, events = $5, payload = $6, updated_at = now()
			WHERE id = $1 AND version = $2`, e.ID, e.Version, e.URL, e.Description, e.Events, e.Payload)
	})
}

// SetSecrets implements webhook.Writes.
func (s *Webhooks) SetSecrets(ctx context.Context, e webhook.Endpoint) error {
	return s.versioned(ctx, "rotate secret of webhook endpoint", e.ID, func(ctx context.Context) (int64, error) {
		return pg.Exec(ctx, s.DB, `
			UPDATE webhook_endpoints SET sealed = $3, previous_sealed = $4, previous_until = $5, updated_at = now()
			WHERE id = $1 AND version = $2`, e.ID, e.Version, e.Sealed, e.PreviousSealed, zeronull.Timestamptz(e.PreviousUntil))
	})
}

// Disable implements webhook.Writes.
func (s *Webhooks) Disable(ctx context.Context, id uuid.UUID, reason string) (bool, error) {
	return switched(ctx, s.versioned, "disable webhook endpoint", id, func(ctx context.Context) (int64, error) {
		return pg.Exec(ctx, s.DB, `
			UPDATE webhook_endpoints SET disabled_at = now(), disabled_reason = $2, updated_at = now() WHERE id = $1 AND disabled_at IS NULL`, id, reason)
	})
}

// Enable implements webhook.Writes. It has a clean record: else the next failure would
// disable it again.
func (s *Webhooks) Enable(ctx context.Context, id uuid.UUID, now time.Time) (bool, error) {
	return switched(ctx, s.versioned, "enable webhook endpoint", id, func(ctx context.Context) (int64, error) {
		n, err := pg.Exec(ctx, s.DB, `
			UPDATE webhook_endpoints SET disabled_at = NULL, disabled_reason = '', updated_at = now() WHERE id = $1 AND disabled_at IS NOT NULL`, id)
		if err != nil || n == 0 {
			return n, err
		}
		_, err = pg.Exec(ctx, s.DB, `UPDATE webhook_drains SET failures = 0, failing_since = NULL, not_before = NULL WHERE endpoint_id = $1`, id)
		if err != nil {
			return n, err
		}
		return n, s.wake(ctx, []uuid.UUID{id}, now)
	})
}

// Delete implements webhook.Writes. Deliveries go with the row; where there are very many, a job deletes both.
func (s *Webhooks) Delete(ctx context.Context, id uuid.UUID) error {
	return s.versioned(ctx, "delete webhook endpoint", id, func(ctx context.Context) (int64, error) {
		if begun, err := s.deleter().begin(ctx, id); err != nil || begun {
			return 1, err
		}
		return pg.Exec(ctx, s.DB, `DELETE FROM webhook_endpoints WHERE id = $1`, id)
	})
}

func (s *Webhooks) deleter() deleter {
	return deleter{DB: s.DB, jobs: s.deletions, of: &webhookSteps}
}

// GoOnDeleting works on the job that deletes an endpoint: see deleter.goOn.
func (s *Webhooks) GoOnDeleting(ctx context.Context, job uuid.UUID) error {
	return s.deleter().goOn(ctx, job)
}

// versioned makes a change that one row has to have.
func (s *Webhooks) versioned(ctx context.Context, what string, id uuid.UUID, do func(context.Context) (int64, error)) error {
	return pg.Wrap(what, s.change(ctx, func(ctx context.Context) error {
		n, err := do(ctx)
		if err != nil || n > 0 {
			return err
		}
		there, err := pg.One(ctx, s.DB, pgx.RowTo[bool], `SELECT EXISTS (SELECT FROM webhook_endpoints WHERE id = $1)`, id)
		return changedOr(webhook.ErrNotFound, there, err)
	}))
}

// change makes one change, and has memory forget the tenant's endpoints, and the tenant, which
// holds what they want.
func (s *Webhooks) change(ctx context.Context, do func(context.Context) error) error {
	t, err := tenant.From(ctx)
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		pg.Afterwards(ctx, func() { s.forget(t.ID) })
		return do(ctx)
	})
}

// forget drops what memory holds of the endpoints of a tenant.
func (s *Webhooks) forget(id tenant.ID) {
	s.cache.Invalidate(id)
	s.tenants.cache.InvalidateAll()
}
