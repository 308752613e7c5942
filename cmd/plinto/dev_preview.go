package main

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"plinto/event/mail"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/tenant"
	"plinto/ui/preview"
)

// previewRoutes are the samples of every page, in the brands of this server's tenants too.
func (p *devPages) previewRoutes(handle func(pattern string, h web.Handler)) {
	site := &preview.Site{Tenants: p.previewBrands, Mails: mail.Kinds(), Mail: p.previewMail}
	site.Routes(handle)
}

// previewTenant begins the keys of the brands of tenants.
const previewTenant = "tenant-"

// previewBrands are the brands of tenants.
func (p *devPages) previewBrands(ctx context.Context) (all []preview.Brand, err error) {
	tenants, err := p.tenants.list(ctx)
	for _, t := range tenants {
		all = append(all, preview.Brand{
			Key: previewTenant + t.Slug, Title: t.Name, Brand: browser.BrandFor(t.Tenant, &provider.Membership{}), Look: t.Settings.Branding.Look(),
			Logo: p.previewLogo(t.Tenant),
		})
	}
	return all, err
}

// previewLogo finds the logos of a tenant by their names, and that of mails.
func (p *devPages) previewLogo(t *tenant.Tenant) func(ctx context.Context, name string) ([]byte, error) {
	return func(ctx context.Context, name string) ([]byte, error) {
		hash, dated := strings.CutPrefix("/brand/"+name, paths.BrandLogo)
		if !dated {
			return p.tenants.store.Logos.ByHash(tenant.With(ctx, t), t.Settings.Branding.Logo)
		}
		return p.tenants.store.Logos.ByHash(tenant.With(ctx, t), strings.TrimSuffix(hash, ".png"))
	}
}

// previewMail draws a mail as a tenant of the brand sends it.
func (p *devPages) previewMail(w http.ResponseWriter, r *http.Request, m preview.Mail) error {
	b := m.Look
	t := tenant.Tenant{Name: m.Name}
	t.Settings.Branding = tenant.Branding{
		Light: b.Light, Dark: b.Dark, Radius: b.Radius, Font: b.Font, Logo: m.Brand.Brand.Logo,
		Links: tenant.BrandLinks{Terms: m.Terms, Privacy: m.Privacy, Support: m.Support},
	}
	all, err := p.tenants.list(r.Context())
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(all, func(t devTenant) bool { return previewTenant+t.Slug == m.Key }); i >= 0 {
		t = *all[i].Tenant
	}
	t.Issuer = p.public.String() + m.Base // of the logo
	drawn, err := mail.Preview(r.Context(), &t, m.Kind, m.Lang)
	if err != nil {
		return err
	}
	return showMail(w, drawn.HTML)
}
