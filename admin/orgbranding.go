package admin

import (
	"context"
	"io"
	"maps"

	"plinto/admin/api"
	"plinto/internal/brand"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/organization"
	"plinto/tenant"
)

// GetOrganizationBranding implements api.StrictServerInterface.
func (h *handlers) GetOrganizationBranding(ctx context.Context, r api.GetOrganizationBrandingRequestObject) (api.GetOrganizationBrandingResponseObject, error) {
	o, err := h.organization(ctx, r.OrganizationID)
	if err != nil {
		return nil, err
	}
	return api.GetOrganizationBranding200JSONResponse{Body: shownBranding(ctx, &o.Branding), Headers: api.GetOrganizationBranding200ResponseHeaders{ETag: etag(o.Version)}}, nil
}

// UpdateOrganizationBranding implements api.StrictServerInterface.
func (h *handlers) UpdateOrganizationBranding(ctx context.Context, r api.UpdateOrganizationBrandingRequestObject) (api.UpdateOrganizationBrandingResponseObject, error) {
	o, err := h.editBranding(ctx, r.OrganizationID, r.Params.IfMatch, func(b *organization.Branding) error {
		now, err := members(b)
		if err != nil {
			return err
		}
		merge(now, maps.Clone(*r.Body))
		*b = organization.Branding{}
		return recode(now, b)
	})
	if err != nil {
		return nil, err
	}
	return api.UpdateOrganizationBranding200JSONResponse{Body: shownBranding(ctx, &o.Branding), Headers: api.UpdateOrganizationBranding200ResponseHeaders{ETag: etag(o.Version)}}, nil
}

// SetOrganizationLogo implements api.StrictServerInterface.
func (h *handlers) SetOrganizationLogo(ctx context.Context, r api.SetOrganizationLogoRequestObject) (api.SetOrganizationLogoResponseObject, error) {
	logo, err := drawn(r.Body)
	if err != nil {
		return nil, err
	}
	o, err := h.editBranding(ctx, r.OrganizationID, r.Params.IfMatch, func(b *organization.Branding) error {
		if r.Params.Scheme == api.SetOrganizationLogoParamsSchemeDark {
			b.LogoDark = logo.Hash
		} else {
			b.Logo = logo.Hash
		}
		return nil
	}, logo)
	if err != nil {
		return nil, err
	}
	return api.SetOrganizationLogo200JSONResponse{Body: shownBranding(ctx, &o.Branding), Headers: api.SetOrganizationLogo200ResponseHeaders{ETag: etag(o.Version)}}, nil
}

// DeleteOrganizationLogo implements api.StrictServerInterface.
func (h *handlers) DeleteOrganizationLogo(ctx context.Context, r api.DeleteOrganizationLogoRequestObject) (api.DeleteOrganizationLogoResponseObject, error) {
	_, err := h.editBranding(ctx, r.OrganizationID, r.Params.IfMatch, func(b *organization.Branding) error {
		b.LogoDark = ""
		if r.Params.Scheme != api.DeleteOrganizationLogoParamsSchemeDark {
			b.Logo = ""
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return api.DeleteOrganizationLogo204Response{}, nil
}

// editBranding changes the branding of an organization while that has a version, and returns it as it is
// stored then.
func (h *handlers) editBranding(ctx context.Context, public, ifMatch string, edit func(*organization.Branding) error, logos ...brand.Logo) (organization.Organization, error) {
	id, err := organizationID(public)
	if err != nil {
		return organization.Organization{}, err
	}
	_, err = h.Services.Organizations.EditBranding(ctx, id, func(o *organization.Organization) error {
		if !matches(ifMatch, o.Version) {
			return ErrPrecondition
		}
		return edit(&o.Branding)
	}, logos...)
	if err != nil {
		return organization.Organization{}, err
	}
	return h.Services.Organizations.ByID(ctx, id)
}

func shownBranding(ctx context.Context, b *organization.Branding) api.OrganizationBranding {
	t := tenant.Must(ctx)
	e := b.Effective(&t.Settings.Branding)
	value := func(v organization.Value[string], configured string) api.BrandValue {
		return api.BrandValue{Configured: configured, Value: v.Value, Source: api.PolicySource(v.Source)}
	}
	logo := func(v organization.Value[string], configured string) api.BrandValue {
		address := func(hash string) string {
			if hash == "" {
				return ""
			}
			return t.URL(paths.BrandLogo + hash + ".png")
		}
		v.Value = address(v.Value)
		return value(v, address(configured))
	}
	return api.OrganizationBranding{
		Object:   "organization_branding",
		Light:    api.OrganizationColors{Primary: value(e.LightPrimary, b.Light.Primary), Accent: value(e.LightAccent, b.Light.Accent)},
		Dark:     api.OrganizationColors{Primary: value(e.DarkPrimary, b.Dark.Primary), Accent: value(e.DarkAccent, b.Dark.Accent)},
		Radius:   value(e.Radius, b.Radius),
		Font:     value(e.Font, b.Font),
		Logo:     logo(e.Logo, b.Logo),
		LogoDark: logo(e.LogoDark, b.LogoDark),
	}
}

// drawn draws the picture that a request has as its body. ErrLogo.
func drawn(body io.Reader) (brand.Logo, error) {
	file, err := io.ReadAll(body) // it was read and bounded before
	if err != nil {
		return brand.Logo{}, err
	}
	logo, err := brand.DrawLogo(file)
	if err != nil {
		return brand.Logo{}, ErrLogo.At(fault.Field{Message: err.Error()})
	}
	return logo, nil
}
