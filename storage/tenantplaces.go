package storage

import (
	"context"

	"github.com/google/uuid"

	"plinto/storage/internal/pg"
	"plinto/storage/schema"
	"plinto/tenant"
	"plinto/tenant/registry"
)

// Prepare implements registry.Writes.
func (s *Tenants) Prepare(ctx context.Context, t tenant.Tenant) (err error) {
	defer s.found.forget()
	if isolation(t) == tenant.Shared {
		return nil
	}
	if s.owner.Empty() {
		return registry.ErrPlacement
	}
	switch isolation(t) {
	case tenant.Schema:
		_, err = schema.MigrateTenant(ctx, s.owner.Reveal(), t.ID)
	case tenant.Database:
		var at schema.Spot
		if at, err = s.spot(t.ID, t.Placement); err == nil {
			_, err = s.dbs.Make(ctx, s.owner.Reveal(), t.ID, at.Sealed)
		}
	default:
		return registry.ErrPlacement
	}
	return pg.Wrap("make tables of tenant", pg.Unavailable(err))
}

// Discard implements registry.Writes.
func (s *Tenants) Discard(ctx context.Context, t tenant.Tenant) (err error) {
	switch isolation(t) {
	case tenant.Shared, tenant.Moving:
	case tenant.Schema:
		err = schema.DropTenant(ctx, s.owner.Reveal(), t.ID)
	case tenant.Database:
		var at schema.Spot
		if at, err = s.spot(t.ID, t.Placement); err == nil {
			err = s.dbs.Discard(ctx, s.owner.Reveal(), t.ID, at.Sealed)
		}
	}
	return pg.Wrap("remove tables of tenant", pg.Unavailable(err))
}

// insertDatabase notes where the database of a tenant is.
func (s *Tenants) insertDatabase(ctx context.Context, t tenant.Tenant) error {
	at, err := s.spot(t.ID, t.Placement)
	if err == nil {
		_, err = pg.SystemExec(ctx, `INSERT INTO tenant_databases (id, url) VALUES ($1, $2)`, uuid.UUID(t.ID), at.Sealed)
	}
	return err
}

// spot is what is stored of a placement. Of the database that is named after the tenant, no URL is.
func (s *Tenants) spot(id tenant.ID, p tenant.Placement) (schema.Spot, error) {
	at := schema.Spot{Isolation: p.Isolation}
	if p.Isolation != tenant.Database || p.Database.Empty() {
		return at, nil
	}
	named, err := s.dbs.Open(id, nil)
	if err == nil && named != p.Database {
		at.Sealed, err = s.dbs.Seal(id, p.Database)
	}
	return at, err
}

// place is where the rows of a tenant are, also of one that is being made.
func (s *Tenants) place(t *tenant.Tenant) (pg.Place, error) {
	if isolation(*t) != tenant.Database || !t.Placement.Database.Empty() {
		return pg.PlaceOf(t), nil
	}
	url, err := s.dbs.Open(t.ID, nil)
	return pg.InDatabase(url), err
}
