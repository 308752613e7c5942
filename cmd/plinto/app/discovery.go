package app

import (
	"plinto/event/webhook"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/provider/discovery"
	"plinto/provider/keys"
	"plinto/ui"
)

// published are the documents of an issuer: metadata and keys.
type published struct {
	metadata *discovery.Handler
	keys     *keys.Service
	webhooks *webhook.Service
}

func newDiscovery(p *parts) area {
	return &published{metadata: &discovery.Handler{Locales: ui.Locales(), SignUp: p.signUp}, keys: p.keys, webhooks: p.webhooks}
}

func (p *published) mount(r *router) {
	r.call(paths.JWKS, web.PublicCORS(web.JSON(p.keys.ServeJWKS)))
	r.call(paths.WebhookKeys+"{endpoint}", web.PublicCORS(web.JSON(p.webhooks.ServeKeys)))
	r.call(paths.OpenIDConfiguration, web.PublicCORS(p.metadata))
	r.call(paths.AuthorizationServer, web.PublicCORS(p.metadata))
}
