package organization

import (
	"context"
	"slices"
)

// Keys of the roles that members of every organization can have, and that need no row.
const (
	RoleOwner  = "owner"
	RoleAdmin  = "admin"
	RoleMember = "member"
)

// BuiltInRoles knows what those roles give: an owner every right in the organization, an
// admin all but to change the organization itself, a member none.
type BuiltInRoles struct{}

// Permissions returns what the roles of those keys give together, sorted and each once. A key that
// no role has gives nothing.
func (BuiltInRoles) Permissions(_ context.Context, roles []string) (all []string, err error) {
	for _, p := range OrganizationPermissions {
		if slices.Contains(roles, RoleOwner) || p != OrganizationsWrite && slices.Contains(roles, RoleAdmin) {
			all = append(all, string(p))
		}
	}
	slices.Sort(all)
	return all, nil
}
