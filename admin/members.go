package admin

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"plinto/admin/api"
	"plinto/identity"
	"plinto/internal/tid"
	"plinto/organization"
)

// isNot reports whether err is an error, and another one than target.
func isNot(err, target error) bool { return err != nil && !errors.Is(err, target) }

// ListMembers implements api.StrictServerInterface.
func (h *handlers) ListMembers(ctx context.Context, r api.ListMembersRequestObject) (api.ListMembersResponseObject, error) {
	o, err := h.organization(ctx, r.OrganizationID)
	if err != nil {
		return nil, err
	}
	listing := Listing{Name: "listMembers " + o.PublicID(), Limit: r.Params.Limit, After: r.Params.After, Order: "asc"}
	found, page, err := list(ctx, h.Cursors, listing, func(m *organization.Member) uuid.UUID { return m.UserID }, func(ctx context.Context, w window) ([]organization.Member, error) {
		return h.Services.Organizations.Members(ctx, o.ID, w.After, w.Limit+1)
	})
	if err != nil {
		return nil, err
	}
	out := api.MemberList{Object: "list", Data: each(found, member), HasMore: page.HasMore, NextCursor: page.Next}
	if r.Params.Count {
		n, err := h.Services.Organizations.CountMembers(ctx, o.ID)
		if err != nil {
			return nil, err
		}
		count := int64(n)
		out.TotalCount = &count
	}
	return api.ListMembers200JSONResponse(out), nil
}

func member(m *organization.Member) api.Member {
	return api.Member{Object: "member", UserID: tid.Format(identity.UserPrefix, m.UserID), Roles: append([]string{}, m.Roles...)}
}

// membership reads the ids of an organization and a user.
func membership(in, of string) (org, user uuid.UUID, err error) {
	if org, err = organizationID(in); err != nil {
		return org, user, err
	}
	user, err = userID(of)
	return org, user, err
}

// GetMember implements api.StrictServerInterface.
func (h *handlers) GetMember(ctx context.Context, r api.GetMemberRequestObject) (api.GetMemberResponseObject, error) {
	org, user, err := membership(r.OrganizationID, r.UserID)
	if err != nil {
		return nil, err
	}
	m, err := h.Services.Organizations.Member(ctx, org, user)
	if err != nil {
		return nil, err
	}
	return api.GetMember200JSONResponse(member(&m)), nil
}

// SetMember implements api.StrictServerInterface.
func (h *handlers) SetMember(ctx context.Context, r api.SetMemberRequestObject) (api.SetMemberResponseObject, error) {
	org, user, err := membership(r.OrganizationID, r.UserID)
	if err != nil {
		return nil, err
	}
	m := organization.Member{UserID: user, Roles: r.Body.Roles}
	if err := h.Services.Organizations.SetMember(ctx, org, m); err != nil {
		return nil, err
	}
	return api.SetMember200JSONResponse(member(&m)), nil
}

// RemoveMember implements api.StrictServerInterface.
func (h *handlers) RemoveMember(ctx context.Context, r api.RemoveMemberRequestObject) (api.RemoveMemberResponseObject, error) {
	org, user, err := membership(r.OrganizationID, r.UserID)
	if err != nil {
		return nil, err
	}
	if _, err := h.Services.Organizations.Member(ctx, org, user); err != nil {
		return nil, err
	}
	if err := h.Services.Organizations.RemoveMember(ctx, org, user); err != nil {
		return nil, err
	}
	return api.RemoveMember204Response{}, nil
}
