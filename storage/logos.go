package storage

import (
	"context"

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
	tx, err := pg.SystemTxAt(ctx, pg.PlaceOf(&t))
	if err != nil {
		return err
	}
	shown := t.Settings.Branding.Logos()
	_, err = tx.Exec(ctx, `DELETE FROM logos WHERE tenant_id = $1 AND hash <> ALL($2)`, uuid.UUID(t.ID), shown)
	for _, l := range logos {
		if err == nil {
			_, err = tx.Exec(ctx, `INSERT INTO logos (tenant_id, hash, png) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, uuid.UUID(t.ID), l.Hash, l.PNG)
		}
	}
	if err != nil {
		return pg.Wrap("store logos", err)
	}
	var stored int
	err = tx.QueryRow(ctx, `SELECT count(*) FROM logos WHERE tenant_id = $1 AND hash = ANY($2)`, uuid.UUID(t.ID), shown).Scan(&stored)
	if err == nil && stored < len(shown) {
		err = tenant.ErrLogoUnknown
	}
	return pg.Wrap("count logos", err)
}
