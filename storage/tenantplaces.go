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
		var sealed []byte
		if sealed, err = s.dbs.Seal(t.ID, t.Placement.Database); err == nil {
			_, err = s.dbs.Make(ctx, s.owner.Reveal(), t.ID, sealed)
		}
	default:
		return registry.ErrPlacement
	}
	return pg.Wrap("make tables of tenant", pg.Unavailable(err))
}

// Discard implements registry.Writes.
func (s *Tenants) Discard(ctx context.Context, t tenant.Tenant) (err error) {
	switch isolation(t) {
	case tenant.Shared:
	case tenant.Schema:
		err = schema.DropTenant(ctx, s.owner.Reveal(), t.ID)
	case tenant.Database:
		var sealed []byte
		if sealed, err = s.dbs.Seal(t.ID, t.Placement.Database); err == nil {
			err = s.dbs.Discard(ctx, s.owner.Reveal(), t.ID, sealed)
		}
	}
	return pg.Wrap("remove tables of tenant", pg.Unavailable(err))
}

// insertDatabase notes where the database of a tenant is.
func (s *Tenants) insertDatabase(ctx context.Context, t tenant.Tenant) error {
	sealed, err := s.dbs.Seal(t.ID, t.Placement.Database)
	if err == nil {
		_, err = pg.SystemExec(ctx, `INSERT INTO tenant_databases (id, url) VALUES ($1, $2)`, uuid.UUID(t.ID), sealed)
	}
	return err
}

// place is where the rows of a tenant are, also of one that is being made.
func (s *Tenants) place(t *tenant.Tenant) (pg.Place, error) {
	if isolation(*t) != tenant.Database || !t.Placement.Database.Empty() {
		return pg.PlaceOf(t), nil
	}
	url, err := s.dbs.Open(t.ID, nil)
	return pg.InDatabase(url), err
}
