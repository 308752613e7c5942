package app

import (
	"plinto/internal/paths"
	"plinto/pages/branding"
)

// branded is what makes the pages of a tenant its own.
type branded struct {
	*parts
	handler *branding.Handler
}

func newBranding(p *parts) area {
	return &branded{parts: p, handler: &branding.Handler{Logos: p.cfg.Store.Logos, Organizations: p.cfg.Store.Brandings}}
}

func (b *branded) mount(r *router) {
	r.page(paths.BrandStyle+"{hash}.css", b.drawn(b.handler.ServeStyle))
	r.page(paths.BrandLogo+"{hash}.png", b.drawn(b.handler.ServeLogo))
	r.page(paths.BrandOrganization+"{id}.css", b.drawn(b.handler.ServeOrganizationStyle))
	r.page(paths.BrandOrganization+"{id}.png", b.drawn(b.handler.ServeOrganizationLogo))
	r.page(paths.PresentLogo, b.drawn(b.handler.ServePresentLogo))
}
