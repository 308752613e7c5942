package admin

import (
	"context"

	"plinto/admin/api"
	"plinto/federation"
)

// GetConnectionSSO implements api.StrictServerInterface.
func (h *handlers) GetConnectionSSO(ctx context.Context, r api.GetConnectionSSORequestObject) (api.GetConnectionSSOResponseObject, error) {
	c, err := h.connection(ctx, r.ConnectionID)
	if err != nil {
		return nil, err
	}
	e, err := h.Services.Realms.Effect(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	return api.GetConnectionSSO200JSONResponse{
		Object: "home_realm", Sso: api.HomeRealmSso(e.SSO), Leads: e.Leads, Waits: e.Waits,
		AffectedUsers: min(e.Affected, federation.MaxAffected), AffectedMore: e.Affected > federation.MaxAffected,
	}, nil
}
