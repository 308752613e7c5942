package storage

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/internal/fault"
	"plinto/storage/internal/pg"
	"plinto/storage/schema"
	"plinto/tenant"
	"plinto/tenant/registry"
)

// TenantMoves implements registry.Moves.
type TenantMoves struct{ *Tenants }

// Complete implements registry.Moves.
func (s *TenantMoves) Complete(id tenant.ID, p tenant.Placement) (tenant.Placement, error) {
	if p.Isolation != tenant.Database || !p.Database.Empty() {
		return p, p.Check()
	}
	url, err := s.dbs.Open(id, nil)
	p.Database = url
	return p, err
}

// Find implements registry.Moves.
func (s *TenantMoves) Find(ctx context.Context, id tenant.ID) (registry.Move, error) {
	m := registry.Move{Tenant: id}
	_, err := pg.SystemOne(ctx, s.System, func(row pgx.CollectableRow) (struct{}, error) {
		var from, to []byte
		err := row.Scan(&m.Attempt, &m.From.Isolation, &from, &m.To.Isolation, &to, (*zeronull.Timestamptz)(&m.Switched))
		for p, sealed := range map[*tenant.Placement][]byte{&m.From: from, &m.To: to} {
			if err == nil && p.Isolation == tenant.Database {
				p.Database, err = s.dbs.Open(id, sealed)
			}
		}
		return struct{}{}, err
	}, `SELECT attempt, from_level, from_url, to_level, to_url, switched_at FROM tenant_moves WHERE tenant = $1`, uuid.UUID(id))
	return m, pg.Wrap("find move of tenant", pg.Absent(err, registry.ErrNoMove))
}

// Begin implements registry.Moves.
func (s *TenantMoves) Begin(ctx context.Context, m registry.Move) error {
	from, err := s.spot(m.Tenant, m.From)
	if err != nil {
		return err
	}
	to, err := s.spot(m.Tenant, m.To)
	if err != nil {
		return err
	}
	n, err := pg.SystemExec(ctx, `UPDATE tenants SET isolation = 'moving', updated_at = now() WHERE id = $1 AND isolation = $2 AND deleting_at IS NULL`, uuid.UUID(m.Tenant), from.Isolation)
	if err == nil && n == 0 {
		err = s.missing(ctx, m.Tenant, fault.ErrChanged)
	}
	if err != nil {
		return pg.Wrap("begin move", err)
	}
	_, err = pg.SystemExec(ctx, `
		INSERT INTO tenant_moves (tenant, attempt, from_level, from_url, to_level, to_url) VALUES ($1, $2, $3, $4, $5, $6)`,
		uuid.UUID(m.Tenant), m.Attempt, from.Isolation, from.Sealed, to.Isolation, to.Sealed)
	return pg.Wrap("begin move", err)
}

// Take implements registry.Moves.
func (s *TenantMoves) Take(ctx context.Context, m registry.Move) error {
	n, err := s.Exec(ctx, `UPDATE tenant_moves SET attempt = $2 WHERE tenant = $1 AND switched_at IS NULL`, uuid.UUID(m.Tenant), m.Attempt)
	if err == nil && n == 0 {
		err = registry.ErrNoMove
	}
	return pg.Wrap("go on with move", pg.Unavailable(err))
}

// mover moves rows as the owner of the tables.
func (s *TenantMoves) mover(m registry.Move) (*schema.Mover, error) {
	if s.owner.Empty() {
		return nil, registry.ErrPlacement
	}
	from, err := s.spot(m.Tenant, m.From)
	if err != nil {
		return nil, err
	}
	to, err := s.spot(m.Tenant, m.To)
	return &schema.Mover{Databases: s.dbs, OwnerURL: s.owner.Reveal(), Tenant: m.Tenant, From: from, To: to, Attempt: m.Attempt}, err
}

// Copy implements registry.Moves.
func (s *TenantMoves) Copy(ctx context.Context, m registry.Move, tell func(registry.Progress)) error {
	mover, err := s.mover(m)
	if err != nil {
		return err
	}
	if tell != nil {
		mover.Tell = func(c schema.Copied) { tell(registry.Progress(c)) }
	}
	return pg.Wrap("copy tenant", pg.Unavailable(takenOver(mover.Copy(ctx))))
}

// Clear implements registry.Moves.
func (s *TenantMoves) Clear(ctx context.Context, m registry.Move) error {
	mover, err := s.mover(m)
	if err != nil {
		return err
	}
	return pg.Wrap("remove copy of tenant", pg.Unavailable(takenOver(mover.Clear(ctx))))
}

// takenOver says that another attempt goes on with a move as registry.Moves does.
func takenOver(err error) error {
	if errors.Is(err, schema.ErrTaken) {
		return registry.ErrNoMove
	}
	return err
}

// Settle implements registry.Moves.
func (s *TenantMoves) Settle(ctx context.Context, m registry.Move, moved bool) error {
	note, at := `UPDATE tenant_moves SET switched_at = now() WHERE tenant = $1 AND attempt = $2 AND switched_at IS NULL`, m.To
	if !moved {
		note, at = `DELETE FROM tenant_moves WHERE tenant = $1 AND attempt = $2 AND switched_at IS NULL`, m.From
	}
	n, err := pg.SystemExec(ctx, note, uuid.UUID(m.Tenant), m.Attempt)
	if err == nil && n == 0 {
		err = registry.ErrNoMove
	}
	if err != nil {
		return pg.Wrap("settle move", err)
	}
	if _, err := pg.SystemExec(ctx, `UPDATE tenants SET isolation = $2, updated_at = now() WHERE id = $1 AND isolation = 'moving'`, uuid.UUID(m.Tenant), at.Isolation); err != nil {
		return pg.Wrap("settle move", err)
	}
	if c, ok := ctx.Value(changeKey{}).(*change); ok {
		c.of = append(c.of, m.Tenant) // what was decided about it meanwhile
	}
	if !moved {
		return nil
	}
	return pg.Wrap("settle move", s.open(ctx, m))
}

// announceAll says that everything of a tenant changed. Nobody announced what was done in a database of its own, and a
// minute ago it may have been where changes are announced: copies from then are in memory and in Redis.
const announceAll = `
	SELECT pg_notify($1, of.name || ' ' || $3::text) FROM (
		SELECT c.relname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
		WHERE p.proname = 'announce_change' AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'tenants'::regclass)
		UNION SELECT $2::text) AS of (name)`

// open has the new place of a tenant be found and worked with.
func (s *TenantMoves) open(ctx context.Context, m registry.Move) error {
	if _, err := pg.SystemExec(ctx, `DELETE FROM tenant_databases WHERE id = $1`, uuid.UUID(m.Tenant)); err != nil {
		return err
	}
	if _, err := pg.SystemExec(ctx, announceAll, pg.ChangesChannel, untold, m.Tenant.String()); err != nil {
		return err
	}
	if m.To.Isolation != tenant.Database {
		tx, err := pg.SystemTxAt(ctx, pg.PlaceOf(&tenant.Tenant{ID: m.Tenant, Placement: m.To}))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM tenant_fences WHERE tenant = $1`, uuid.UUID(m.Tenant))
		return err
	}
	if err := s.insertDatabase(ctx, tenant.Tenant{ID: m.Tenant, Placement: m.To}); err != nil || m.From.Isolation == tenant.Database {
		return err
	}
	// Its jobs are in the queue of its database now.
	_, err := pg.SystemExec(ctx, `DELETE FROM river_job WHERE args ->> 'tenant_id' = $1 AND finalized_at IS NULL`, m.Tenant.String())
	return err
}

// Drop implements registry.Moves.
func (s *TenantMoves) Drop(ctx context.Context, m registry.Move) error {
	mover, err := s.mover(m)
	if err != nil {
		return err
	}
	if err := mover.DropOld(ctx); err != nil {
		return pg.Wrap("remove old copy of tenant", pg.Unavailable(err))
	}
	_, err = s.Exec(ctx, `DELETE FROM tenant_moves WHERE tenant = $1 AND switched_at IS NOT NULL`, uuid.UUID(m.Tenant))
	return pg.Wrap("forget move", pg.Unavailable(err))
}

// here returns tenant.ErrMoving unless a tenant is still where it was thought to be.
func (s *Tenants) here(ctx context.Context, t *tenant.Tenant) error {
	now, err := pg.SystemOne(ctx, s.System, s.read, `SELECT `+tenantColumns+` FROM tenants WHERE id = $1`, uuid.UUID(t.ID))
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return err
	case pg.PlaceOf(&now) != pg.PlaceOf(t):
		s.cache.InvalidateAll()
		return tenant.ErrMoving
	}
	return nil
}
