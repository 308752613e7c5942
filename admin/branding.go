package admin

import (
	"context"
	"maps"

	"plinto/admin/api"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/provider/settings"
	"plinto/tenant"
)

// ErrLogo reports a picture that is no logo.
var ErrLogo = fault.New(fault.Invalid, "invalid_logo", "The picture cannot be used as a logo.")

// GetBranding implements api.StrictServerInterface.
func (h *handlers) GetBranding(ctx context.Context, _ api.GetBrandingRequestObject) (api.GetBrandingResponseObject, error) {
	tag, shown, err := h.branding(ctx)
	if err != nil {
		return nil, err
	}
	return api.GetBranding200JSONResponse{Body: shown, Headers: api.GetBranding200ResponseHeaders{ETag: tag}}, nil
}

// branding returns the ETag and the branding of the tenant of ctx as the API shows it.
func (h *handlers) branding(ctx context.Context) (string, api.Branding, error) {
	t, err := h.Services.Registry.Tenants.Current(ctx, tenant.Must(ctx).Slug)
	if err != nil {
		return "", nil, err
	}
	shown, err := members(t.Settings.Branding)
	if err != nil {
		return "", nil, err
	}
	shown["object"], shown["name"] = "branding", t.Brand()
	for _, name := range []string{"logo", "logo_dark"} {
		if hash, ok := shown[name].(string); ok {
			shown[name+"_url"] = t.URL(paths.BrandLogo + hash + ".png")
			delete(shown, name)
		}
	}
	return etag(t.Version), shown, nil
}

// UpdateBranding implements api.StrictServerInterface.
func (h *handlers) UpdateBranding(ctx context.Context, r api.UpdateBrandingRequestObject) (api.UpdateBrandingResponseObject, error) {
	err := h.changeTenant(ctx, tenant.Must(ctx).Slug, r.Params.IfMatch, func(t *tenant.Tenant) error {
		now, err := members(t.Settings.Branding)
		if err != nil {
			return err
		}
		merge(now, maps.Clone(*r.Body))
		t.Settings.Branding = tenant.Branding{}
		if err := recode(now, &t.Settings.Branding); err != nil {
			return err
		}
		return checkBranding(t.Settings.Branding)
	})
	if err != nil {
		return nil, err
	}
	tag, shown, err := h.branding(ctx)
	if err != nil {
		return nil, err
	}
	return api.UpdateBranding200JSONResponse{Body: shown, Headers: api.UpdateBranding200ResponseHeaders{ETag: tag}}, nil
}

// checkBranding says what is wrong with a branding, by pointers of it alone. ErrSettings.
func checkBranding(b tenant.Branding) error {
	var wrong []fault.Field
	for _, p := range settings.Check(&tenant.Settings{Branding: b}) {
		wrong = append(wrong, fault.Field{Pointer: pointer(p.Path[1:]), Message: p.Says})
	}
	return invalidSettings(wrong)
}

// SetLogo implements api.StrictServerInterface.
func (h *handlers) SetLogo(ctx context.Context, r api.SetLogoRequestObject) (api.SetLogoResponseObject, error) {
	logo, err := drawn(r.Body)
	if err != nil {
		return nil, err
	}
	_, err = h.Services.Registry.Update(ctx, tenant.Must(ctx).Slug, func(t *tenant.Tenant) error {
		if !matches(r.Params.IfMatch, t.Version) {
			return ErrPrecondition
		}
		if r.Params.Scheme == api.SetLogoParamsSchemeDark {
			t.Settings.Branding.LogoDark = logo.Hash
		} else {
			t.Settings.Branding.Logo = logo.Hash
		}
		return checkBranding(t.Settings.Branding)
	}, logo)
	if err != nil {
		return nil, err
	}
	tag, shown, err := h.branding(ctx)
	if err != nil {
		return nil, err
	}
	return api.SetLogo200JSONResponse{Body: shown, Headers: api.SetLogo200ResponseHeaders{ETag: tag}}, nil
}

// DeleteLogo implements api.StrictServerInterface.
func (h *handlers) DeleteLogo(ctx context.Context, r api.DeleteLogoRequestObject) (api.DeleteLogoResponseObject, error) {
	err := h.changeTenant(ctx, tenant.Must(ctx).Slug, r.Params.IfMatch, func(t *tenant.Tenant) error {
		t.Settings.Branding.LogoDark = ""
		if r.Params.Scheme != api.DeleteLogoParamsSchemeDark {
			t.Settings.Branding.Logo = ""
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return api.DeleteLogo204Response{}, nil
}
