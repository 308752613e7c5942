package organization

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/owner"
	"plinto/internal/tid"
	"plinto/tenant"
)

// A RoleService changes roles and gives them to users. It is the only way to do so. Each change is one
// transaction with its event, or part of the transaction of ctx; changes of rights in a tenant run one
// after the other, so each is decided on what is so when it commits.
type RoleService struct {
	Store  RoleStore
	Outbox event.Outbox
	Tx     identity.Transactor
}

// All returns every role of the tenant, those that are built in first.
func (s *RoleService) All(ctx context.Context) ([]Role, error) {
	made, err := s.Store.Roles(ctx)
	return append(BuiltInRoles(tenant.Must(ctx)), made...), err
}

// Create stores a new role and returns it with its id. ErrRole, ErrRoleTaken, ErrRoleLeaving, ErrTooManyRoles,
// ErrCannotConfer.
func (s *RoleService) Create(ctx context.Context, r Role) (Role, error) {
	r.ID, r.Version = uuid.Must(uuid.NewV7()), 1
	err := s.change(ctx, func(ctx context.Context, all []Role) (event.Fact, string, error) {
		if _, taken := find(all, r.Scope, r.Key); taken {
			return nil, "", ErrRoleTaken
		}
		if len(all) >= MaxRoles {
			return nil, "", ErrTooManyRoles
		}
		all = append(all, r)
		if err := r.check(tenant.Must(ctx), all); err != nil {
			return nil, "", err
		}
		if err := Confer(ctx, uuid.Nil, Resolve(all, r.Scope, r.Key)); err != nil {
			return nil, "", err
		}
		return event.RoleCreated{Scope: string(r.Scope), Key: r.Key}, tid.Format(RolePrefix, r.ID), s.Store.CreateRole(ctx, r)
	})
	return r, err
}

// Update changes what a role is called, has and includes. edit gets it as it is stored; what it
// changes besides is not stored. The caller needs all rights that the role had and will have, as others
// have the role too. ErrRoleNotFound, ErrRoleBuiltIn, and as Create.
func (s *RoleService) Update(ctx context.Context, scope RoleScope, key string, edit func(*Role) error) (Role, error) {
	var after Role
	err := s.change(ctx, func(ctx context.Context, all []Role) (event.Fact, string, error) {
		before, err := changeable(all, scope, key)
		if err != nil {
			return nil, "", err
		}
		if err := ActOn(ctx, uuid.Nil, Resolve(all, scope, key)); err != nil {
			return nil, "", err
		}
		after = *before
		if err := edit(&after); err != nil {
			return nil, "", err
		}
		after.ID, after.Scope, after.Key, after.Version = before.ID, before.Scope, before.Key, before.Version
		fields := changedFields(before, &after)
		if len(fields) == 0 {
			return nil, "", nil
		}
		*before = after
		if err := after.check(tenant.Must(ctx), all); err != nil {
			return nil, "", err
		}
		if err := Confer(ctx, uuid.Nil, Resolve(all, scope, key)); err != nil {
			return nil, "", err
		}
		if err := owner.Admit(ctx, s.Store, after.ID); err != nil {
			return nil, "", err
		}
		return event.RoleUpdated{Fields: fields}, tid.Format(RolePrefix, after.ID), s.Store.UpdateRole(ctx, after)
	})
	return after, err
}

func changedFields(a, b *Role) (fields []string) {
	for _, f := range []struct {
		name string
		same bool
	}{
		{"description", a.Description == b.Description},
		{"includes", slices.Equal(a.Includes, b.Includes)},
		{"name", a.Name == b.Name},
		{"permissions", slices.Equal(a.Permissions, b.Permissions)},
	} {
		if !f.same {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// changeable finds a role that can be changed. ErrRoleNotFound, ErrRoleBuiltIn.
func changeable(all []Role, scope RoleScope, key string) (*Role, error) {
	r, ok := find(all, scope, key)
	switch {
	case !ok:
		return nil, ErrRoleNotFound
	case r.BuiltIn():
		return nil, ErrRoleBuiltIn
	}
	return r, nil
}

// Delete removes a role. Whoever had it, or a role that includes it, has its permissions no longer. Where very many had it, its key
// goes from them by a job.
func (s *RoleService) Delete(ctx context.Context, scope RoleScope, key string) error {
	return s.change(ctx, func(ctx context.Context, all []Role) (event.Fact, string, error) {
		r, err := changeable(all, scope, key)
		if err != nil {
			return nil, "", err
		}
		if err := ActOn(ctx, uuid.Nil, Resolve(all, scope, key)); err != nil {
			return nil, "", err
		}
		if err := owner.Admit(ctx, s.Store, r.ID); err != nil {
			return nil, "", err
		}
		return event.RoleDeleted{Scope: string(scope), Key: key}, tid.Format(RolePrefix, r.ID), s.Store.DeleteRole(ctx, *r)
	})
}

// Assign gives a user a role of the tenant. ErrRoleNotFound, identity.ErrUserNotFound,
// ErrCannotConfer, ErrCannotActOn.
func (s *RoleService) Assign(ctx context.Context, user uuid.UUID, key string) error {
	return s.assign(ctx, user, key, event.UserRoleAssigned{Role: key}, s.Store.Assign)
}

// Unassign takes a role from a user. ErrRoleNotFound, ErrCannotActOn.
func (s *RoleService) Unassign(ctx context.Context, user uuid.UUID, key string) error {
	return s.assign(ctx, user, key, event.UserRoleRemoved{Role: key}, s.Store.Unassign)
}

func (s *RoleService) assign(
	ctx context.Context, user uuid.UUID, key string, fact event.Fact, do func(context.Context, uuid.UUID, string) (bool, error),
) error {
	return s.change(ctx, func(ctx context.Context, all []Role) (event.Fact, string, error) {
		if _, ok := find(all, TenantRole, key); !ok {
			return nil, "", ErrRoleNotFound
		}
		if err := Confer(ctx, uuid.Nil, Resolve(all, TenantRole, key)); err != nil {
			return nil, "", err
		}
		if err := s.ActOnUser(ctx, user); err != nil {
			return nil, "", err
		}
		changed, err := do(ctx, user, key)
		if err != nil || !changed {
			return nil, "", err
		}
		return fact, publicUser(user), nil
	})
}

// ActOnUser refuses whoever ctx says to change a user who has rights in the tenant that they have not
// themselves. It needs the transaction of the change. ErrCannotActOn.
func (s *RoleService) ActOnUser(ctx context.Context, user uuid.UUID) error {
	rights, _, err := s.Rights(ctx, user, uuid.Nil)
	if err != nil {
		return err
	}
	return ActOn(ctx, uuid.Nil, rights)
}

// Rights returns the permissions of a user in the tenant, and those in an organization (uuid.Nil: none).
func (s *RoleService) Rights(ctx context.Context, user, in uuid.UUID) (everywhere, there []Permission, err error) {
	held, err := s.Store.Held(ctx, user, in)
	if err != nil {
		return nil, nil, err
	}
	all := append(BuiltInRoles(tenant.Must(ctx)), held.Roles...)
	return Resolve(all, TenantRole, held.Tenant...), Resolve(all, OrganizationRole, held.There...), nil
}

// Permissions returns what organization roles of those keys give together, sorted and each once. A key
// that no role has gives nothing.
func (s *RoleService) Permissions(ctx context.Context, keys []string) ([]string, error) {
	all, err := s.All(ctx)
	if err != nil {
		return nil, err
	}
	resolved := Resolve(all, OrganizationRole, keys...)
	texts := make([]string, len(resolved))
	for i, p := range resolved {
		texts[i] = string(p)
	}
	return texts, nil
}

// Giving returns the keys of the organization roles that give a permission, sorted.
func (s *RoleService) Giving(ctx context.Context, p Permission) (keys []string, err error) {
	all, err := s.All(ctx)
	for i := range all {
		if r := &all[i]; r.Scope == OrganizationRole && slices.Contains(Resolve(all, OrganizationRole, r.Key), p) {
			keys = append(keys, r.Key)
		}
	}
	slices.Sort(keys)
	return keys, err
}

// AuthorityOf returns what a user may do by roles, as far as allowed is true. It is read anew in the
// transaction of whatever confers rights.
func (s *RoleService) AuthorityOf(ctx context.Context, user, in uuid.UUID, allowed func(Permission) bool) (Authority, error) {
	read := func(ctx context.Context) (Authority, error) {
		everywhere, there, err := s.Rights(ctx, user, in)
		not := func(p Permission) bool { return !allowed(p) }
		return Authority{Rights: slices.DeleteFunc(everywhere, not), Organization: in, There: slices.DeleteFunc(there, not)}, err
	}
	a, err := read(ctx)
	a.Again = func(ctx context.Context) (Authority, error) {
		if err := s.Store.LockRights(ctx); err != nil {
			return Authority{}, err
		}
		return read(ctx)
	}
	return a, err
}

// change makes one change of rights in a transaction, with its event when something changed.
func (s *RoleService) change(ctx context.Context, do func(context.Context, []Role) (event.Fact, string, error)) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.LockRights(ctx); err != nil {
			return err
		}
		all, err := s.All(ctx)
		if err != nil {
			return err
		}
		fact, subject, err := do(ctx, all)
		if err != nil || fact == nil {
			return err
		}
		return s.Outbox.Append(ctx, event.Event{
			Fact: fact, Outcome: "success", Actor: event.ActorFrom(ctx, event.Actor{Type: "operator"}), Subject: subject,
		})
	})
}

// ConferRoles is ConferMember of somebody who is no member yet: whoever is invited.
func (s *RoleService) ConferRoles(ctx context.Context, in uuid.UUID, keys []string) error {
	return s.ConferMember(ctx, in, uuid.Nil, keys)
}

// ConferTenant refuses whoever ctx says to give anybody a role of the tenant that they have not the rights of. It needs the
// transaction of the change. ErrRoleNotFound, ErrCannotConfer.
func (s *RoleService) ConferTenant(ctx context.Context, key string) error {
	if err := s.Store.LockRights(ctx); err != nil {
		return err
	}
	all, err := s.All(ctx)
	if err != nil {
		return err
	}
	if _, ok := find(all, TenantRole, key); !ok {
		return ErrRoleNotFound
	}
	return Confer(ctx, uuid.Nil, Resolve(all, TenantRole, key))
}

// StillConfers returns those of the roles that there are in organizations, if whoever ctx says may give them
// and add members. It needs the transaction in which they are given. ErrCannotConfer.
func (s *RoleService) StillConfers(ctx context.Context, in uuid.UUID, keys []string) ([]string, error) {
	if err := s.Store.LockRights(ctx); err != nil {
		return nil, err
	}
	all, err := s.All(ctx)
	if err != nil {
		return nil, err
	}
	keys = slices.DeleteFunc(slices.Clone(keys), func(key string) bool {
		_, ok := find(all, OrganizationRole, key)
		return !ok
	})
	return keys, Confer(ctx, in, append(Resolve(all, OrganizationRole, keys...), MembersWrite))
}

// ActOnRoles refuses whoever ctx says to change something that gives those roles in an organization,
// such as an invitation, unless they have the rights themselves. Roles that are gone give none.
// ErrCannotActOn.
func (s *RoleService) ActOnRoles(ctx context.Context, in uuid.UUID, keys []string) error {
	if !Limited(ctx) {
		return nil
	}
	all, err := s.All(ctx)
	if err != nil {
		return err
	}
	return ActOn(ctx, in, Resolve(all, OrganizationRole, keys...))
}

// ConferMember refuses whoever ctx says to make a member of an organization have those roles, or a
// member who has more rights there than they have to have others. Roles that there are not are
// refused, with their places. It needs the transaction of the change. ErrRoleNotFound, ErrCannotConfer, ErrCannotActOn.
func (s *RoleService) ConferMember(ctx context.Context, in, user uuid.UUID, keys []string) error {
	if err := s.Store.LockRights(ctx); err != nil {
		return err
	}
	held, err := s.Store.Held(ctx, user, in)
	if err != nil {
		return err
	}
	all := append(BuiltInRoles(tenant.Must(ctx)), held.Roles...)
	for i, key := range keys {
		if _, ok := find(all, OrganizationRole, key); !ok {
			return ErrRoleNotFound.At(fault.Field{Pointer: fmt.Sprintf("/roles/%d", i), Message: "is no role of organizations"})
		}
	}
	if err := ActOn(ctx, in, Resolve(all, OrganizationRole, held.There...)); err != nil {
		return err
	}
	return Confer(ctx, in, Resolve(all, OrganizationRole, keys...))
}
