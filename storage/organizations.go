package storage

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/organization"
)

// Organizations implements organization.Organizations.
type Organizations struct {
	*DB
	outbox event.Outbox
}

func newOrganizations(db *DB, outbox event.Outbox) *Organizations {
	return &Organizations{DB: db, outbox: outbox}
}

func toOrganization(row pgx.CollectableRow) (o organization.Organization, err error) {
	err = row.Scan(&o.ID, &o.Slug, &o.Name, &o.CreatedAt)
	return o, err
}

// Put implements organization.Organizations.
func (s *Organizations) Put(ctx context.Context, o organization.Organization) (id uuid.UUID, err error) {
	err = s.change(ctx, o.Slug, func(ctx context.Context) error {
		id, err = one(ctx, s.DB, pgx.RowTo[uuid.UUID], `
			INSERT INTO organizations (id, slug, name) VALUES ($1, $2, $3)
			ON CONFLICT ON CONSTRAINT organizations_slug_key DO UPDATE SET name = excluded.name, updated_at = now()
			RETURNING id`, uuid.Must(uuid.NewV7()), o.Slug, o.Name)
		return err
	})
	return id, wrap("put organization", err)
}

// BySlug implements organization.Organizations.
func (s *Organizations) BySlug(ctx context.Context, slug string) (organization.Organization, error) {
	o, err := one(ctx, s.DB, toOrganization, `SELECT id, slug, name, created_at FROM organizations WHERE slug = $1`, slug)
	return o, wrap("find organization", absent(err, organization.ErrNotFound))
}

// List implements organization.Organizations.
func (s *Organizations) List(ctx context.Context) ([]organization.Organization, error) {
	all, err := query(ctx, s.DB, toOrganization, `SELECT id, slug, name, created_at FROM organizations ORDER BY slug`)
	return all, wrap("list organizations", err)
}

// Members implements organization.Organizations.
func (s *Organizations) Members(ctx context.Context, id uuid.UUID) ([]organization.Member, error) {
	all, err := query(ctx, s.DB, pgx.RowToStructByPos[organization.Member], `
		SELECT user_id, roles FROM memberships WHERE organization_id = $1 ORDER BY user_id`, id)
	return all, wrap("list members", err)
}

// SetMember implements organization.Organizations.
func (s *Organizations) SetMember(ctx context.Context, id uuid.UUID, m organization.Member) error {
	roles := m.Roles
	if roles == nil {
		roles = []string{}
	}
	err := s.change(ctx, id.String(), func(ctx context.Context) error {
		_, err := exec(ctx, s.DB, `
			INSERT INTO memberships (organization_id, user_id, roles) VALUES ($1, $2, $3)
			ON CONFLICT ON CONSTRAINT memberships_pkey DO UPDATE SET roles = excluded.roles`, id, m.UserID, roles)
		return err
	})
	return wrap("set member", err)
}

// RemoveMember implements organization.Organizations.
func (s *Organizations) RemoveMember(ctx context.Context, id, userID uuid.UUID) error {
	err := s.change(ctx, id.String(), func(ctx context.Context) error {
		_, err := exec(ctx, s.DB, `DELETE FROM memberships WHERE organization_id = $1 AND user_id = $2`, id, userID)
		return err
	})
	return wrap("remove member", err)
}

// Delete implements organization.Organizations.
func (s *Organizations) Delete(ctx context.Context, id uuid.UUID) error {
	err := s.change(ctx, id.String(), func(ctx context.Context) error {
		deleted, err := exec(ctx, s.DB, `DELETE FROM organizations WHERE id = $1`, id)
		if err == nil && deleted == 0 {
			return organization.ErrNotFound
		}
		return err
	})
	return wrap("delete organization", err)
}

func (s *Organizations) change(ctx context.Context, subject string, do func(context.Context) error) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := do(ctx); err != nil {
			return err
		}
		return s.outbox.Append(ctx, event.Event{
			Type: event.OrganizationSet, Outcome: "success", Actor: event.Actor{Type: "operator"}, Subject: subject,
		})
	})
}
