package admin

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"plinto/admin/api"
	"plinto/identity"
	"plinto/organization"
	"plinto/organization/invitation"
)

// mayExpand refuses whoever may not read what is asked for besides a list. A right in one organization does
// not do: what is named may belong to nobody's organization.
func mayExpand(ctx context.Context, expand, kind string, p organization.Permission) (asked bool, err error) {
	if !slices.Contains(strings.Split(expand, ","), kind) {
		return false, nil
	}
	if !slices.Contains(callerOf(ctx).Rights, p) {
		return false, needs(p)
	}
	return true, nil
}

// distinct are the ids of all, each once and without uuid.Nil.
func distinct[T any](all []T, id func(*T) uuid.UUID) (ids []uuid.UUID) {
	for i := range all {
		if of := id(&all[i]); of != uuid.Nil && !slices.Contains(ids, of) {
			ids = append(ids, of)
		}
	}
	return ids
}

// clientsOf are clients by their ids, as the API shows them. Those that are gone are not among them.
func (h *handlers) clientsOf(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]api.OAuthClient, error) {
	found, err := h.Services.Clients.Managed.Many(ctx, ids)
	if err != nil {
		return nil, err
	}
	shown := make(map[uuid.UUID]api.OAuthClient, len(found))
	for i := range found {
		if shown[found[i].ID], err = client(&found[i]); err != nil {
			return nil, err
		}
	}
	return shown, nil
}

// organizationsOf are organizations by their ids, as the API shows them.
func (h *handlers) organizationsOf(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*api.Organization, error) {
	found, err := h.Services.Organizations.Many(ctx, ids)
	if err != nil {
		return nil, err
	}
	shown := make(map[uuid.UUID]*api.Organization, len(found))
	for i := range found {
		o := shownOrganization(&found[i])
		shown[found[i].ID] = &o
	}
	return shown, nil
}

// expandInviters puts into invitations who invited.
func (h *handlers) expandInviters(ctx context.Context, shown []api.Invitation, of []invitation.Invitation) error {
	found, err := h.Services.Users.Many(ctx, distinct(of, func(i *invitation.Invitation) uuid.UUID { return i.Inviter }))
	if err != nil {
		return err
	}
	for i := range of {
		if at := slices.IndexFunc(found, func(u identity.User) bool { return u.ID == of[i].Inviter }); at >= 0 {
			shown[i].Inviter = memberUser(&found[at])
		}
	}
	return nil
}

func memberUser(u *identity.User) *api.MemberUser {
	return &api.MemberUser{
		Object: "user", ID: u.PublicID(), Email: u.Email, EmailVerified: u.EmailVerified, Username: u.Username, Name: u.Profile.Name, Blocked: !u.Active(),
	}
}
