package admin

import (
	"context"

	"github.com/google/uuid"

	"plinto/admin/api"
	"plinto/internal/tid"
	"plinto/organization"
	"plinto/provider"
)

// ListUserGrants implements api.StrictServerInterface.
func (h *handlers) ListUserGrants(ctx context.Context, r api.ListUserGrantsRequestObject) (api.ListUserGrantsResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	p := r.Params
	clients, err := mayExpand(ctx, string(p.Expand), "client", organization.ClientsRead)
	if err != nil {
		return nil, err
	}
	organizations, err := mayExpand(ctx, string(p.Expand), "organization", organization.OrganizationsRead)
	if err != nil {
		return nil, err
	}
	listing := Listing{Name: "listUserGrants " + u.PublicID(), Limit: p.Limit, After: p.After, Before: p.Before, Order: string(p.Order)}
	found, page, err := list(ctx, h.Cursors, listing, func(g *provider.Grant) uuid.UUID { return g.ID }, func(ctx context.Context, w window) ([]provider.Grant, error) {
		return h.Services.Grants.PageOfUser(ctx, u.ID, w)
	})
	if err != nil {
		return nil, err
	}
	n, err := h.counted(ctx, p.Count, "grants", u.ID, "")
	if err != nil {
		return nil, err
	}
	shown, err := h.expandGrants(ctx, found, clients, organizations)
	if err != nil {
		return nil, err
	}
	return api.ListUserGrants200JSONResponse{
		Object: "list", Data: shown, HasMore: page.HasMore, NextCursor: page.Next, PreviousCursor: page.Previous, TotalCount: n,
	}, nil
}

// expandGrants are grants as the API shows them, with their clients and organizations where these are asked for.
func (h *handlers) expandGrants(ctx context.Context, all []provider.Grant, clients, organizations bool) ([]api.Grant, error) {
	shown := each(all, grant)
	var apps map[uuid.UUID]api.OAuthClient
	var orgs map[uuid.UUID]*api.Organization
	var err error
	if clients {
		apps, err = h.clientsOf(ctx, distinct(all, func(g *provider.Grant) uuid.UUID { return g.ClientID }))
	}
	if err == nil && organizations {
		orgs, err = h.organizationsOf(ctx, distinct(all, func(g *provider.Grant) uuid.UUID { return g.Organization.ID }))
	}
	for i := range all {
		shown[i].OAuthClient, shown[i].Organization = apps[all[i].ClientID], orgs[all[i].Organization.ID]
	}
	return shown, err
}

// grant is a grant as the API shows it.
func grant(g *provider.Grant) api.Grant {
	shown := api.Grant{
		Object: "grant", ID: g.PublicID(), Client: tid.Format(provider.ClientPrefix, g.ClientID), SessionID: tid.Format(sessionPrefix, g.SessionID),
		Scopes: append([]string{}, g.Scopes...), Resources: append([]string{}, g.Resources...), Acr: g.ACR, Offline: g.Offline,
		SignedInAt: utc(g.AuthTime), CreatedAt: g.CreatedAt.UTC(), ExpiresAt: g.ExpiresAt.UTC(),
	}
	if g.Organization.ID != uuid.Nil {
		shown.OrganizationID = tid.Format(organization.Prefix, g.Organization.ID)
	}
	return shown
}

// EndUserGrant implements api.StrictServerInterface.
func (h *handlers) EndUserGrant(ctx context.Context, r api.EndUserGrantRequestObject) (api.EndUserGrantResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	id, err := tid.Parse(provider.GrantPrefix, r.GrantID)
	if err != nil {
		return nil, provider.ErrGrantNotFound
	}
	if err := h.Services.GrantService.End(ctx, u.ID, id); err != nil {
		return nil, err
	}
	return api.EndUserGrant204Response{}, nil
}
