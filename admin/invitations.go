package admin

import (
	"context"

	"github.com/google/uuid"

	"plinto/admin/api"
	"plinto/identity"
	"plinto/internal/tid"
	"plinto/organization"
	"plinto/organization/invitation"
)

// ListInvitations implements api.StrictServerInterface.
func (h *handlers) ListInvitations(ctx context.Context, r api.ListInvitationsRequestObject) (api.ListInvitationsResponseObject, error) {
	o, err := h.organization(ctx, r.OrganizationID)
	if err != nil {
		return nil, err
	}
	p := r.Params
	inviters, err := mayExpand(ctx, string(p.Expand), "inviter", organization.UsersRead)
	if err != nil {
		return nil, err
	}
	listing := Listing{Name: "listInvitations " + o.PublicID(), Filter: string(p.State), Limit: p.Limit, After: p.After, Before: p.Before, Order: ascending(p.Order)}
	found, page, err := list(ctx, h.Cursors, listing, func(i *invitation.Invitation) uuid.UUID { return i.ID }, func(ctx context.Context, w window) ([]invitation.Invitation, error) {
		return h.Services.Invitations.List(ctx, o.ID, invitation.State(p.State), w)
	})
	if err != nil {
		return nil, err
	}
	shown := each(found, shownInvitation)
	if inviters {
		if err := h.expandInviters(ctx, shown, found); err != nil {
			return nil, err
		}
	}
	n, err := h.counted(ctx, p.Count, "invitations", o.ID, string(p.State))
	return api.ListInvitations200JSONResponse{
		Object: "list", Data: shown, HasMore: page.HasMore, NextCursor: page.Next, PreviousCursor: page.Previous, TotalCount: n,
	}, err
}

// CreateInvitation implements api.StrictServerInterface.
func (h *handlers) CreateInvitation(ctx context.Context, r api.CreateInvitationRequestObject) (api.CreateInvitationResponseObject, error) {
	org, err := organizationID(r.OrganizationID)
	if err != nil {
		return nil, err
	}
	made, err := h.Services.Invitations.Create(ctx, invitation.Spec{
		Organization: org, Email: r.Body.Email, Roles: r.Body.Roles, Inviter: callerOf(ctx).User, ClientID: r.Body.ClientID, Lang: string(r.Body.Lang),
	})
	if err != nil {
		return nil, err
	}
	return api.CreateInvitation201JSONResponse{Body: shownInvitation(&made), Headers: api.CreateInvitation201ResponseHeaders{
		Location: base(ctx) + "/organizations/" + r.OrganizationID + "/invitations/" + made.PublicID(),
	}}, nil
}

// invited reads the ids of an organization and an invitation. An id that cannot be read does not exist.
func invited(in, public string) (org, id uuid.UUID, err error) {
	if org, err = organizationID(in); err != nil {
		return org, id, err
	}
	if id, err = tid.Parse(invitation.Prefix, public); err != nil {
		err = invitation.ErrNotFound
	}
	return org, id, err
}

// GetInvitation implements api.StrictServerInterface.
func (h *handlers) GetInvitation(ctx context.Context, r api.GetInvitationRequestObject) (api.GetInvitationResponseObject, error) {
	org, id, err := invited(r.OrganizationID, r.InvitationID)
	if err != nil {
		return nil, err
	}
	i, err := h.Services.Invitations.ByID(ctx, org, id)
	if err != nil {
		return nil, err
	}
	return api.GetInvitation200JSONResponse(shownInvitation(&i)), nil
}

// ResendInvitation implements api.StrictServerInterface.
func (h *handlers) ResendInvitation(ctx context.Context, r api.ResendInvitationRequestObject) (api.ResendInvitationResponseObject, error) {
	org, id, err := invited(r.OrganizationID, r.InvitationID)
	if err != nil {
		return nil, err
	}
	if err := h.Services.Invitations.Resend(ctx, org, id); err != nil {
		return nil, err
	}
	i, err := h.Services.Invitations.ByID(ctx, org, id)
	if err != nil {
		return nil, err
	}
	return api.ResendInvitation200JSONResponse(shownInvitation(&i)), nil
}

// RevokeInvitation implements api.StrictServerInterface.
func (h *handlers) RevokeInvitation(ctx context.Context, r api.RevokeInvitationRequestObject) (api.RevokeInvitationResponseObject, error) {
	org, id, err := invited(r.OrganizationID, r.InvitationID)
	if err != nil {
		return nil, err
	}
	if err := h.Services.Invitations.Revoke(ctx, org, id); err != nil {
		return nil, err
	}
	return api.RevokeInvitation204Response{}, nil
}

func shownInvitation(i *invitation.Invitation) api.Invitation {
	out := api.Invitation{
		Object: "invitation", ID: i.PublicID(), OrganizationID: orgID(i.Organization), Email: i.Email, Roles: append([]string{}, i.Roles...),
		State: api.InvitationState(i.State()), ClientID: i.ClientID, Lang: i.Lang,
		CreatedAt: i.CreatedAt.UTC(), SentAt: i.SentAt.UTC(), ExpiresAt: i.ExpiresAt.UTC(),
	}
	if i.Inviter != uuid.Nil {
		out.InviterID = tid.Format(identity.UserPrefix, i.Inviter)
	}
	if !i.AcceptedAt.IsZero() {
		out.AcceptedAt, out.AcceptedBy = i.AcceptedAt.UTC(), tid.Format(identity.UserPrefix, i.AcceptedBy)
	}
	if !i.RevokedAt.IsZero() {
		out.RevokedAt = i.RevokedAt.UTC()
	}
	return out
}
