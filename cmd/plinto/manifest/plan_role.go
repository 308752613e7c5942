package manifest

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"plinto/organization"
)

// storedRoles are the roles that were made in the tenant.
func (s *scene) storedRoles(ctx context.Context) ([]organization.Role, error) {
	if s.fresh {
		return nil, nil
	}
	all, err := s.target().Organizations.Roles.Store.Roles(ctx)
	if err != nil {
		return nil, fmt.Errorf("list roles: %w", err)
	}
	return all, nil
}

// roles compares the declared roles, each after those that it includes: so nothing leads back to
// itself on the way.
func (s *scene) roles(ctx context.Context) error {
	stored, err := s.storedRoles(ctx)
	if err != nil {
		return err
	}
	for i := range s.declared.Roles {
		s.role(&s.declared.Roles[i], stored)
	}
	if !s.prune || s.declared.Roles == nil {
		return nil
	}
	for _, r := range stored {
		if slices.ContainsFunc(s.declared.Roles, func(d Role) bool { return d.Scope == r.Scope && d.Key == r.Key }) {
			continue
		}
		s.add(Change{Action: Delete, Kind: "role", Name: roleName(r.Scope, r.Key), write: func(ctx context.Context) error {
			return s.target().Organizations.Roles.Delete(ctx, r.Scope, r.Key)
		}})
	}
	return nil
}

func roleName(scope organization.RoleScope, key string) string { return string(scope) + "/" + key }

func (s *scene) role(r *Role, stored []organization.Role) {
	for _, key := range r.Includes {
		if !s.knows(stored, r.Scope, key) {
			s.problems.at(r.At.find("includes"), "there is no role %q of the scope %s in the tenant", key, r.Scope)
		}
	}
	at := slices.IndexFunc(stored, func(o organization.Role) bool { return o.Scope == r.Scope && o.Key == r.Key })
	var fields []Field
	if at >= 0 {
		o := &stored[at]
		fields = differences(roleView(o.Name, o.Description, o.Permissions, o.Includes), roleView(r.Name, r.Description, r.Permissions, r.Includes))
	}
	change := compared("role", roleName(r.Scope, r.Key), at >= 0, fields, func(ctx context.Context) error {
		service := s.target().Organizations.Roles
		if at < 0 {
			made := organization.Role{Scope: r.Scope, Key: r.Key}
			_, err := service.Create(ctx, made.With(r.Name, r.Description, r.Permissions, r.Includes))
			return err
		}
		_, err := service.Update(ctx, r.Scope, r.Key, func(o *organization.Role) error {
			*o = o.With(r.Name, r.Description, r.Permissions, r.Includes)
			return nil
		})
		return err
	})
	s.add(s.manage(ownedRoles, r.managed, change, func(ctx context.Context) (uuid.UUID, error) {
		all, err := s.target().Organizations.Roles.Store.Roles(ctx)
		for i := range all {
			if all[i].Scope == r.Scope && all[i].Key == r.Key {
				return all[i].ID, err
			}
		}
		return uuid.Nil, err
	}))
}

func roleView(name, description string, permissions []organization.Permission, includes []string) map[string]any {
	return map[string]any{"name": name, "description": description, "permissions": permissions, "includes": includes}
}

// knows reports whether there is, or will be, a role.
func (s *scene) knows(stored []organization.Role, scope organization.RoleScope, key string) bool {
	return organization.IsBuiltIn(scope, key) ||
		slices.ContainsFunc(stored, func(r organization.Role) bool { return r.Scope == scope && r.Key == key }) ||
		slices.ContainsFunc(s.declared.Roles, func(r Role) bool { return r.Scope == scope && r.Key == key })
}

// userRoles compares the roles of the users of whom they are declared. What is declared of one is all
// that they have.
func (s *scene) userRoles(ctx context.Context) error {
	return s.compareRoles(ctx, s.declared.Users)
}

func (s *scene) compareRoles(ctx context.Context, users []User) error {
	stored, err := s.storedRoles(ctx)
	if err != nil {
		return err
	}
	for i := range users {
		u := &users[i]
		if u.Roles == nil {
			continue
		}
		for _, key := range u.Roles {
			if !s.knows(stored, organization.TenantRole, key) {
				s.problems.at(u.At.find("roles"), "there is no role %q of the tenant", key)
			}
		}
		if err := s.rolesOf(ctx, u); err != nil {
			return fmt.Errorf("compare roles of user %s: %w", u.identifier(), err)
		}
	}
	return nil
}

func (s *scene) rolesOf(ctx context.Context, u *User) error {
	var has []string
	user, _, err := s.stored(ctx, u)
	if err != nil {
		return err
	}
	if user != nil {
		if has, err = s.held(ctx, user.ID); err != nil {
			return err
		}
	}
	want := slices.Compact(slices.Sorted(slices.Values(u.Roles)))
	if len(has)+len(want) == 0 {
		return nil
	}
	s.add(compared("roles of user", u.identifier(), user != nil, differences(rolesView(has), rolesView(want)), func(ctx context.Context) error {
		return s.setRoles(ctx, u, want)
	}))
	return nil
}

// held returns the keys of a user's roles, sorted.
func (s *scene) held(ctx context.Context, user uuid.UUID) ([]string, error) {
	held, err := s.target().Organizations.Roles.Store.Held(ctx, user, uuid.Nil)
	return slices.Sorted(slices.Values(held.Tenant)), err
}

// setRoles looks the user up again, who may be as new as the roles.
func (s *scene) setRoles(ctx context.Context, u *User, want []string) error {
	found, err := s.target().Users.Credential(ctx, u.identifier(), nil)
	if err != nil {
		return err
	}
	has, err := s.held(ctx, found.User.ID)
	if err != nil {
		return err
	}
	service := s.target().Organizations.Roles
	for _, key := range want {
		if !slices.Contains(has, key) {
			if err := service.Assign(ctx, found.User.ID, key); err != nil {
				return err
			}
		}
	}
	for _, key := range has {
		if !slices.Contains(want, key) {
			if err := service.Unassign(ctx, found.User.ID, key); err != nil {
				return err
			}
		}
	}
	return nil
}
