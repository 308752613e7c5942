package storage

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/internal/tid"
	"plinto/organization"
	"plinto/provider"
	"plinto/storage/internal/pg"
)

// Memberships implements provider.Memberships.
type Memberships struct{ *DB }

// membershipColumns are those of membership m in organization o.
const membershipColumns = `o.id, o.name, o.slug, m.roles, o.suspended_at IS NOT NULL, o.policy, o.branding`

// toMembership takes an organization that cannot be read for suspended, whatever its row says: what it demands is not known.
func toMembership(ctx context.Context) pgx.RowToFunc[provider.Membership] {
	return func(row pgx.CollectableRow) (m provider.Membership, err error) {
		var unreadable string
		err = row.Scan(&m.ID, &m.Name, &m.Slug, &m.Roles, &m.Suspended,
			&part[organization.Policy]{&m.Policy, "policy", &unreadable}, &part[organization.Branding]{&m.Branding, "branding", &unreadable})
		if unreadable != "" {
			m.Suspended = true
			tellUnread(ctx, "organization", m.PublicID(), unreadable)
		}
		return m, err
	}
}

// Of implements provider.Memberships.
func (s *Memberships) Of(ctx context.Context, userID uuid.UUID, limit int) ([]provider.Membership, error) {
	found, err := pg.Query(ctx, s.DB, toMembership(ctx), `
		SELECT `+membershipColumns+`
		FROM (SELECT organization_id, roles FROM memberships WHERE user_id = $1 OFFSET 0) m
			CROSS JOIN LATERAL (SELECT * FROM organizations WHERE id = m.organization_id OFFSET 0) o
		ORDER BY 5, lower(o.name), o.id LIMIT $2`, userID, limit)
	return found, pg.Wrap("find memberships", err)
}

// In implements provider.Memberships.
func (s *Memberships) In(ctx context.Context, userID uuid.UUID, organization string) (m provider.Membership, err error) {
	if id, invalid := tid.Parse(provider.OrganizationPrefix, organization); invalid == nil {
		m, err = pg.One(ctx, s.DB, toMembership(ctx), `
			SELECT `+membershipColumns+`
			FROM organizations o CROSS JOIN LATERAL (
				SELECT roles FROM memberships WHERE organization_id = o.id AND user_id = $2 OFFSET 0) m
			WHERE o.id = $1`, id, userID)
	} else {
		m, err = pg.One(ctx, s.DB, toMembership(ctx), `
			SELECT `+membershipColumns+`
			FROM organizations o CROSS JOIN LATERAL (
				SELECT roles FROM memberships WHERE organization_id = o.id AND user_id = $2 OFFSET 0) m
			WHERE o.slug = $1`, organization, userID)
	}
	return m, pg.Wrap("find membership", pg.Absent(err, provider.ErrNotMember))
}

// toShown shows an organization whose look cannot be read as one that has none.
func toShown(ctx context.Context) pgx.RowToFunc[provider.Membership] {
	return func(row pgx.CollectableRow) (m provider.Membership, err error) {
		var unreadable string
		err = row.Scan(&m.ID, &m.Name, &part[organization.Branding]{&m.Branding, "branding", &unreadable})
		if err == nil && unreadable != "" {
			tellUnread(ctx, "organization", m.PublicID(), unreadable)
			return provider.Membership{}, pgx.ErrNoRows
		}
		return m, err
	}
}

// Shown implements provider.Memberships.
func (s *Memberships) Shown(ctx context.Context, organization string) (m provider.Membership, err error) {
	if id, invalid := tid.Parse(provider.OrganizationPrefix, organization); invalid == nil {
		m, err = pg.One(ctx, s.DB, toShown(ctx), `
			SELECT id, name, branding FROM organizations WHERE id = $1 AND branding <> '{}' AND suspended_at IS NULL`, id)
	} else {
		m, err = pg.One(ctx, s.DB, toShown(ctx), `
			SELECT id, name, branding FROM organizations WHERE slug = $1 AND branding <> '{}' AND suspended_at IS NULL`, organization)
	}
	return m, pg.Wrap("find look", pg.Absent(err, provider.ErrNotMember))
}
