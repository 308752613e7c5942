package app

import (
	"encoding/json"
	"net/http"

	"plinto/event/webhook"
	"plinto/identity/passkey"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/provider/discovery"
	"plinto/provider/keys"
	"plinto/tenant"
	"plinto/ui"
)

// published are the documents of an issuer: metadata and keys.
type published struct {
	openid   *discovery.Handler
	oauth    *discovery.Handler
	keys     *keys.Service
	webhooks *webhook.Service
	clients  provider.Clients
}

func newDiscovery(p *parts) area {
	return &published{
		openid: &discovery.Handler{Locales: ui.Locales(), SignUp: p.signUp, Memory: p.cfg.Store.Memory},
		oauth:  &discovery.Handler{Locales: ui.Locales(), SignUp: p.signUp, Drafts: true, Memory: p.cfg.Store.Memory}, keys: p.keys, webhooks: p.webhooks, clients: p.cfg.Store.Clients,
	}
}

// passkeyEndpoints serves GET /.well-known/passkey-endpoints: where users add and manage
// passkeys, nowhere in a tenant that has none.
func passkeyEndpoints(w http.ResponseWriter, r *http.Request) error {
	if !web.AllowMethods(w, r, "GET, HEAD") {
		return nil
	}
	t, endpoints := tenant.Must(r.Context()), map[string]string{}
	if passkey.Available(t) {
		endpoints["enroll"], endpoints["manage"] = t.URL(paths.AccountPasskey), t.URL(paths.AccountSecurity)
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(endpoints)
}

// relatedOrigins serves GET /.well-known/webauthn: on which hosts the tenant's passkeys work, where there
// are more than its own. Browsers ask without credentials and may keep the answer for an hour.
func relatedOrigins(w http.ResponseWriter, r *http.Request) error {
	if !web.AllowMethods(w, r, "GET, HEAD") {
		return nil
	}
	t := tenant.Must(r.Context())
	if t.Host == "" || !passkey.Available(t) || len(t.Settings.MFA.HostsOfPasskeys()) == 0 {
		return errNoRelated
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	return json.NewEncoder(w).Encode(map[string][]string{"origins": passkey.Origins(t)})
}

var errNoRelated = fault.New(fault.NotFound, "no_related_origins", "Passkeys work on this host alone.")

func (p *published) mount(r *router) {
	r.call(paths.JWKS, web.PublicCORS(web.JSON(p.keys.ServeJWKS)))
	r.call(paths.WebhookKeys+"{endpoint}", web.PublicCORS(web.JSON(p.webhooks.ServeKeys)))
	r.call(paths.PasskeyEndpoints, web.PublicCORS(web.JSON(passkeyEndpoints)))
	r.call(paths.RelatedOrigins, web.PublicCORS(web.JSON(relatedOrigins)))
	r.call(paths.AssetLinks, web.JSON(p.assetLinks))
	r.call(paths.AppleAssociation, web.JSON(p.appleAssociation))
	r.call(paths.OpenIDConfiguration, web.PublicCORS(p.openid))
	r.call(paths.AuthorizationServer, web.PublicCORS(p.oauth))
}
