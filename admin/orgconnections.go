package admin

import (
	"context"
	"slices"

	"plinto/admin/api"
	"plinto/federation"
)

// connectionOf finds a connection of an organization by its id or slug. Another's is not found.
func (h *handlers) connectionOf(ctx context.Context, organization, name string) (federation.Connection, error) {
	o, err := h.organization(ctx, organization)
	if err != nil {
		return federation.Connection{}, err
	}
	c, err := h.connection(ctx, name)
	if err == nil && c.Organization != o.ID {
		return federation.Connection{}, federation.ErrNotFound
	}
	return c, err
}

// ListOrganizationConnections implements api.StrictServerInterface.
func (h *handlers) ListOrganizationConnections(ctx context.Context, r api.ListOrganizationConnectionsRequestObject) (api.ListOrganizationConnectionsResponseObject, error) {
	o, err := h.organization(ctx, r.OrganizationID)
	if err != nil {
		return nil, err
	}
	all, err := h.Services.Connections.List(ctx)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(c federation.Connection) bool { return c.Organization != o.ID })
	return api.ListOrganizationConnections200JSONResponse{Object: "list", Data: each(all, connection(ctx))}, nil
}

// GetOrganizationConnection implements api.StrictServerInterface.
func (h *handlers) GetOrganizationConnection(ctx context.Context, r api.GetOrganizationConnectionRequestObject) (api.GetOrganizationConnectionResponseObject, error) {
	c, err := wholeConnection(h.connectionOf(ctx, r.OrganizationID, r.ConnectionID))
	if err != nil {
		return nil, err
	}
	return api.GetOrganizationConnection200JSONResponse{
		Body: connection(ctx)(&c), Headers: api.GetOrganizationConnection200ResponseHeaders{ETag: etag(c.Version)},
	}, nil
}

// DisableOrganizationConnection implements api.StrictServerInterface.
func (h *handlers) DisableOrganizationConnection(ctx context.Context, r api.DisableOrganizationConnectionRequestObject) (api.DisableOrganizationConnectionResponseObject, error) {
	c, err := h.connectionOf(ctx, r.OrganizationID, r.ConnectionID)
	if err != nil {
		return nil, err
	}
	out, version, err := h.disableConnection(ctx, c.PublicID(), r.Params.EndSessions)
	if err != nil {
		return nil, err
	}
	return api.DisableOrganizationConnection200JSONResponse{Body: out, Headers: api.DisableOrganizationConnection200ResponseHeaders{ETag: etag(version)}}, nil
}

// TestOrganizationConnection implements api.StrictServerInterface.
func (h *handlers) TestOrganizationConnection(ctx context.Context, r api.TestOrganizationConnectionRequestObject) (api.TestOrganizationConnectionResponseObject, error) {
	c, err := h.connectionOf(ctx, r.OrganizationID, r.ConnectionID)
	if err != nil {
		return nil, err
	}
	out, err := h.testConnection(ctx, c.ID)
	return api.TestOrganizationConnection200JSONResponse(out), err
}
