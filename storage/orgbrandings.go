package storage

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/internal/brand"
	"plinto/organization"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// OrganizationBrandings implements organization.Brandings.
type OrganizationBrandings struct{ *DB }

// Branding implements organization.Brandings.
func (s *OrganizationBrandings) Branding(ctx context.Context, id uuid.UUID) (organization.Branding, error) {
	b, err := pg.One(ctx, s.DB, func(row pgx.CollectableRow) (b organization.Branding, err error) {
		var unreadable string
		err = row.Scan(&part[organization.Branding]{&b, "branding", &unreadable})
		if err == nil && unreadable != "" { // pages look as without it
			tellUnread(ctx, "organization", id.String(), unreadable)
			err = pgx.ErrNoRows
		}
		return b, err
	}, `
		SELECT branding FROM organizations WHERE id = $1 AND suspended_at IS NULL`, id)
	return b, pg.Wrap("find branding", pg.Absent(err, organization.ErrNotFound))
}

// Logo implements organization.Brandings. Several organizations may have the same.
func (s *OrganizationBrandings) Logo(ctx context.Context, hash string) ([]byte, error) {
	png, err := pg.One(ctx, s.DB, pgx.RowTo[[]byte], `SELECT png FROM organization_logos WHERE hash = $1 LIMIT 1`, hash)
	return png, pg.Wrap("find logo", pg.Absent(err, tenant.ErrLogoUnknown))
}

// SetLogos implements organization.Writes. Update has locked the row, so nobody else sets the logos.
func (s *Organizations) SetLogos(ctx context.Context, o organization.Organization, logos []brand.Logo) error {
	shown := o.Branding.Logos()
	_, err := pg.Exec(ctx, s.DB, `DELETE FROM organization_logos WHERE organization_id = $1 AND hash <> ALL($2)`, o.ID, shown)
	for _, l := range logos {
		if err == nil {
			_, err = pg.Exec(ctx, s.DB, `
				INSERT INTO organization_logos (organization_id, hash, png) SELECT $1::uuid, $2::text, $3::bytea WHERE $2::text = ANY($4) ON CONFLICT DO NOTHING`,
				o.ID, l.Hash, l.PNG, shown)
		}
	}
	if err != nil {
		return pg.Wrap("store logos", err)
	}
	stored, err := pg.One(ctx, s.DB, pgx.RowTo[int], `SELECT count(*) FROM organization_logos WHERE organization_id = $1`, o.ID)
	if err == nil && stored < len(shown) {
		err = tenant.ErrLogoUnknown
	}
	return pg.Wrap("count logos", err)
}
