package admin

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/admin/api"
	"plinto/internal/tid"
	"plinto/provider"
	"plinto/tenant"
)

// switchClient disables or enables a client and returns it as it is then.
func (h *handlers) switchClient(ctx context.Context, public string, do func(context.Context, string) error) (*provider.Client, api.OAuthClient, error) {
	c, err := h.storedClient(ctx, public)
	if err != nil {
		return nil, nil, err
	}
	if err := do(ctx, c.ClientID); err != nil {
		return nil, nil, err
	}
	return h.shownClient(ctx, c.ID)
}

// DisableClient implements api.StrictServerInterface.
func (h *handlers) DisableClient(ctx context.Context, r api.DisableClientRequestObject) (api.DisableClientResponseObject, error) {
	c, shown, err := h.switchClient(ctx, r.Client, h.Services.Clients.Registrar.Disable)
	if err != nil {
		return nil, err
	}
	return api.DisableClient200JSONResponse{Body: shown, Headers: api.DisableClient200ResponseHeaders{ETag: etag(c.Version)}}, nil
}

// EnableClient implements api.StrictServerInterface.
func (h *handlers) EnableClient(ctx context.Context, r api.EnableClientRequestObject) (api.EnableClientResponseObject, error) {
	c, shown, err := h.switchClient(ctx, r.Client, h.Services.Clients.Registrar.Enable)
	if err != nil {
		return nil, err
	}
	return api.EnableClient200JSONResponse{Body: shown, Headers: api.EnableClient200ResponseHeaders{ETag: etag(c.Version)}}, nil
}

// CheckClient implements api.StrictServerInterface.
func (h *handlers) CheckClient(ctx context.Context, r api.CheckClientRequestObject) (api.CheckClientResponseObject, error) {
	c, err := h.storedClient(ctx, r.Client)
	if err != nil {
		return nil, err
	}
	servers, err := h.Services.Clients.Resources.All(ctx)
	if err != nil {
		return nil, err
	}
	advice := provider.Advise(c, servers, tenant.Must(ctx).Settings.ACRLevels)
	return api.CheckClient200JSONResponse{Object: "client_report", Data: each(advice, func(a *provider.Advice) api.ClientAdvice {
		return api.ClientAdvice{Member: a.Member, Advice: a.Advice}
	})}, nil
}

// ListClientSecrets implements api.StrictServerInterface.
func (h *handlers) ListClientSecrets(ctx context.Context, r api.ListClientSecretsRequestObject) (api.ListClientSecretsResponseObject, error) {
	c, err := h.storedClient(ctx, r.Client)
	if err != nil {
		return nil, err
	}
	return api.ListClientSecrets200JSONResponse{Object: "list", Data: each(c.Secrets, func(s *provider.ClientSecret) api.ClientSecret {
		shown := api.ClientSecret{Object: "client_secret", ID: tid.Format(provider.ClientSecretIDPrefix, s.ID), CreatedAt: s.CreatedAt.UTC()}
		if !s.ExpiresAt.IsZero() {
			shown.ExpiresAt = s.ExpiresAt.UTC()
		}
		return shown
	})}, nil
}

// CreateClientSecret implements api.StrictServerInterface.
func (h *handlers) CreateClientSecret(ctx context.Context, r api.CreateClientSecretRequestObject) (api.CreateClientSecretResponseObject, error) {
	c, err := h.storedClient(ctx, r.Client)
	if err != nil {
		return nil, err
	}
	overlap := provider.RotationOverlap
	if r.Body != nil && r.Body.PreviousExpiresIn != nil {
		overlap = time.Duration(*r.Body.PreviousExpiresIn) * time.Second
	}
	added, err := h.Services.Clients.Registrar.AddSecret(ctx, c.ClientID, overlap)
	if err != nil {
		return nil, err
	}
	shown := api.CreateClientSecret201JSONResponse{
		Object: "client_secret", ID: tid.Format(provider.ClientSecretIDPrefix, added.Kept.ID), ClientSecret: added.Plain, CreatedAt: added.Kept.CreatedAt.UTC(),
	}
	if !added.PreviousEndsAt.IsZero() {
		shown.PreviousExpiresAt = added.PreviousEndsAt.UTC()
	}
	shown.EndedSecretIds = each(added.Ended, func(id *uuid.UUID) string { return tid.Format(provider.ClientSecretIDPrefix, *id) })
	return shown, nil
}

// DeleteClientSecret implements api.StrictServerInterface.
func (h *handlers) DeleteClientSecret(ctx context.Context, r api.DeleteClientSecretRequestObject) (api.DeleteClientSecretResponseObject, error) {
	c, err := h.storedClient(ctx, r.Client)
	if err != nil {
		return nil, err
	}
	id, err := tid.Parse(provider.ClientSecretIDPrefix, r.SecretID)
	if err != nil {
		return nil, provider.ErrSecretNotFound
	}
	if err := h.Services.Clients.Registrar.RevokeSecret(ctx, c.ClientID, id); err != nil {
		return nil, err
	}
	return api.DeleteClientSecret204Response{}, nil
}
