package storage

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"plinto/organization"
)

// A role that very many have gives nothing from the moment at which it is deleted, and its key is nobody else's until it is taken from
// all of them, in steps of which each stays done. Other roles stay, and few holders lose theirs with one statement.
func TestRoles_areTakenAwayStepByStep_DEL_21(t *testing.T) {
	t.Parallel()
	for _, scope := range []organization.RoleScope{organization.TenantRole, organization.OrganizationRole} {
		t.Run(string(scope), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			roles := &Roles{DB: w.db, owners: roleOwners(w.db), deletions: w.jobs}
			role := func(key string, includes ...string) organization.Role {
				t.Helper()
				r := organization.Role{ID: uuid.Must(uuid.NewV7()), Scope: scope, Key: key, Name: key, Permissions: []organization.Permission{organization.UsersRead}, Includes: includes}
				must(t, roles.CreateRole(w.ctx(), r))
				return r
			}
			gone, few, other := role("gone"), role("few"), role("other", "gone")
			one := w.holders(scope)
			must(t, roles.DeleteRole(w.ctx(), gone))
			held, err := roles.Held(w.ctx(), one.user, one.org)
			must(t, err)
			if given := organization.Resolve(held.Roles, scope, gone.Key); len(given) != 0 {
				t.Errorf("whoever has it still may %v", given)
			}
			if all, err := roles.Roles(w.ctx()); err != nil || len(all) != 2 || len(all[1].Includes) != 0 {
				t.Errorf("it is listed, or included: %+v, %v", all, err)
			}
			again := gone
			again.ID = uuid.Must(uuid.NewV7())
			if err := w.db.InTx(w.ctx(), func(ctx context.Context) error { return roles.CreateRole(ctx, again) }); !errors.Is(err, organization.ErrRoleLeaving) {
				t.Errorf("another one gets its key, and whoever had it: %v", err)
			}
			if err := roles.CreateRole(w.ctx(), organization.Role{ID: again.ID, Scope: scope, Key: other.Key}); !errors.Is(err, organization.ErrRoleTaken) {
				t.Errorf("a key that is taken: %v", err)
			}
			for name, err := range map[string]error{"changed": roles.UpdateRole(w.ctx(), gone), "deleted again": roles.DeleteRole(w.ctx(), gone)} {
				if !errors.Is(err, organization.ErrRoleNotFound) {
					t.Errorf("it can be %s: %v", name, err)
				}
			}
			d := roles.deleter()
			d.first = roles.fromMembers()
			job := w.lostAfter(w.jobs, d, gone.ID)
			if n := w.count(`SELECT count(*) FROM roles WHERE key = 'gone'`); n != 1 {
				t.Error("the key is free before nobody has it")
			}
			must(t, roles.GoOnDeleting(w.ctx(), job.ID))
			if n := w.having("gone"); n != 0 {
				t.Errorf("%d have it after all", n)
			}
			if n := w.having("few"); n != 2 {
				t.Errorf("%d have another role, want 2", n)
			}
			must(t, roles.CreateRole(w.ctx(), again))
			must(t, roles.DeleteRole(w.ctx(), again))
			must(t, roles.DeleteRole(w.ctx(), other))
			if scope == organization.TenantRole {
				must(t, roles.DeleteRole(w.ctx(), few)) // with one statement
				if n := w.having("few") + w.count(`SELECT count(*) FROM jobs WHERE state = 'running'`); n != 0 {
					t.Errorf("%d holders and jobs are left", n)
				}
			}
		})
	}
}

type holder struct{ user, org uuid.UUID }

// holders gives more than one statement takes the role "gone", and two of them "few".
func (w *world) holders(scope organization.RoleScope) (one holder) {
	w.t.Helper()
	of := w.tenants[0].ID.String()
	w.sql(`INSERT INTO users (tenant_id, id) SELECT $1, gen_random_uuid() FROM generate_series(1, $2::int) n`, of, 2*takenAtOnce+10)
	if scope == organization.TenantRole {
		w.sql(`INSERT INTO user_roles (tenant_id, user_id, key) SELECT tenant_id, id, 'gone' FROM users`)
		w.sql(`INSERT INTO user_roles (tenant_id, user_id, key) SELECT tenant_id, id, 'few' FROM users LIMIT 2`)
	} else {
		w.sql(`INSERT INTO organizations (tenant_id, id, slug, name) SELECT $1, gen_random_uuid(), 'o' || n, 'O' FROM generate_series(1, 6) n`, of)
		w.sql(`INSERT INTO memberships (tenant_id, organization_id, user_id, roles)
			SELECT u.tenant_id, o.id, u.id, CASE WHEN o.slug IN ('o1', 'o6') THEN '{member,gone}' ELSE '{member}' END::text[] FROM users u, organizations o`)
		w.sql(`UPDATE memberships SET roles = roles || '{few}' WHERE ctid = ANY(ARRAY(SELECT ctid FROM memberships WHERE 'gone' = ANY(roles) LIMIT 2))`)
	}
	sql := `SELECT user_id, user_id FROM user_roles WHERE key = 'gone' LIMIT 1`
	if scope == organization.OrganizationRole {
		sql = `SELECT user_id, organization_id FROM memberships WHERE 'gone' = ANY(roles) LIMIT 1`
	}
	must(w.t, w.owner.QueryRow(w.t.Context(), sql).Scan(&one.user, &one.org))
	return one
}

// having counts who has a role.
func (w *world) having(key string) int {
	w.t.Helper()
	return w.count(`SELECT (SELECT count(*) FROM user_roles WHERE key = $1) + (SELECT count(*) FROM memberships WHERE $1 = ANY(roles))`, key)
}
