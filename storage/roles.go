package storage

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/identity"
	"plinto/organization"
	"plinto/storage/internal/pg"
)

// Roles implements organization.RoleStore.
type Roles struct {
	*DB
	owners
	deletions *Jobs // who deletes later
}

const roleColumns = `id, scope, key, name, description, permissions, includes, created_at, updated_at, version, managed_by`

func toRole(row pgx.CollectableRow) (r organization.Role, err error) {
	err = row.Scan(&r.ID, &r.Scope, &r.Key, &r.Name, &r.Description, &r.Permissions, &r.Includes, &r.CreatedAt, &r.UpdatedAt, &r.Version, &r.ManagedBy)
	return r, err
}

// Roles implements organization.RoleStore.
func (s *Roles) Roles(ctx context.Context) ([]organization.Role, error) {
	all, err := pg.Query(ctx, s.DB, toRole, `SELECT `+roleColumns+` FROM roles ORDER BY scope DESC, key LIMIT $1`, organization.MaxRoles)
	return all, pg.Wrap("list roles", err)
}

// everyRole are the roles of the tenant as JSON, as far as rights hang on them.
const everyRole = `SELECT coalesce(jsonb_agg(jsonb_build_object('ID', id, 'Scope', scope, 'Key', key, 'Permissions', permissions, 'Includes', includes)), '[]') FROM roles`

// Held implements organization.RoleStore.
func (s *Roles) Held(ctx context.Context, user, in uuid.UUID) (organization.Held, error) {
	var roles []byte
	h, err := pg.One(ctx, s.DB, func(row pgx.CollectableRow) (h organization.Held, err error) {
		return h, row.Scan(&h.Tenant, &h.There, &roles)
	}, `
		SELECT ARRAY(SELECT key FROM user_roles WHERE user_id = $1),
			coalesce((SELECT roles FROM memberships WHERE organization_id = $2 AND user_id = $1), '{}'),
			(`+everyRole+`)`,
		user, in)
	if err == nil {
		err = json.Unmarshal(roles, &h.Roles)
	}
	return h, pg.Wrap("find roles", err)
}

// Holders implements organization.RoleStore.
func (s *Roles) Holders(ctx context.Context, users []uuid.UUID) (map[uuid.UUID][]string, error) {
	type holder struct {
		User uuid.UUID
		Keys []string
	}
	rows, err := pg.Query(ctx, s.DB, pgx.RowToStructByPos[holder], `
		SELECT u, r.keys FROM unnest($1::uuid[]) u
			CROSS JOIN LATERAL (SELECT array_agg(key ORDER BY key) AS keys FROM user_roles WHERE user_id = u) r
		WHERE r.keys IS NOT NULL`, users)
	all := make(map[uuid.UUID][]string, len(rows))
	for _, h := range rows {
		all[h.User] = h.Keys
	}
	return all, pg.Wrap("list holders of roles", err)
}

// CreateRole implements organization.RoleStore.
func (s *Roles) CreateRole(ctx context.Context, r organization.Role) error {
	n, err := pg.Exec(ctx, s.DB, `
		INSERT INTO roles (id, scope, key, name, description, permissions, includes) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT ON CONSTRAINT roles_key_key DO NOTHING`,
		r.ID, string(r.Scope), r.Key, r.Name, r.Description, permissions(r.Permissions), list(r.Includes))
	if err == nil && n == 0 {
		err = s.taken(ctx, r)
	}
	return pg.Wrap("create role", err)
}

// taken returns why a key cannot be had.
func (s *Roles) taken(ctx context.Context, r organization.Role) error { //nolint:gocritic // as CreateRole has it
	there, err := pg.One(ctx, s.DB, pgx.RowTo[bool], `SELECT EXISTS (SELECT FROM roles WHERE scope = $1 AND key = $2)`, string(r.Scope), r.Key)
	switch {
	case err != nil:
		return err
	case there:
		return organization.ErrRoleTaken
	}
	return organization.ErrRoleLeaving
}

func permissions(all []organization.Permission) []string {
	texts := make([]string, len(all))
	for i, p := range all {
		texts[i] = string(p)
	}
	return texts
}

// UpdateRole implements organization.RoleStore.
func (s *Roles) UpdateRole(ctx context.Context, r organization.Role) error {
	n, err := pg.Exec(ctx, s.DB, `
		UPDATE roles SET name = $3, description = $4, permissions = $5, includes = $6, updated_at = now() WHERE id = $1 AND version = $2`,
		r.ID, r.Version, r.Name, r.Description, permissions(r.Permissions), list(r.Includes))
	if err == nil && n == 0 {
		there, found := pg.One(ctx, s.DB, pgx.RowTo[bool], `SELECT EXISTS (SELECT FROM roles WHERE id = $1)`, r.ID)
		err = changedOr(organization.ErrRoleNotFound, there, found)
	}
	return pg.Wrap("update role", err)
}

// Assign implements organization.RoleStore.
func (s *Roles) Assign(ctx context.Context, user uuid.UUID, key string) (bool, error) {
	n, err := pg.Exec(ctx, s.DB, `INSERT INTO user_roles (user_id, key) VALUES ($1, $2) ON CONFLICT ON CONSTRAINT user_roles_pkey DO NOTHING`, user, key)
	if pg.Constraint(err) == "user_roles_user_fkey" {
		err = identity.ErrUserNotFound
	}
	return n > 0, pg.Wrap("assign role", err)
}

// Unassign implements organization.RoleStore.
func (s *Roles) Unassign(ctx context.Context, user uuid.UUID, key string) (bool, error) {
	n, err := pg.Exec(ctx, s.DB, `DELETE FROM user_roles WHERE user_id = $1 AND key = $2`, user, key)
	return n > 0, pg.Wrap("unassign role", err)
}

// LockRights implements organization.RoleStore. The lock ends with the transaction.
func (s *Roles) LockRights(ctx context.Context) error {
	in, err := pg.Joined(ctx)
	if err == nil && !in {
		err = pg.ErrNoTransaction
	}
	if err != nil {
		return fmt.Errorf("lock rights: %w", err)
	}
	_, err = pg.Exec(ctx, s.DB, `SELECT pg_advisory_xact_lock(hashtextextended('rights ' || current_tenant()::text, 0))`)
	return pg.Wrap("lock rights", err)
}
