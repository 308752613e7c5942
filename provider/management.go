package provider

import (
	"context"
	"slices"
	"strings"

	"plinto/internal/paths"
	"plinto/internal/resourceuri"
	"plinto/organization"
	"plinto/tenant"
)

// ManagementResource is the identifier of the management API of a tenant: the audience of its tokens.
func ManagementResource(t *tenant.Tenant) string { return t.Issuer + paths.Management }

// isManagement reports whether a resource is the management API of the tenant, in any spelling.
func isManagement(t *tenant.Tenant, resource string) bool {
	return resourceuri.Same(resource, ManagementResource(t))
}

// WithManagement are the resource servers of a tenant and its management API, which has no row. A
// client may use it only when it names it among its resources: see Client.MayUse.
type WithManagement struct {
	ResourceServers
	Scopes []Scope // the rights in the management API
	System []Scope // and those of the system tenant
}

// All implements ResourceServers. Those that cannot be read are not among them: nobody knows what tokens for them may hold.
func (w WithManagement) All(ctx context.Context) ([]ResourceServer, error) {
	all, err := w.ResourceServers.All(ctx)
	if err != nil {
		return nil, err
	}
	all = readable(all)
	t, err := tenant.From(ctx)
	if err != nil {
		return nil, err
	}
	scopes := w.Scopes
	if t.Slug == tenant.SystemSlug {
		scopes = w.System
	}
	return append(slices.Clip(all), ResourceServer{
		Identifier: ManagementResource(t), Name: "Management API", Scopes: scopes, Format: FormatJWT,
	}), nil
}

// readable are the resource servers that can be read, mostly all of them. The list may be others' too.
func readable(all []ResourceServer) []ResourceServer {
	for i := range all {
		if all[i].Unreadable != "" {
			return slices.DeleteFunc(slices.Clone(all), func(r ResourceServer) bool { return r.Unreadable != "" })
		}
	}
	return all
}

// ManagementRights are the rights in the management API that tokens of the client can have.
func (c *Client) ManagementRights(ctx context.Context) (rights []organization.Permission) {
	t, err := tenant.From(ctx)
	if err != nil || !c.MayUse(t, ManagementResource(t)) {
		return nil
	}
	for name := range strings.FieldsSeq(c.Scope) {
		if p := organization.Permission(name); p.Manages() {
			rights = append(rights, p)
		}
	}
	return rights
}
