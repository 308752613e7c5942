package provider

import (
	"fmt"
	"slices"
	"strings"

	"plinto/internal/nearest"
	"plinto/organization"
)

// UnknownScopes says of each scope that a client registers and that its tenant does not have that it is never
// granted, and which was perhaps meant. servers are the tenant's resource servers; the rights of the management API
// need not be among theirs. The member is always "scope". A scope may be declared later, so it is no error.
func UnknownScopes(m Metadata, servers []ResourceServer) []Problem {
	known := slices.Clone(StandardScopes)
	for _, p := range organization.Permissions {
		known = append(known, string(p))
	}
	for i := range servers {
		for _, s := range servers[i].Scopes {
			known = append(known, s.Name)
		}
	}
	var found []Problem
	for _, name := range strings.Fields(m.Scope) {
		if !slices.Contains(known, name) {
			found = append(found, Problem{"scope", fmt.Sprintf("%q is no scope of the tenant, so it is never granted%s", name, nearest.Hint(name, known))})
		}
	}
	return found
}
