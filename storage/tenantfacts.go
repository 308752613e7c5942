package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
	"plinto/tenant"
)

// What is told about a tenant with a database of its own, or one that is being moved, such as that it was disabled, is
// committed with the change in the shared database. It is then told in the tenant's: at once where that can be reached,
// and otherwise by upkeep. It is taken out of the shared database after that, so it may be told
// twice, and the second time changes nothing.

// factBatch is how many facts of one tenant are told at once.
const factBatch = 100

type changeKey struct{}

// A change is a transaction of Tenants.InTx, with what is done in databases of tenants once it is committed.
type change struct {
	of      []tenant.ID // that facts were noted of
	then    []func(context.Context) error
	deletes bool // a tenant was marked: see tenantDeletion
}

// afterChange has f called when the change of ctx is committed.
func afterChange(ctx context.Context, f func(context.Context) error) {
	if c, ok := ctx.Value(changeKey{}).(*change); ok {
		c.then = append(c.then, f)
	}
}

// note keeps facts about a tenant with a database of its own, in the transaction of ctx.
func (s *Tenants) note(ctx context.Context, of tenant.ID, events []event.Event) error {
	rows, err := newEventRows(ctx, events)
	if err != nil {
		return err
	}
	_, err = pg.SystemExec(ctx, `
		INSERT INTO tenant_facts (id, tenant, type, occurred_at, body)
		SELECT f.id, $1, f.type, coalesce(f.at, now()), f.body::jsonb
		FROM unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::text[]) AS f (id, type, at, body)`,
		uuid.UUID(of), rows.ids, rows.types, rows.times, rows.bodies)
	if c, ok := ctx.Value(changeKey{}).(*change); ok {
		c.of = append(c.of, of)
	}
	return pg.Wrap("keep facts of tenant", err)
}

// A factTeller tells tenants with a database of their own what was decided about them.
type factTeller struct {
	system  *System // shared
	outbox  *Outbox
	tenants *Tenants
}

func (s *Tenants) facts(system *System) *factTeller { return &factTeller{system, s.outbox, s} }

func (f *factTeller) upkeep() queue.Upkeep {
	return queue.Upkeep{Name: "tenant_facts", Every: sweepEvery, Run: f.run}
}

// run tells all that waits. A tenant that cannot be reached leaves the others to be.
func (f *factTeller) run(ctx context.Context) error {
	waiting, err := pg.SystemQuery(ctx, f.system, pgx.RowTo[uuid.UUID], `SELECT DISTINCT tenant FROM tenant_facts`)
	if err != nil {
		return pg.Wrap("find facts of tenants", err)
	}
	databases, err := f.tenants.databases(ctx)
	places := map[tenant.ID]pg.Place{}
	for _, d := range databases {
		places[d.of] = d.place
	}
	var failed failures
	failed.add(err)
	apart, of := map[pg.Place][]tenant.ID{}, []tenant.ID(nil)
	for _, w := range waiting {
		if p, ok := places[tenant.ID(w)]; ok {
			apart[p] = append(apart[p], tenant.ID(w))
		} else {
			of = append(of, tenant.ID(w)) // it is being moved, or is gone
		}
	}
	failed.add(f.tell(ctx, of...))
	rounds := f.tenants.rounds
	failed.add(rounds.databases(ctx, f.system, "tenant_facts", slices.Collect(maps.Keys(apart)), func(p pg.Place) {
		failed.add(rounds.visit(ctx, f.system.At(p), p, func(ctx context.Context, _ *System) error { return f.tell(ctx, apart[p]...) }))
	}))
	return failed.joined()
}

// tell tells tenants what waits for them, in the order in which it happened.
func (f *factTeller) tell(ctx context.Context, of ...tenant.ID) (failed error) {
	for _, id := range of {
		if err := f.tellOne(ctx, id); err != nil {
			failed = errors.Join(failed, fmt.Errorf("tell tenant %s: %w", id, err))
		}
	}
	return failed
}

func (f *factTeller) tellOne(ctx context.Context, id tenant.ID) error {
	t, err := f.find(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return f.forget(ctx, id)
	}
	if err != nil || t.Placement.Isolation == tenant.Moving || t.Unreadable != "" {
		return err // of one that is being moved or mended, they are told when it is there again
	}
	waiting, err := pg.SystemQuery(ctx, f.system, toFact, `
		SELECT id, type, occurred_at, body FROM tenant_facts WHERE tenant = $1 ORDER BY occurred_at, id LIMIT $2`, uuid.UUID(id), factBatch)
	if err != nil {
		return err
	}
	ctx = tenant.With(ctx, t)
	for _, e := range waiting {
		if e.Fact == nil { // it stays until somebody mends it, and is in no other's way
			tellUnread(ctx, "what is to be told a tenant", e.ID.String(), "body")
			continue
		}
		if err := f.pass(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// find returns a tenant, also one that was deleted and had a database of its own.
func (f *factTeller) find(ctx context.Context, id tenant.ID) (*tenant.Tenant, error) {
	found, err := pg.SystemOne(ctx, f.system, f.tenants.read, `SELECT `+tenantColumns+` FROM tenants WHERE id = $1`, uuid.UUID(id))
	if !errors.Is(err, pgx.ErrNoRows) {
		return &found, err
	}
	sealed, err := pg.SystemOne(ctx, f.system, pgx.RowTo[[]byte], `SELECT url FROM tenant_databases WHERE id = $1`, uuid.UUID(id))
	if err != nil {
		return nil, err
	}
	url, err := f.tenants.dbs.Open(id, sealed)
	return &tenant.Tenant{ID: id, Placement: tenant.Placement{Isolation: tenant.Database, Database: url}}, err
}

// forget forgets what waits for a tenant that is gone and had no database of its own, or has it no more: it waited when the tenant
// was moved or mended, and nobody can be told. The log of the process keeps what it was.
func (f *factTeller) forget(ctx context.Context, id tenant.ID) error {
	type lost struct {
		ID   uuid.UUID
		Type string
	}
	all, err := pg.SystemQuery(ctx, f.system, pgx.RowToStructByPos[lost], `
		DELETE FROM tenant_facts f WHERE tenant = $1
			AND NOT EXISTS (SELECT FROM tenants t WHERE t.id = f.tenant) AND NOT EXISTS (SELECT FROM tenant_databases d WHERE d.id = f.tenant)
		RETURNING id, type`, uuid.UUID(id))
	if err != nil {
		return pg.Wrap("forget facts of tenant", err)
	}
	for _, l := range all {
		slog.WarnContext(ctx, "a tenant that is gone was to be told something", "tenant_id", id.String(), "event", l.ID.String(), "type", l.Type)
	}
	return nil
}

// pass tells the tenant of ctx one fact, and forgets it.
func (f *factTeller) pass(ctx context.Context, e event.Event) error {
	t := tenant.Must(ctx)
	err := f.outbox.InTx(ctx, func(ctx context.Context) error {
		if _, err := pg.Exec(ctx, f.outbox.DB, `SELECT pg_advisory_xact_lock(hashtextextended('tenant_facts ' || current_tenant(), 0))`); err != nil {
			return err
		}
		told, err := pg.One(ctx, f.outbox.DB, pgx.RowTo[bool], `SELECT EXISTS (SELECT FROM audit_log WHERE id = $1 AND occurred_at = $2)`, e.ID, e.OccurredAt)
		if err != nil || told {
			return err
		}
		return f.outbox.write(ctx, []event.Event{e})
	})
	if err != nil {
		return err
	}
	if e.Type() == (event.TenantDeleted{}).Type() {
		// Where it has many rows, upkeep goes on.
		if much, err := f.tenants.holdsMuch(ctx, t); err != nil {
			return err
		} else if !much {
			if err := f.tenants.finishDeletion(ctx, t); err != nil {
				return err
			}
		}
	}
	_, err = f.system.Exec(ctx, `DELETE FROM tenant_facts WHERE id = $1`, e.ID)
	return err
}

// toFact returns an event without its fact where that cannot be read.
func toFact(row pgx.CollectableRow) (e event.Event, err error) {
	var kind event.Type
	var stored json.RawMessage
	if err = row.Scan(&e.ID, &kind, &e.OccurredAt, &stored); err != nil {
		return e, err
	}
	if err = fillEvent(&e, kind, stored); errors.Is(err, event.ErrUnreadable) {
		e.Fact, err = nil, nil
	}
	return e, err
}
