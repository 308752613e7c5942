package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/secret"
	"plinto/storage/internal/pg"
	"plinto/storage/schema"
	"plinto/tenant"
	"plinto/tenant/registry"
)

// Backups implements registry.Backups.
type Backups struct{ *Tenants }

// Save implements registry.Backups.
func (s *Backups) Save(ctx context.Context, t *tenant.Tenant, to io.Writer, key secret.Keeper, tell func(registry.Progress)) (registry.Bundle, error) {
	at, err := s.ownedSpot(t)
	if err != nil {
		return registry.Bundle{}, err
	}
	saver := &schema.Saver{
		Databases: s.dbs, OwnerURL: s.owner.Reveal(), Tenant: t.ID, At: at, Keys: s.root.KeysOf(t.ID), Tell: telling(tell),
	}
	head, err := saver.Save(ctx, to, key)
	return registry.Bundle{Tenant: *t, TakenAt: head.TakenAt}, pg.Wrap("back up tenant", pg.Unavailable(err))
}

func telling(tell func(registry.Progress)) func(schema.Copied) {
	if tell == nil {
		return nil
	}
	return func(c schema.Copied) { tell(registry.Progress(c)) }
}

// ownedSpot is where the rows of a tenant are. registry.ErrOwner where this process cannot work as the owner of the tables.
func (s *Backups) ownedSpot(t *tenant.Tenant) (schema.Spot, error) {
	switch {
	case s.owner.Empty():
		return schema.Spot{}, registry.ErrOwner
	case t.Placement.Isolation == tenant.Moving:
		return schema.Spot{}, tenant.ErrMoving
	case t.Unreadable != "":
		return schema.Spot{}, t.Check()
	}
	p := t.Placement
	p.Isolation = isolation(*t)
	return s.spot(t.ID, p)
}

// Room implements registry.Backups.
func (s *Backups) Room(ctx context.Context, t tenant.Tenant) (empty bool, err error) {
	r, err := s.restorer(&t)
	if err != nil {
		return false, err
	}
	empty, err = r.Look(ctx)
	return empty, pg.Wrap("look for the tenant", pg.Unavailable(err))
}

func (s *Backups) restorer(t *tenant.Tenant) (*schema.Restorer, error) {
	at, err := s.ownedSpot(t)
	return &schema.Restorer{Databases: s.dbs, OwnerURL: s.owner.Reveal(), At: at, Tenant: schema.BundleRow{ID: uuid.UUID(t.ID)}}, err
}

// Load implements registry.Backups.
func (s *Backups) Load(ctx context.Context, from io.Reader, key secret.Keeper, plan func(registry.Bundle) (registry.Restoration, error), tell func(registry.Progress)) error {
	if s.owner.Empty() {
		return registry.ErrOwner
	}
	b, err := schema.OpenBundle(ctx, from, key)
	if err != nil {
		return err
	}
	of, err := bundled(&b.Head)
	if err != nil {
		return err
	}
	planned, err := plan(of)
	if err != nil {
		return err
	}
	r, err := s.restorer(&planned.Tenant)
	if err != nil {
		return err
	}
	r.Tenant, r.KeepTokens, r.Tell = asRow(&b.Head.Tenant, &planned.Tenant), planned.KeepTokens, telling(tell)
	if r.Fact, err = restoredFact(ctx, planned.Event); err != nil {
		return err
	}
	keys, err := secret.ParseKeys(b.Head.Keys)
	if err != nil {
		return schema.ErrBundle
	}
	if r.Sealed, err = s.root.SealKeys(planned.Tenant.ID, keys); err != nil {
		return fmt.Errorf("seal keys of tenant: %w", err)
	}
	if err := s.know(ctx, planned.Tenant.ID); err != nil {
		return err
	}
	r.SameKeys = s.root.KeysOf(planned.Tenant.ID).Equal(keys)
	if err := r.Load(ctx, b); err != nil {
		return pg.Wrap("restore tenant", nameTaken(pg.Unavailable(err)))
	}
	return s.restored(ctx, planned.Tenant.ID)
}

// restored has everybody read anew what there is of a tenant, and tells it that it was restored.
func (s *Backups) restored(ctx context.Context, id tenant.ID) error {
	s.cache.InvalidateAll()
	s.found.forget()
	if _, err := s.Exec(ctx, announceAll, pg.ChangesChannel, untold, id.String()); err != nil {
		return pg.Wrap("announce the tenant", err)
	}
	_ = s.facts(s.System).tell(ctx, id) // or later: the tenant is restored
	return nil
}

// bundled is what a bundle says of its tenant.
func bundled(h *schema.BundleHead) (registry.Bundle, error) {
	row := &h.Tenant
	t := tenant.Tenant{
		ID: tenant.ID(row.ID), Slug: row.Slug, Name: row.Name, Host: row.Host, CreatedAt: row.CreatedAt, ManagedBy: row.ManagedBy,
		Placement: tenant.Placement{Isolation: tenant.Isolation(row.Isolation)},
	}
	if row.DisabledAt != nil {
		t.DisabledAt = *row.DisabledAt
	}
	if err := json.Unmarshal(row.Settings, &t.Settings); err != nil {
		return registry.Bundle{}, schema.ErrBundle.With(err)
	}
	return registry.Bundle{Tenant: t, TakenAt: h.TakenAt}, nil
}

// asRow is the row of a bundle with what is to be otherwise.
func asRow(row *schema.BundleRow, t *tenant.Tenant) schema.BundleRow {
	as := *row
	as.Slug, as.Host, as.DisabledAt = t.Slug, t.Host, nil
	if !t.DisabledAt.IsZero() {
		as.DisabledAt = &t.DisabledAt
	}
	return as
}

func restoredFact(ctx context.Context, e event.Event) (schema.RestoredFact, error) {
	rows, err := newEventRows(ctx, []event.Event{e})
	if err != nil {
		return schema.RestoredFact{}, err
	}
	return schema.RestoredFact{ID: rows.ids[0], Type: rows.types[0], Body: rows.bodies[0]}, nil
}

// Rewound implements registry.Backups.
func (s *Backups) Rewound(ctx context.Context, of registry.Restoration) error {
	r, err := s.restorer(&of.Tenant)
	if err != nil {
		return err
	}
	r.KeepTokens = of.KeepTokens
	if r.Fact, err = restoredFact(ctx, of.Event); err != nil {
		return err
	}
	if err := r.Aftermath(ctx); err != nil {
		return pg.Wrap("end what was under way", pg.Unavailable(err))
	}
	return s.restored(ctx, of.Tenant.ID)
}

var _ registry.Backups = (*Backups)(nil)
