package organization

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/owner"
	"plinto/internal/tid"
	"plinto/tenant"
)

// RolePrefix starts the public id of a role.
const RolePrefix = "role"

// A RoleScope is where a role holds.
type RoleScope string

// The scopes of roles.
const (
	TenantRole       RoleScope = "tenant"       // given to users; holds everywhere
	OrganizationRole RoleScope = "organization" // given to members; holds in their organization
)

// A Role is a set of permissions with a name.
type Role struct {
	ID          uuid.UUID // uuid.Nil of one that is built in
	Scope       RoleScope
	Key         string // a slug, unique in the tenant and scope
	Name        string
	Description string
	Permissions []Permission
	Includes    []string // keys of roles of the same scope whose permissions it has too
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Version     int64
	// ManagedBy is the manifest that declares it, as it is read, or "".
	ManagedBy string
}

// PublicID returns "role_…".
func (r *Role) PublicID() string { return tid.Format(RolePrefix, r.ID) }

// BuiltIn reports whether the role is part of the program, and cannot be changed.
func (r *Role) BuiltIn() bool { return r.ID == uuid.Nil }

// The keys of roles that every tenant has.
const (
	Administrator = "administrator" // of a tenant
	Owner         = "owner"         // of an organization
	Admin         = "admin"
	MemberRole    = "member"
)

// BuiltInRoles are the roles that every tenant has without making them. That of administrators has
// all rights; those over other tenants in the system tenant alone.
func BuiltInRoles(t *tenant.Tenant) []Role {
	everything := Permissions
	if t.Slug != tenant.SystemSlug {
		everything = slices.DeleteFunc(slices.Clone(Permissions), Permission.OfSystem)
	}
	return []Role{
		{Scope: TenantRole, Key: Administrator, Name: "Administrator", Description: "May do everything in the tenant.", Permissions: everything},
		{Scope: OrganizationRole, Key: Owner, Name: "Owner", Description: "May do everything in the organization.", Permissions: OrganizationPermissions},
		{Scope: OrganizationRole, Key: Admin, Name: "Admin", Description: "Manages members, domains and branding of the organization.", Permissions: []Permission{
			OrganizationsRead, MembersRead, MembersWrite, DomainsRead, DomainsWrite, RolesRead, BrandingRead, BrandingWrite,
		}},
		{Scope: OrganizationRole, Key: MemberRole, Name: "Member", Description: "Belongs to the organization.", Permissions: []Permission{}},
	}
}

// IsBuiltIn reports whether every tenant has a role of that scope and key.
func IsBuiltIn(scope RoleScope, key string) bool {
	if scope == TenantRole {
		return key == Administrator
	}
	return scope == OrganizationRole && (key == Owner || key == Admin || key == MemberRole)
}

// With returns the role with what can be changed of it.
func (r *Role) With(name, description string, permissions []Permission, includes []string) Role {
	changed := *r
	changed.Name, changed.Description, changed.Permissions, changed.Includes = name, description, permissions, includes
	return changed
}

// Limits of roles.
const (
	MaxRoles       = 500 // of a tenant
	maxPermissions = 200 // of a role
	maxIncludes    = 20
)

// Errors of roles.
var (
	ErrRoleNotFound = fault.New(fault.NotFound, "role_not_found", "There is no such role.")
	ErrRoleTaken    = fault.New(fault.Conflict, "role_key_taken", "Another role has that key.")
	ErrRoleLeaving  = fault.New(fault.Conflict, "role_key_leaving", "The role of that key was deleted, and is being taken from those who had it. Try again in a minute, or choose another key.")
	ErrRoleBuiltIn  = fault.New(fault.Conflict, "role_built_in", "This role is part of Plinto and cannot be changed. Make one that includes it.")
	ErrRole         = fault.New(fault.Invalid, "invalid_role", "The role is not valid.")
	ErrTooManyRoles = fault.New(fault.Conflict, "too_many_roles", "The tenant has as many roles as it can have.")
)

// Held is what somebody holds, and all roles that there are.
type Held struct {
	Tenant []string // keys of roles of the user
	There  []string // of the member of the organization that was asked about
	Roles  []Role   // of the tenant, without those that are built in
}

// RoleStore keeps the roles of the context's tenant.
type RoleStore interface {
	owner.Rows
	// Roles returns every role that was made, by scope and key.
	Roles(ctx context.Context) ([]Role, error)
	// Held returns what a user holds, in an organization too (uuid.Nil: none). One statement.
	Held(ctx context.Context, user, in uuid.UUID) (Held, error)
	// Holders returns the keys of roles of those of the users who have one, sorted.
	Holders(ctx context.Context, users []uuid.UUID) (map[uuid.UUID][]string, error)
	// CreateRole stores r with its id. ErrRoleTaken and ErrRoleLeaving, which leave the transaction usable.
	CreateRole(ctx context.Context, r Role) error
	// UpdateRole writes everything but scope and key over r.Version. fault.ErrChanged, ErrRoleNotFound.
	UpdateRole(ctx context.Context, r Role) error
	// DeleteRole removes a role, also from whoever has it: from very many after the transaction, with the key taken until
	// nobody has it. ErrRoleNotFound.
	DeleteRole(ctx context.Context, r Role) error
	// Assign gives a user a role of the tenant, and reports whether that changed anything.
	// identity.ErrUserNotFound.
	Assign(ctx context.Context, user uuid.UUID, key string) (changed bool, err error)
	// Unassign takes it away.
	Unassign(ctx context.Context, user uuid.UUID, key string) (changed bool, err error)
	// LockRights has transactions that give or take rights in the tenant run one after the other.
	LockRights(ctx context.Context) error
}

// find returns the role of a scope and key.
func find(roles []Role, scope RoleScope, key string) (*Role, bool) {
	at := slices.IndexFunc(roles, func(r Role) bool { return r.Scope == scope && r.Key == key })
	if at < 0 {
		return nil, false
	}
	return &roles[at], true
}

var errCycle = errors.New("role includes itself")

// Resolve returns the permissions of roles of a scope with those of the roles they include, each once,
// sorted. Keys of roles that are gone give nothing.
func Resolve(roles []Role, scope RoleScope, keys ...string) []Permission {
	var all []Permission
	seen := map[string]bool{}
	var visit func(key string)
	visit = func(key string) {
		r, ok := find(roles, scope, key)
		if !ok || seen[key] {
			return
		}
		seen[key] = true
		all = append(all, r.Permissions...)
		for _, inner := range r.Includes {
			visit(inner)
		}
	}
	for _, key := range keys {
		visit(key)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// acyclic checks that no role includes itself, by whatever way.
func acyclic(roles []Role, start *Role) error {
	state := map[string]bool{} // true: on the way
	var visit func(key string) error
	visit = func(key string) error {
		if on, seen := state[key]; seen {
			if on {
				return errCycle
			}
			return nil
		}
		state[key] = true
		if r, ok := find(roles, start.Scope, key); ok {
			for _, inner := range r.Includes {
				if err := visit(inner); err != nil {
					return err
				}
			}
		}
		state[key] = false
		return nil
	}
	return visit(start.Key)
}

// check checks a role of a tenant as it will be, among all the roles that there will be.
func (r *Role) check(t *tenant.Tenant, all []Role) error {
	wrong := func(pointer, message string) error {
		return ErrRole.At(fault.Field{Pointer: pointer, Message: message})
	}
	switch {
	case r.Scope != TenantRole && r.Scope != OrganizationRole:
		return wrong("/scope", "must be tenant or organization")
	case tenant.CheckSlug(r.Key) != nil:
		return wrong("/key", "must be 1 to 63 lower-case letters, digits and inner hyphens")
	case r.Name == "" || len(r.Name) > 200:
		return wrong("/name", "must have 1 to 200 characters")
	case len(r.Permissions) > maxPermissions:
		return wrong("/permissions", fmt.Sprintf("must have at most %d items", maxPermissions))
	case len(r.Includes) > maxIncludes:
		return wrong("/includes", fmt.Sprintf("must have at most %d items", maxIncludes))
	}
	for i, p := range r.Permissions {
		if !p.wellFormed() {
			return wrong(fmt.Sprintf("/permissions/%d", i), "must be like orders:read")
		}
		if p.OfSystem() && t.Slug != tenant.SystemSlug {
			return wrong(fmt.Sprintf("/permissions/%d", i), "is a right of the system tenant alone")
		}
		if r.Scope == OrganizationRole && p.Manages() && !slices.Contains(OrganizationPermissions, p) {
			return wrong(fmt.Sprintf("/permissions/%d", i), "is no right in an organization")
		}
	}
	for i, key := range r.Includes {
		if _, ok := find(all, r.Scope, key); !ok {
			return wrong(fmt.Sprintf("/includes/%d", i), "is no role of this scope")
		}
	}
	if acyclic(all, r) != nil {
		return wrong("/includes", "leads back to this role")
	}
	return nil
}
