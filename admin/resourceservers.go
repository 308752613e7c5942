package admin

import (
	"context"

	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"

	"plinto/admin/api"
	"plinto/internal/tid"
	"plinto/provider"
)

// ListResourceServers implements api.StrictServerInterface.
func (h *handlers) ListResourceServers(ctx context.Context, r api.ListResourceServersRequestObject) (api.ListResourceServersResponseObject, error) {
	p := r.Params
	listing := Listing{Name: "listResourceServers", Limit: p.Limit, After: p.After, Before: p.Before, Order: string(p.Order)}
	found, page, err := list(ctx, h.Cursors, listing, func(r *provider.ResourceServer) uuid.UUID { return r.ID }, h.Services.Resources.Managed.Find)
	if err != nil {
		return nil, err
	}
	n, err := h.counted(ctx, p.Count, "resource_servers", uuid.Nil, "")
	if err != nil {
		return nil, err
	}
	return api.ListResourceServers200JSONResponse{
		Object: "list", Data: each(found, resourceServer), HasMore: page.HasMore, NextCursor: page.Next, PreviousCursor: page.Previous, TotalCount: n,
	}, nil
}

// CreateResourceServer implements api.StrictServerInterface.
func (h *handlers) CreateResourceServer(ctx context.Context, r api.CreateResourceServerRequestObject) (api.CreateResourceServerResponseObject, error) {
	made := provider.ResourceServer{Identifier: r.Body.Identifier}
	editResourceServer(&made, &api.ResourceServerPatch{
		Name: r.Body.Name, Scopes: r.Body.Scopes, SigningAlg: r.Body.SigningAlg, AccessTokenTTL: r.Body.AccessTokenTTL,
		TokenFormat: named[api.ResourceServerPatchTokenFormat](r.Body.TokenFormat),
	})
	made, err := h.Services.Resources.Create(ctx, made)
	if err != nil {
		return nil, err
	}
	return api.CreateResourceServer201JSONResponse{Body: resourceServer(&made), Headers: api.CreateResourceServer201ResponseHeaders{
		ETag: etag(made.Version), Location: base(ctx) + "/resource-servers/" + made.PublicID(),
	}}, nil
}

func (h *handlers) resourceServer(ctx context.Context, public string) (provider.ResourceServer, error) {
	id, err := tid.Parse(provider.ResourceServerPrefix, public)
	if err != nil {
		return provider.ResourceServer{}, provider.ErrResourceNotFound
	}
	return h.Services.Resources.Managed.ByID(ctx, id)
}

// GetResourceServer implements api.StrictServerInterface.
func (h *handlers) GetResourceServer(ctx context.Context, r api.GetResourceServerRequestObject) (api.GetResourceServerResponseObject, error) {
	found, err := h.resourceServer(ctx, r.ResourceServerID)
	if err != nil {
		return nil, err
	}
	return api.GetResourceServer200JSONResponse{Body: resourceServer(&found), Headers: api.GetResourceServer200ResponseHeaders{ETag: etag(found.Version)}}, nil
}

// UpdateResourceServer implements api.StrictServerInterface.
func (h *handlers) UpdateResourceServer(ctx context.Context, r api.UpdateResourceServerRequestObject) (api.UpdateResourceServerResponseObject, error) {
	id, err := tid.Parse(provider.ResourceServerPrefix, r.ResourceServerID)
	if err != nil {
		return nil, provider.ErrResourceNotFound
	}
	now, err := h.Services.Resources.Update(ctx, id, func(s *provider.ResourceServer) error {
		if !matches(r.Params.IfMatch, s.Version) {
			return ErrPrecondition
		}
		editResourceServer(s, r.Body)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return api.UpdateResourceServer200JSONResponse{Body: resourceServer(&now), Headers: api.UpdateResourceServer200ResponseHeaders{ETag: etag(now.Version)}}, nil
}

// DeleteResourceServer implements api.StrictServerInterface.
func (h *handlers) DeleteResourceServer(ctx context.Context, r api.DeleteResourceServerRequestObject) (api.DeleteResourceServerResponseObject, error) {
	found, err := h.resourceServer(ctx, r.ResourceServerID)
	if isNot(err, provider.ErrResourceUnreadable) { // that is no reason to keep it
		return nil, err
	}
	if err := h.unchanged(ctx, "resource_server", found.ID, r.Params.IfMatch); err != nil {
		return nil, err
	}
	if err := h.Services.Resources.Delete(ctx, found.Identifier); err != nil {
		return nil, err
	}
	return api.DeleteResourceServer204Response{}, nil
}

// editResourceServer applies a merge patch.
func editResourceServer(s *provider.ResourceServer, p *api.ResourceServerPatch) {
	set(&s.Name, p.Name)
	set(&s.SigningAlg, p.SigningAlg)
	set(&s.TokenTTL, p.AccessTokenTTL)
	set(&s.Format, named[provider.TokenFormat](p.TokenFormat))
	if s.Format == "" {
		s.Format = provider.FormatJWT
	}
	if p.Scopes.IsSpecified() {
		given, _ := p.Scopes.Get()
		s.Scopes = each(given, func(s *api.Scope) provider.Scope {
			return provider.Scope{Name: s.Name, Description: s.Description, Default: s.Default}
		})
	}
}

// named gives a text of a merge patch another type.
func named[To, From ~string](member nullable.Nullable[From]) nullable.Nullable[To] {
	value, err := member.Get()
	switch {
	case !member.IsSpecified():
		return nil
	case err != nil:
		return nullable.NewNullNullable[To]()
	}
	return nullable.NewNullableWithValue(To(value))
}

// resourceServer is a resource server as the API shows it.
func resourceServer(s *provider.ResourceServer) api.ResourceServer {
	return api.ResourceServer{
		Object: "resource_server", ID: s.PublicID(), Identifier: s.Identifier, Name: s.Name, TokenFormat: api.ResourceServerTokenFormat(s.Format),
		Scopes: each(s.Scopes, func(s *provider.Scope) api.Scope {
			return api.Scope{Name: s.Name, Description: s.Description, Default: s.Default}
		}),
		SigningAlg: s.SigningAlg, AccessTokenTTL: s.TokenTTL, ManagedBy: s.ManagedBy, CreatedAt: s.CreatedAt.UTC(), UpdatedAt: s.UpdatedAt.UTC(), Unreadable: s.Unreadable,
	}
}
