package storage

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/internal/brand"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// Logos implements tenant.Logos.
type Logos struct{ *DB }

// ByHash implements tenant.Logos.
func (s *Logos) ByHash(ctx context.Context, hash string) ([]byte, error) {
	png, err := pg.One(ctx, s.DB, pgx.RowTo[[]byte], `SELECT png FROM logos WHERE hash = $1`, hash)
	return png, pg.Wrap("find logo", pg.Absent(err, tenant.ErrLogoUnknown))
}

// SetLogos implements registry.Writes.
func (s *Tenants) SetLogos(ctx context.Context, t tenant.Tenant, logos []brand.Logo) error {
	place, err := s.place(&t)
	if err != nil {
		return err
	}
	if !place.Shares() {
		return s.addLogos(ctx, place, t, logos)
	}
	tx, err := pg.SystemTxAt(ctx, place)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM logos WHERE tenant_id = $1 AND hash <> ALL($2)`, uuid.UUID(t.ID), t.Settings.Branding.Logos()); err != nil {
		return pg.Wrap("remove logos", err)
	}
	return storeLogos(ctx, tx, t, logos)
}

// addLogos is SetLogos in a database of the tenant's own, before the settings that show them are
// committed. So it keeps those that are shown until then; the next time they go.
func (s *Tenants) addLogos(ctx context.Context, place pg.Place, t tenant.Tenant, logos []brand.Logo) error {
	before, err := pg.SystemQuery(ctx, s.System, pgx.RowTo[tenant.Settings], `SELECT settings FROM tenants WHERE id = $1`, uuid.UUID(t.ID))
	if err != nil {
		return pg.Wrap("find logos that are shown", err)
	}
	kept := slices.Clone(t.Settings.Branding.Logos())
	for _, b := range before {
		kept = append(kept, b.Branding.Logos()...)
	}
	return pg.Unavailable(s.At(place).Begin(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM logos WHERE tenant_id = $1 AND hash <> ALL($2)`, uuid.UUID(t.ID), kept); err != nil {
			return pg.Wrap("remove logos", err)
		}
		return storeLogos(ctx, tx, t, logos)
	}))
}

// storeLogos adds logos and looks whether all that are shown are there. tenant.ErrLogoUnknown.
func storeLogos(ctx context.Context, tx pgx.Tx, t tenant.Tenant, logos []brand.Logo) error {
	for _, l := range logos {
		_, err := tx.Exec(ctx, `INSERT INTO logos (tenant_id, hash, png) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, uuid.UUID(t.ID), l.Hash, l.PNG)
		if err != nil {
			return pg.Wrap("store logos", err)
		}
	}
	var stored int
	shown := t.Settings.Branding.Logos()
	err := tx.QueryRow(ctx, `SELECT count(*) FROM logos WHERE tenant_id = $1 AND hash = ANY($2)`, uuid.UUID(t.ID), shown).Scan(&stored)
	if err == nil && stored < len(shown) {
		err = tenant.ErrLogoUnknown
	}
	return pg.Wrap("count logos", err)
}
