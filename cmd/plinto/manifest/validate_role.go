package manifest

import (
	"slices"

	"plinto/organization"
	"plinto/tenant"
)

// roles checks what the file alone tells of roles, and puts each behind those that it includes.
func (v *validator) roles(t *Tenant) {
	seen := make(map[string]bool)
	for i := range t.Roles {
		r := &t.Roles[i]
		if r.At.node == nil {
			continue
		}
		switch r.Scope {
		case "":
			r.Scope = organization.TenantRole
		case organization.TenantRole, organization.OrganizationRole:
		default:
			v.problems.at(r.At.find("scope"), "must be tenant or organization")
		}
		if tenant.CheckSlug(r.Key) != nil {
			v.problems.at(r.At.find("key"), "must be 1 to 63 lower-case letters, digits and inner hyphens")
		}
		if organization.IsBuiltIn(r.Scope, r.Key) {
			v.problems.at(r.At.find("key"), "%s is part of Plinto and cannot be changed: declare one that includes it", r.Key)
		}
		v.twice(seen, r.At.find("key"), string(r.Scope)+" "+r.Key, "the role")
		if r.Name == "" {
			r.Name = r.Key
		}
	}
	t.Roles = v.inOrder(t.Roles)
}

// inOrder returns roles so that each comes after those that it includes.
func (v *validator) inOrder(roles []Role) []Role {
	if roles == nil {
		return nil
	}
	ordered := []Role{}
	state := make(map[int]int) // 1: on the way, 2: done
	var visit func(i int)
	visit = func(i int) {
		state[i] = 1
		for _, key := range roles[i].Includes {
			at := slices.IndexFunc(roles, func(r Role) bool { return r.Scope == roles[i].Scope && r.Key == key })
			switch {
			case at < 0:
			case state[at] == 1:
				v.problems.at(roles[i].At.find("includes"), "%s leads back to this role", key)
			case state[at] == 0:
				visit(at)
			}
		}
		state[i] = 2
		ordered = append(ordered, roles[i])
	}
	for i := range roles {
		if state[i] == 0 {
			visit(i)
		}
	}
	return ordered
}
