package admin

import (
	"context"

	"github.com/google/uuid"

	"plinto/admin/api"
	"plinto/internal/tid"
	"plinto/organization"
)

// ListRoles implements api.StrictServerInterface.
func (h *handlers) ListRoles(ctx context.Context, r api.ListRolesRequestObject) (api.ListRolesResponseObject, error) {
	all, err := h.Services.Roles.All(ctx)
	if err != nil {
		return nil, err
	}
	shown := []api.Role{}
	for i := range all {
		if r.Params.Scope == "" || string(r.Params.Scope) == string(all[i].Scope) {
			shown = append(shown, role(&all[i]))
		}
	}
	return api.ListRoles200JSONResponse{Object: "list", Data: shown}, nil
}

// role is a role as the API shows it.
func role(r *organization.Role) api.Role {
	out := api.Role{
		Object: "role", Scope: api.RoleScope(r.Scope), Key: r.Key, Name: r.Name, Description: r.Description,
		Permissions: texts(r.Permissions), Includes: append([]string{}, r.Includes...), BuiltIn: r.BuiltIn(), ManagedBy: r.ManagedBy,
	}
	if !r.BuiltIn() {
		out.ID, out.CreatedAt, out.UpdatedAt = tid.Format(organization.RolePrefix, r.ID), r.CreatedAt.UTC(), r.UpdatedAt.UTC()
	}
	return out
}

func texts(permissions []organization.Permission) []string {
	out := make([]string, len(permissions))
	for i, p := range permissions {
		out[i] = string(p)
	}
	return out
}

func permissions(texts []string) []organization.Permission {
	out := make([]organization.Permission, len(texts))
	for i, t := range texts {
		out[i] = organization.Permission(t)
	}
	return out
}

// findRole returns the role of a scope and key. organization.ErrRoleNotFound.
func (h *handlers) findRole(ctx context.Context, scope, key string) (*organization.Role, error) {
	all, err := h.Services.Roles.All(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if string(all[i].Scope) == scope && all[i].Key == key {
			return &all[i], nil
		}
	}
	return nil, organization.ErrRoleNotFound
}

// CreateRole implements api.StrictServerInterface.
func (h *handlers) CreateRole(ctx context.Context, r api.CreateRoleRequestObject) (api.CreateRoleResponseObject, error) {
	made, err := h.Services.Roles.Create(ctx, organization.Role{
		Scope: organization.RoleScope(r.Body.Scope), Key: r.Body.Key, Name: r.Body.Name, Description: r.Body.Description,
		Permissions: permissions(r.Body.Permissions), Includes: r.Body.Includes,
	})
	if err != nil {
		return nil, err
	}
	stored, err := h.findRole(ctx, string(made.Scope), made.Key)
	if err != nil {
		return nil, err
	}
	return api.CreateRole201JSONResponse{Body: role(stored), Headers: api.CreateRole201ResponseHeaders{
		ETag: etag(stored.Version), Location: base(ctx) + "/roles/" + string(made.Scope) + "/" + made.Key,
	}}, nil
}

// GetRole implements api.StrictServerInterface.
func (h *handlers) GetRole(ctx context.Context, r api.GetRoleRequestObject) (api.GetRoleResponseObject, error) {
	found, err := h.findRole(ctx, r.RoleScope, r.RoleKey)
	if err != nil {
		return nil, err
	}
	return api.GetRole200JSONResponse{Body: role(found), Headers: api.GetRole200ResponseHeaders{ETag: etag(found.Version)}}, nil
}

// UpdateRole implements api.StrictServerInterface.
func (h *handlers) UpdateRole(ctx context.Context, r api.UpdateRoleRequestObject) (api.UpdateRoleResponseObject, error) {
	_, err := h.Services.Roles.Update(ctx, organization.RoleScope(r.RoleScope), r.RoleKey, func(o *organization.Role) error {
		if !matches(r.Params.IfMatch, o.Version) {
			return ErrPrecondition
		}
		if r.Body.Name != "" {
			o.Name = r.Body.Name
		}
		set(&o.Description, r.Body.Description)
		set(&o.Includes, r.Body.Includes)
		if r.Body.Permissions.IsSpecified() {
			var given []string
			set(&given, r.Body.Permissions)
			o.Permissions = permissions(given)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	stored, err := h.findRole(ctx, r.RoleScope, r.RoleKey)
	if err != nil {
		return nil, err
	}
	return api.UpdateRole200JSONResponse{Body: role(stored), Headers: api.UpdateRole200ResponseHeaders{ETag: etag(stored.Version)}}, nil
}

// DeleteRole implements api.StrictServerInterface.
func (h *handlers) DeleteRole(ctx context.Context, r api.DeleteRoleRequestObject) (api.DeleteRoleResponseObject, error) {
	found, err := h.findRole(ctx, r.RoleScope, r.RoleKey)
	if err != nil {
		return nil, err
	}
	if err := h.unchanged(ctx, "role", found.ID, r.Params.IfMatch); err != nil {
		return nil, err
	}
	if err := h.Services.Roles.Delete(ctx, found.Scope, found.Key); err != nil {
		return nil, err
	}
	return api.DeleteRole204Response{}, nil
}

// ListUserRoles implements api.StrictServerInterface.
func (h *handlers) ListUserRoles(ctx context.Context, r api.ListUserRolesRequestObject) (api.ListUserRolesResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	held, err := h.Services.Roles.Store.Held(ctx, u.ID, uuid.Nil)
	if err != nil {
		return nil, err
	}
	rights, _, err := h.Services.Roles.Rights(ctx, u.ID, uuid.Nil)
	if err != nil {
		return nil, err
	}
	return api.ListUserRoles200JSONResponse{Object: "user_roles", Roles: append([]string{}, held.Tenant...), Permissions: texts(rights)}, nil
}

// AssignUserRole implements api.StrictServerInterface.
func (h *handlers) AssignUserRole(ctx context.Context, r api.AssignUserRoleRequestObject) (api.AssignUserRoleResponseObject, error) {
	id, err := userID(r.UserID)
	if err != nil {
		return nil, err
	}
	if err := h.Services.Roles.Assign(ctx, id, r.RoleKey); err != nil {
		return nil, err
	}
	return api.AssignUserRole204Response{}, nil
}

// RemoveUserRole implements api.StrictServerInterface.
func (h *handlers) RemoveUserRole(ctx context.Context, r api.RemoveUserRoleRequestObject) (api.RemoveUserRoleResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	if err := h.Services.Roles.Unassign(ctx, u.ID, r.RoleKey); err != nil {
		return nil, err
	}
	return api.RemoveUserRole204Response{}, nil
}
