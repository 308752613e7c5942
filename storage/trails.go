package storage

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/event/explain"
	"plinto/internal/web"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// Trails implements explain.Trails.
type Trails struct {
	*DB
	system  *System
	tenants *Tenants
}

// A trailBody is what the row of a trail has beside its keys.
type trailBody struct {
	Method   string        `json:"method"`
	Route    string        `json:"route"`
	Status   int           `json:"status,omitempty"`
	Code     string        `json:"code,omitempty"`
	Detail   string        `json:"detail,omitempty"`
	Cause    string        `json:"cause,omitempty"`
	ClientID string        `json:"client_id,omitempty"`
	Decided  []web.Decided `json:"decided,omitempty"`
}

// Keep implements explain.Trails. What cannot be kept at one place is kept at the others.
func (s *Trails) Keep(ctx context.Context, all []explain.Trail) (failed error) {
	at := map[pg.Place][]explain.Trail{}
	for _, t := range all {
		of, err := s.keeper(ctx, &t)
		if errors.Is(err, tenant.ErrUnknown) {
			continue // deleted meanwhile
		}
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		t.Tenant = of.ID
		at[pg.PlaceOf(of)] = append(at[pg.PlaceOf(of)], t)
	}
	for place, trails := range at {
		failed = errors.Join(failed, keepTrails(ctx, s.system.At(place), trails))
	}
	return failed
}

// keeper is the tenant whose rows have a trail.
func (s *Trails) keeper(ctx context.Context, t *explain.Trail) (*tenant.Tenant, error) {
	if t.OfNobody() {
		return s.tenants.BySlug(ctx, tenant.SystemSlug)
	}
	return s.tenants.ByID(ctx, t.Tenant)
}

// insertTrails looks each tenant up by its key: Postgres, which does not know how few trails there are, would join them to all tenants.
const insertTrails = `
	INSERT INTO request_trails (tenant_id, id, request_id, at, flow, body)
	SELECT t.tenant_id, t.id, t.request_id, t.at, t.flow, t.body::jsonb
	FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::text[])
		AS t (tenant_id, id, request_id, at, flow, body)
	WHERE (SELECT true FROM tenants WHERE tenants.id = t.tenant_id)`

func keepTrails(ctx context.Context, system *System, all []explain.Trail) error {
	tenants, ids := make([]uuid.UUID, len(all)), make([]uuid.UUID, len(all))
	requests, times := make([]string, len(all)), make([]time.Time, len(all))
	flows, bodies := make([]string, len(all)), make([]string, len(all))
	for i, t := range all {
		body, err := json.Marshal(trailBody{
			t.Method, t.Route, t.Status, t.Code, t.Detail, legible(t.Cause, maxCause), printable(t.ClientID), t.Decided,
		})
		if err != nil {
			return err
		}
		tenants[i], ids[i], requests[i], times[i] = uuid.UUID(t.Tenant), uuid.Must(uuid.NewV7()), t.RequestID, t.At
		flows[i], bodies[i] = t.Flow, storable(body)
	}
	_, err := pg.SystemQuery(ctx, system, pgx.RowTo[bool], insertTrails, tenants, ids, requests, times, flows, bodies)
	return pg.Wrap("keep trails", err)
}

// Tenant implements explain.Trails. A place that cannot be reached is told of when no other has the request.
func (s *Trails) Tenant(ctx context.Context, requestID string) (tenant.ID, error) {
	places, failed := s.tenants.places(ctx)
	for _, p := range append([]pg.Place{{}}, places...) {
		id, err := pg.SystemOne(ctx, s.system.At(p), pgx.RowTo[uuid.UUID],
			`SELECT tenant_id FROM request_trails WHERE request_id = $1 ORDER BY at LIMIT 1`, requestID)
		if err == nil {
			return tenant.ID(id), nil
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			failed = errors.Join(failed, err)
		}
	}
	if failed == nil {
		return tenant.ID{}, explain.ErrUnknown
	}
	return tenant.ID{}, pg.Wrap("find tenant of request", failed)
}

// ByRequest implements explain.Trails.
func (s *Trails) ByRequest(ctx context.Context, requestID string) ([]explain.Trail, error) {
	found, err := pg.Query(ctx, s.DB, toTrail, `
		SELECT tenant_id, request_id, at, flow, body FROM request_trails WHERE request_id = $1 ORDER BY at, id`, requestID)
	if err == nil && len(found) == 0 {
		return nil, explain.ErrUnknown
	}
	return found, pg.Wrap("find trails of request", err)
}

// ByFlow implements explain.Trails.
func (s *Trails) ByFlow(ctx context.Context, flow string) ([]explain.Trail, error) {
	found, err := pg.Query(ctx, s.DB, toTrail, `
		SELECT tenant_id, request_id, at, flow, body FROM request_trails WHERE flow = $1 AND flow <> '' ORDER BY at, id LIMIT $2`,
		flow, explain.MaxOfFlow)
	return found, pg.Wrap("find trails of flow", err)
}

// Events implements explain.Trails. The audit log has no index by request: the time finds
// the rows.
func (s *Trails) Events(ctx context.Context, requestID string, then time.Time) ([]event.Event, error) {
	found, err := pg.Query(ctx, s.DB, toRecorded, `
		SELECT id, type, occurred_at, actor_type, actor_id, subject, outcome, reason, data FROM audit_log
		WHERE occurred_at BETWEEN $2::timestamptz - interval '1 minute' AND $2::timestamptz + interval '1 minute' AND request_id = $1
		ORDER BY occurred_at, id`, requestID, then)
	found = slices.DeleteFunc(found, func(e event.Event) bool {
		if e.Fact == nil {
			tellUnread(ctx, "event", e.ID.String(), "data")
		}
		return e.Fact == nil
	})
	return found, pg.Wrap("find events of request", err)
}

// toRecorded returns an event without its fact where that cannot be read.
func toRecorded(row pgx.CollectableRow) (e event.Event, err error) {
	var kind event.Type
	var data []byte
	if err = row.Scan(&e.ID, &kind, &e.OccurredAt, &e.Actor.Type, &e.Actor.ID, &e.Subject, &e.Outcome, &e.Reason, &data); err != nil {
		return e, err
	}
	if e.Fact, err = event.Decode(kind, data); errors.Is(err, event.ErrUnreadable) {
		e.Fact, err = nil, nil
	}
	return e, err
}

func toTrail(row pgx.CollectableRow) (t explain.Trail, err error) {
	var of uuid.UUID
	var stored []byte
	if err = row.Scan(&of, &t.RequestID, &t.At, &t.Flow, &stored); err != nil {
		return t, err
	}
	var b trailBody
	if readJSON(stored, &b) != nil { // the others of its flow are shown
		b = trailBody{Route: unreadableName, Cause: "what is stored of this request cannot be read"}
	}
	t.Tenant, t.Method, t.Route, t.Status, t.Code, t.Detail = tenant.ID(of), b.Method, b.Route, b.Status, b.Code, b.Detail
	t.Cause, t.ClientID, t.Decided = b.Cause, b.ClientID, b.Decided
	return t, nil
}

// maxCause bounds a cause, in bytes.
const maxCause = 500
