package admin

import (
	"context"
	"errors"
	"slices"

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
	listing := Listing{Name: "listMembers " + o.PublicID(), Limit: r.Params.Limit, After: r.Params.After, Before: r.Params.Before, Order: "asc"}
	found, page, err := list(ctx, h.Cursors, listing, func(m *organization.Member) uuid.UUID { return m.UserID }, func(ctx context.Context, w window) ([]organization.Member, error) {
		return h.Services.Organizations.Members(ctx, o.ID, w)
	})
	if err != nil {
		return nil, err
	}
	out := api.MemberList{Object: "list", Data: each(found, member), HasMore: page.HasMore, NextCursor: page.Next, PreviousCursor: page.Previous}
	if r.Params.Expand != "" {
		if err := h.expandUsers(ctx, out.Data, found); err != nil {
			return nil, err
		}
	}
	out.TotalCount, err = h.counted(ctx, r.Params.Count, "members", o.ID, "")
	return api.ListMembers200JSONResponse(out), err
}

func member(m *organization.Member) api.Member {
	return api.Member{
		Object: "member", UserID: tid.Format(identity.UserPrefix, m.UserID), Roles: append([]string{}, m.Roles...), JoinedAt: m.Since.UTC(),
	}
}

// expandUsers puts their users into members, which are of is.
func (h *handlers) expandUsers(ctx context.Context, members []api.Member, is []organization.Member) error {
	ids := make([]uuid.UUID, len(is))
	for i := range is {
		ids[i] = is[i].UserID
	}
	users, err := h.Services.Users.Many(ctx, ids)
	if err != nil {
		return err
	}
	for i := range users {
		u := &users[i]
		members[slices.Index(ids, u.ID)].User = memberUser(u)
	}
	return nil
}

// membership reads the ids of an organization and a user.
func membership(in, of string) (org, user uuid.UUID, err error) {
	if org, err = organizationID(in); err != nil {
		return org, user, err
	}
	user, err = userID(of)
	return org, user, err
}

// ListUserOrganizations implements api.StrictServerInterface.
func (h *handlers) ListUserOrganizations(ctx context.Context, r api.ListUserOrganizationsRequestObject) (api.ListUserOrganizationsResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	p := r.Params
	listing := Listing{Name: "listUserOrganizations " + u.PublicID(), Limit: p.Limit, After: p.After, Before: p.Before, Order: ascending(p.Order)}
	found, page, err := list(ctx, h.Cursors, listing, func(j *organization.Joined) uuid.UUID { return j.ID }, func(ctx context.Context, w window) ([]organization.Joined, error) {
		return h.Services.Organizations.Of(ctx, u.ID, w)
	})
	if err != nil {
		return nil, err
	}
	show := func(j *organization.Joined) api.UserOrganization {
		out := api.UserOrganization{Object: "membership", OrganizationID: j.PublicID(), Roles: append([]string{}, j.Member.Roles...), JoinedAt: j.Member.Since.UTC()}
		if p.Expand != "" {
			o := shownOrganization(&j.Organization)
			out.Organization = &o
		}
		return out
	}
	n, err := h.counted(ctx, p.Count, "user_organizations", u.ID, "")
	return api.ListUserOrganizations200JSONResponse{
		Object: "list", Data: each(found, show), HasMore: page.HasMore, NextCursor: page.Next, PreviousCursor: page.Previous, TotalCount: n,
	}, err
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
	shown := []api.Member{member(&m)}
	if r.Params.Expand != "" {
		if err := h.expandUsers(ctx, shown, []organization.Member{m}); err != nil {
			return nil, err
		}
	}
	return api.GetMember200JSONResponse(shown[0]), nil
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
	if m, err = h.Services.Organizations.Member(ctx, org, user); err != nil {
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
