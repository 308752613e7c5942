package admin

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/admin/api"
	"plinto/identity"
	"plinto/internal/tid"
	"plinto/organization/apikey"
)

// ListAPIKeys implements api.StrictServerInterface.
func (h *handlers) ListAPIKeys(ctx context.Context, r api.ListAPIKeysRequestObject) (api.ListAPIKeysResponseObject, error) {
	user := uuid.Nil
	if r.Params.UserID != "" {
		u, err := h.user(ctx, r.Params.UserID)
		if err != nil {
			return nil, err
		}
		user = u.ID
	}
	listing := Listing{Name: "listAPIKeys", Filter: user.String(), Limit: r.Params.Limit, After: r.Params.After, Order: "asc"}
	found, page, err := list(ctx, h.Cursors, listing, func(k *apikey.Key) uuid.UUID { return k.ID }, func(ctx context.Context, w window) ([]apikey.Key, error) {
		return h.Services.APIKeys.List(ctx, user, w.After, w.Limit+1)
	})
	if err != nil {
		return nil, err
	}
	n, err := h.counted(ctx, r.Params.Count, "api_keys", user, "")
	if err != nil {
		return nil, err
	}
	return api.ListAPIKeys200JSONResponse{Object: "list", Data: each(found, apiKey), HasMore: page.HasMore, NextCursor: page.Next, TotalCount: n}, nil
}

// CreateAPIKey implements api.StrictServerInterface.
func (h *handlers) CreateAPIKey(ctx context.Context, r api.CreateAPIKeyRequestObject) (api.CreateAPIKeyResponseObject, error) {
	n := apikey.New{Name: r.Body.Name, TTL: time.Duration(r.Body.ExpiresIn) * time.Second, Permissions: permissions(r.Body.Permissions)}
	if r.Body.UserID != "" {
		u, err := h.user(ctx, r.Body.UserID)
		if err != nil {
			return nil, err
		}
		n.UserID = u.ID
	}
	k, secret, err := h.Services.APIKeys.Create(ctx, n)
	if err != nil {
		return nil, err
	}
	shown := apiKey(&k)
	return api.CreateAPIKey201JSONResponse{
		Object: "api_key", ID: shown.ID, Name: shown.Name, Hint: shown.Hint, UserID: shown.UserID, Permissions: shown.Permissions,
		CreatedAt: shown.CreatedAt, ExpiresAt: shown.ExpiresAt, Secret: secret.Reveal(),
	}, nil
}

// RevokeAPIKey implements api.StrictServerInterface.
func (h *handlers) RevokeAPIKey(ctx context.Context, r api.RevokeAPIKeyRequestObject) (api.RevokeAPIKeyResponseObject, error) {
	id, err := tid.Parse(apikey.Prefix, r.KeyID)
	if err != nil {
		return nil, apikey.ErrNotFound
	}
	if err := h.Services.APIKeys.Revoke(ctx, id); err != nil {
		return nil, err
	}
	return api.RevokeAPIKey204Response{}, nil
}

func apiKey(k *apikey.Key) api.APIKey {
	out := api.APIKey{
		Object: "api_key", ID: k.PublicID(), Name: k.Name, Hint: k.Hint, Permissions: texts(k.Permissions),
		CreatedAt: k.CreatedAt.UTC(), ExpiresAt: k.ExpiresAt.UTC(),
	}
	if k.UserID != uuid.Nil {
		out.UserID = tid.Format(identity.UserPrefix, k.UserID)
	}
	if !k.UsedAt.IsZero() {
		out.LastUsedAt = k.UsedAt.UTC()
	}
	return out
}
