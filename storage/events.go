package storage

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
	"plinto/tenant"
)

// jobSource implements queue.Source.
type jobSource struct {
	*System
	tenants *Tenants
}

// Tenant implements queue.Source.
func (s *jobSource) Tenant(ctx context.Context, id tenant.ID) (*tenant.Tenant, error) {
	t, err := s.tenants.ByID(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case t.Placement.Isolation == tenant.Moving:
		return nil, tenant.ErrMoving
	}
	return t, t.Check()
}

// Event implements queue.Source.
func (s *jobSource) Event(ctx context.Context, of tenant.ID, id uuid.UUID) (event.Event, error) {
	t, err := s.tenants.ByID(ctx, of)
	if err != nil {
		return event.Event{}, err
	}
	e, err := pg.SystemOne(ctx, s.At(pg.PlaceOf(t)), toEvent, `SELECT id, type, occurred_at, body, coalesce(seq, 0) FROM events WHERE tenant_id = $1 AND id = $2`,
		uuid.UUID(of), id)
	if errors.Is(err, pgx.ErrNoRows) {
		if err = s.tenants.here(ctx, t); err == nil {
			err = queue.ErrGone
		}
		return e, err
	}
	return e, err
}

func toEvent(row pgx.CollectableRow) (e event.Event, err error) {
	var kind event.Type
	var stored []byte
	if err = row.Scan(&e.ID, &kind, &e.OccurredAt, &stored, &e.Seq); err != nil {
		return e, err
	}
	err = fillEvent(&e, kind, stored)
	return e, err
}

// fillEvent reads what is kept of an event beside its columns. event.ErrUnreadable.
func fillEvent(e *event.Event, kind event.Type, stored []byte) (err error) {
	var b eventBody
	if err = readJSON(stored, &b); err != nil {
		return errors.Join(event.ErrUnreadable, err)
	}
	e.Actor, e.Subject, e.Outcome, e.Reason = b.Actor, b.Subject, b.Outcome, b.Reason
	e.IP, e.UserAgent, e.RequestID = b.IP, b.UserAgent, b.RequestID
	e.Fact, err = event.Decode(kind, b.Data)
	return err
}
