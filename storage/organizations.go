package storage

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/identity"
	"plinto/organization"
	"plinto/storage/internal/pg"
)

// Organizations implements organization.Organizations and organization.Writes.
type Organizations struct{ *DB }

func newOrganizations(db *DB) *Organizations { return &Organizations{db} }

const organizationColumns = `id, slug, name, created_at, version`

func toOrganization(row pgx.CollectableRow) (o organization.Organization, err error) {
	err = row.Scan(&o.ID, &o.Slug, &o.Name, &o.CreatedAt, &o.Version)
	return o, err
}

// BySlug implements organization.Organizations.
func (s *Organizations) BySlug(ctx context.Context, slug string) (organization.Organization, error) {
	o, err := pg.One(ctx, s.DB, toOrganization, `SELECT `+organizationColumns+` FROM organizations WHERE slug = $1`, slug)
	return o, pg.Wrap("find organization", pg.Absent(err, organization.ErrNotFound))
}

// List implements organization.Organizations.
func (s *Organizations) List(ctx context.Context, after string, limit int) ([]organization.Organization, error) {
	page, err := pg.Query(ctx, s.DB, toOrganization, `
		SELECT `+organizationColumns+` FROM organizations WHERE slug > $1 ORDER BY slug LIMIT $2`, after, limit)
	return page, pg.Wrap("list organizations", err)
}

// Members implements organization.Organizations.
func (s *Organizations) Members(ctx context.Context, id uuid.UUID) ([]organization.Member, error) {
	all, err := pg.Query(ctx, s.DB, pgx.RowToStructByPos[organization.Member], `
		SELECT user_id, roles FROM memberships WHERE organization_id = $1 ORDER BY user_id`, id)
	return all, pg.Wrap("list members", err)
}

// Create implements organization.Writes.
func (s *Organizations) Create(ctx context.Context, o organization.Organization) error {
	n, err := pg.Exec(ctx, s.DB, `
		INSERT INTO organizations (id, slug, name) VALUES ($1, $2, $3)
		ON CONFLICT ON CONSTRAINT organizations_slug_key DO NOTHING`, o.ID, o.Slug, o.Name)
	if err == nil && n == 0 {
		err = organization.ErrSlugTaken
	}
	return pg.Wrap("create organization", err)
}

// SetName implements organization.Writes. The version is compared in the statement that
// writes: of two who read the same row one writes.
func (s *Organizations) SetName(ctx context.Context, o organization.Organization) error {
	n, err := pg.Exec(ctx, s.DB, `UPDATE organizations SET name = $3, updated_at = now() WHERE id = $1 AND version = $2`, o.ID, o.Version, o.Name)
	if err == nil && n == 0 {
		err = s.missing(ctx, o.ID)
	}
	return pg.Wrap("rename organization", err)
}

// missing says why a row was not found under its version.
func (s *Organizations) missing(ctx context.Context, id uuid.UUID) error {
	there, err := pg.One(ctx, s.DB, pgx.RowTo[bool], `SELECT EXISTS (SELECT FROM organizations WHERE id = $1)`, id)
	return changedOr(organization.ErrNotFound, there, err)
}

// SetMember implements organization.Writes.
func (s *Organizations) SetMember(ctx context.Context, id uuid.UUID, m organization.Member) (bool, error) {
	roles := m.Roles
	if roles == nil {
		roles = []string{}
	}
	n, err := pg.Exec(ctx, s.DB, `
		INSERT INTO memberships (organization_id, user_id, roles) VALUES ($1, $2, $3)
		ON CONFLICT ON CONSTRAINT memberships_pkey DO UPDATE SET roles = excluded.roles
			WHERE memberships.roles <> excluded.roles`, id, m.UserID, roles)
	switch pg.Constraint(err) {
	case "memberships_organization_fkey":
		err = organization.ErrNotFound
	case "memberships_user_fkey":
		err = identity.ErrUserNotFound
	}
	return n > 0, pg.Wrap("set member", err)
}

// RemoveMember implements organization.Writes.
func (s *Organizations) RemoveMember(ctx context.Context, id, userID uuid.UUID) (bool, error) {
	n, err := pg.Exec(ctx, s.DB, `DELETE FROM memberships WHERE organization_id = $1 AND user_id = $2`, id, userID)
	return n > 0, pg.Wrap("remove member", err)
}

// Delete implements organization.Writes.
func (s *Organizations) Delete(ctx context.Context, id uuid.UUID) error {
	n, err := pg.Exec(ctx, s.DB, `DELETE FROM organizations WHERE id = $1`, id)
	if err == nil && n == 0 {
		err = organization.ErrNotFound
	}
	return pg.Wrap("delete organization", err)
}
