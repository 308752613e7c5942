package provider

import (
	"context"
	"errors"
	"net/http"

	"plinto/federation"
	"plinto/identity"
	"plinto/internal/paths"
	"plinto/pages/browser"
	"plinto/tenant"
	"plinto/ui"
)

// takes returns which connections the client of a flow takes.
func takes(ctx context.Context, v *browser.Visit) (func(slug string) bool, error) {
	client, err := v.Client(ctx)
	if err != nil {
		return nil, err
	}
	return client.TakesConnection, nil
}

// Discovers reports whether the sign-in page asks for an address or user name alone first: somebody is led to a provider by
// their address. Whoever has an account to connect with theirs signs in here.
func (h *Handler) Discovers(ctx context.Context, v *browser.Visit) (bool, error) {
	if v.Flow.Connecting != nil {
		return false, nil
	}
	takes, err := takes(ctx, v)
	if err != nil {
		return false, err
	}
	return h.Realms.Discovers(ctx, takes)
}

// Requires reports whether anybody in the tenant signs in with a provider alone.
func (h *Handler) Requires(ctx context.Context) (bool, error) { return h.Realms.Requires(ctx) }

// realm is where people of a domain sign in to the client of a flow.
func (h *Handler) realm(ctx context.Context, v *browser.Visit, domain string) (federation.Realm, error) {
	if domain == "" {
		return federation.Realm{}, nil
	}
	takes, err := takes(ctx, v)
	if err != nil {
		return federation.Realm{}, err
	}
	return h.Realms.Of(ctx, domain, takes)
}

// Discover leads whoever typed an address to where its people sign in, and reports whether it did: to the provider, or to a page
// that offers several.
func (h *Handler) Discover(ctx context.Context, v *browser.Visit, typed string) (bool, error) {
	realm, err := h.realm(ctx, v, federation.DomainOf(typed))
	if err != nil || !realm.Known() {
		return false, err
	}
	if len(realm.Connections) == 1 {
		return true, h.Begin(ctx, v, realm.Connections[0].Slug, typed)
	}
	return true, h.show(ctx, v, http.StatusOK, &realm, typed)
}

// Demands implements browser.Realm. Whoever has shown an account of the provider signs in here, to have it connected.
func (h *Handler) Demands(ctx context.Context, v *browser.Visit, typed string) (bool, error) {
	realm, err := h.realm(ctx, v, federation.DomainOf(typed))
	if err != nil || !realm.Known() || !realm.Required || shows(v, &realm) {
		return false, err
	}
	v.Refuse(ctx, http.StatusForbidden, identity.ErrProviderRequired)
	return true, h.show(ctx, v, http.StatusForbidden, &realm, typed)
}

// shows reports whether somebody has shown an account of a realm in the flow.
func shows(v *browser.Visit, realm *federation.Realm) bool {
	if v.Flow.Connecting == nil {
		return false
	}
	for i := range realm.Connections {
		if realm.Connections[i].ID == v.Flow.Connecting.Connection {
			return true
		}
	}
	return false
}

// Required implements browser.Realm.
func (h *Handler) Required(ctx context.Context, v *browser.Visit, err error) error {
	var required *identity.ProviderRequired
	if !errors.As(err, &required) {
		return err
	}
	realm, lookup := h.realm(ctx, v, required.Domain)
	if lookup != nil {
		return lookup
	}
	if !realm.Known() { // the client does not take it
		realm = federation.Realm{Domain: required.Domain, Required: true}
	}
	if err := v.Save(); err != nil {
		return err
	}
	v.Refuse(ctx, http.StatusForbidden, err)
	return h.show(ctx, v, http.StatusForbidden, &realm, v.Form.Get("username"))
}

// show offers the providers of a realm.
func (h *Handler) show(ctx context.Context, v *browser.Visit, status int, realm *federation.Realm, typed string) error {
	client, err := v.Client(ctx)
	if err != nil {
		return err
	}
	view := ui.RealmView{
		Page: v.Page(), Client: browser.ClientView(client), Flow: v.Flow.Handle(), CSRF: v.Flow.CSRF, Domain: realm.Domain, Required: realm.Required,
		Back: tenant.Must(ctx).Path + paths.Login + "?flow=" + v.Flow.Handle(),
	}
	if federation.DomainOf(typed) == realm.Domain {
		view.Username = typed
	}
	for i := range realm.Connections {
		c := &realm.Connections[i]
		view.Providers = append(view.Providers, ui.ProviderButton{Slug: c.Slug, Name: c.Name, Down: !h.SignIns.Available(ctx, c)})
	}
	return v.Render(status, ui.Realm(view))
}
