package storage

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/identity/bulk"
	"plinto/organization"
	"plinto/storage/internal/pg"
)

// RoleDeletionTask takes roles away in steps.
const RoleDeletionTask = "roles.delete"

const (
	takenAtOnce   = 2000  // assignments of users in one statement
	membersAtOnce = 10000 // memberships that one statement looks at: there is no index by role
)

// roleSteps delete a role. It gives nothing from the first step on; its key stays taken until nobody has it any more.
var roleSteps = stepwise{
	kind: bulk.RoleDeletion,
	task: RoleDeletionTask,
	many: []batched{
		{sql: `SELECT count(*) FROM (SELECT FROM user_roles WHERE key = (SELECT key FROM roles WHERE id = $1 AND scope = 'tenant') LIMIT $2) u`, most: takenAtOnce},
		{sql: `SELECT count(*) FROM (SELECT FROM memberships WHERE EXISTS (SELECT FROM roles WHERE id = $1 AND scope = 'organization') LIMIT $2) m`, most: membersAtOnce},
	},
	mark: []string{`UPDATE roles SET permissions = '{}', includes = '{}', managed_by = '', deleting_at = now(), updated_at = now() WHERE id = $1`},
	rows: []batched{{sql: `DELETE FROM user_roles WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM user_roles WHERE key = (SELECT key FROM roles WHERE id = $1 AND scope = 'tenant') LIMIT $2))`, most: takenAtOnce}},
	last: `DELETE FROM roles WHERE id = $1 AND deleting_at IS NOT NULL`,
}

// DeleteRole implements organization.RoleStore. Where very many have the role, a job takes it from them.
func (s *Roles) DeleteRole(ctx context.Context, r organization.Role) error { //nolint:gocritic // as RoleStore has it
	return s.InTx(ctx, func(ctx context.Context) error {
		begun, err := s.deleter().begin(ctx, r.ID)
		if err == nil && !begun {
			err = s.deleteAtOnce(ctx, &r)
		}
		if err != nil {
			return pg.Wrap("delete role", err)
		}
		err = pg.ExecLater(ctx, s.DB, pg.AnyNumber, `
			UPDATE roles SET includes = array_remove(includes, $2), updated_at = now() WHERE scope = $1 AND $2 = ANY(includes)`, string(r.Scope), r.Key)
		return pg.Wrap("take role out of others", err)
	})
}

func (s *Roles) deleteAtOnce(ctx context.Context, r *organization.Role) error {
	n, err := pg.Exec(ctx, s.DB, `DELETE FROM roles WHERE id = $1`, r.ID)
	if err == nil && n == 0 {
		err = organization.ErrRoleNotFound
	}
	if err != nil {
		return err
	}
	if r.Scope == organization.TenantRole {
		return pg.ExecLater(ctx, s.DB, pg.AnyNumber, `DELETE FROM user_roles WHERE key = $1`, r.Key)
	}
	return pg.ExecLater(ctx, s.DB, pg.AnyNumber, `UPDATE memberships SET roles = array_remove(roles, $1) WHERE $1 = ANY(roles)`, r.Key)
}

func (s *Roles) deleter() deleter { return deleter{DB: s.DB, jobs: s.deletions, of: &roleSteps} }

// GoOnDeleting works on the job that takes a role away: see deleter.goOn.
func (s *Roles) GoOnDeleting(ctx context.Context, job uuid.UUID) error {
	d := s.deleter()
	d.first = s.fromMembers()
	return d.goOn(ctx, job)
}

// fromMembers returns what takes a role from the next members who have it, of some at a time in the order of their key: it goes over
// each membership once.
func (s *Roles) fromMembers() func(ctx context.Context, role uuid.UUID) (int64, error) {
	type batch struct {
		Org, User *uuid.UUID // of the last membership that was looked at; nil: there was none
		Took      int64
	}
	last := batch{Org: new(uuid.UUID), User: new(uuid.UUID)}
	return func(ctx context.Context, role uuid.UUID) (int64, error) {
		key, err := pg.One(ctx, s.DB, pgx.RowTo[string], `SELECT key FROM roles WHERE id = $1 AND scope = 'organization'`, role)
		if errors.Is(err, pgx.ErrNoRows) {
			return 0, nil // it is one of the tenant
		}
		for err == nil && last.Org != nil {
			last, err = pg.One(ctx, s.DB, pgx.RowToStructByPos[batch], `
				WITH looked AS (SELECT organization_id, user_id, roles FROM memberships WHERE (organization_id, user_id) > ($1, $2)
					ORDER BY organization_id, user_id LIMIT $3),
				took AS (UPDATE memberships m SET roles = array_remove(m.roles, $4) FROM looked l
					WHERE m.organization_id = l.organization_id AND m.user_id = l.user_id AND $4 = ANY(l.roles) RETURNING 1),
				last AS (SELECT organization_id, user_id FROM looked ORDER BY organization_id DESC, user_id DESC LIMIT 1)
				SELECT (SELECT organization_id FROM last), (SELECT user_id FROM last), (SELECT count(*) FROM took)`,
				last.Org, last.User, membersAtOnce, key)
			if err != nil || last.Took > 0 {
				return last.Took, err
			}
		}
		return 0, err
	}
}
