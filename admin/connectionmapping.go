package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/google/uuid"

	"plinto/admin/api"
	"plinto/federation"
	"plinto/internal/fault"
	"plinto/organization"
)

// mappingEdit returns what applies the part of a merge patch that is about a known provider and about claims.
func (h *handlers) mappingEdit(ctx context.Context, p *api.ConnectionPatch) (func(*federation.Spec), error) {
	var rules []federation.GroupRole
	for i, r := range p.GroupRoles {
		rule := federation.GroupRole{Group: r.Group, Role: r.Role}
		if r.OrganizationID != "" {
			o, err := h.organization(ctx, r.OrganizationID)
			if fault.KindOf(err) == fault.NotFound {
				return nil, federation.ErrSpec.At(fault.Field{Pointer: fmt.Sprintf("/group_roles/%d/organization_id", i), Message: organization.ErrNotFound.Message})
			}
			if err != nil {
				return nil, err
			}
			rule.Organization = o.ID
		}
		rules = append(rules, rule)
	}
	return func(s *federation.Spec) {
		for _, one := range []struct {
			to    *string
			value string
		}{
			{&s.Preset, p.Preset}, {&s.TeamID, p.TeamID}, {&s.KeyID, p.KeyID}, {&s.SubjectClaim, p.SubjectClaim}, {&s.GroupsClaim, p.GroupsClaim},
		} {
			if one.value != "" {
				*one.to = one.value
			}
		}
		setText(&s.ClaimsUpdate, p.ClaimsUpdate)
		if p.Tenants != nil {
			s.Tenants = p.Tenants
		}
		if p.Claims != nil {
			s.Claims = maps.Clone(p.Claims)
		}
		if p.GroupRoles != nil {
			s.GroupRoles = rules
		}
	}, nil
}

// showMapping adds what a connection says of a known provider and of claims.
func showMapping(out *api.Connection, s *federation.Spec) {
	out.Preset, out.Tenants, out.TeamID, out.KeyID, out.SubjectClaim = s.Preset, s.Tenants, s.TeamID, s.KeyID, s.SubjectClaim
	out.Claims, out.GroupsClaim = s.Claims, s.GroupsClaim
	out.ClaimsUpdate = federation.ClaimsFirst
	if s.ClaimsUpdate != "" {
		out.ClaimsUpdate = api.ConnectionClaimsUpdate(s.ClaimsUpdate)
	}
	for _, r := range s.GroupRoles {
		shown := api.GroupRole{Group: r.Group, Role: r.Role}
		if r.Organization != uuid.Nil {
			shown.OrganizationID = orgID(r.Organization)
		}
		out.GroupRoles = append(out.GroupRoles, shown)
	}
}

// PreviewConnection implements api.StrictServerInterface.
func (h *handlers) PreviewConnection(ctx context.Context, r api.PreviewConnectionRequestObject) (api.PreviewConnectionResponseObject, error) {
	c, err := h.connection(ctx, r.ConnectionID)
	if err != nil {
		return nil, err
	}
	claims, err := json.Marshal(r.Body.Claims)
	if err != nil {
		return nil, fmt.Errorf("write claims: %w", err)
	}
	seen, err := h.Services.Connections.Preview(ctx, c.ID, claims)
	if err != nil {
		return nil, err
	}
	out := api.PreviewConnection200JSONResponse{
		Object: "connection_preview", Email: seen.Email, EmailVerified: seen.EmailVerified, Username: seen.Username, Profile: seen.Profile,
		Groups: append([]string{}, seen.Groups...), Roles: []api.PreviewedRole{},
	}
	for _, one := range seen.Roles {
		shown := api.PreviewedRole{Role: one.Role, Withheld: one.Withheld}
		if one.Organization != uuid.Nil {
			shown.OrganizationID = orgID(one.Organization)
		}
		out.Roles = append(out.Roles, shown)
	}
	return out, nil
}
