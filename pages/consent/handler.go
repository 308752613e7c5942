package consent

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"plinto/identity"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/ui"
)

// A Handler serves the consent page.
type Handler struct {
	Clients  provider.Clients
	Scopes   provider.ScopePolicy
	Consents *provider.ConsentService
	Users    identity.Users
	Browser  *browser.Browser
}

// Show serves GET /consent.
func (h *Handler) Show(w http.ResponseWriter, r *http.Request) error {
	flow, err := h.Browser.Flow(r)
	if err != nil {
		return h.Browser.Refused(w, r, err)
	}
	session, err := h.Browser.Session(w, r)
	if err != nil {
		return err
	}
	if session == nil {
		return h.Browser.Advance(w, r, flow)
	}
	p, err := h.find(r.Context(), flow, session)
	if err != nil {
		return err
	}
	return h.show(w, r, flow, p, false)
}

// A page is what there is to show: who asks whom for what.
type page struct {
	client *provider.Client
	user   identity.User
	asked  provider.ConsentRequest
}

func (h *Handler) find(ctx context.Context, flow *provider.Flow, session *identity.Session) (p page, err error) {
	if p.client, err = h.Clients.ByClientID(ctx, flow.Request.ClientID); err != nil {
		return p, fmt.Errorf("find client: %w", err)
	}
	if p.user, err = h.Users.ByID(ctx, session.UserID); err != nil {
		return p, fmt.Errorf("find user: %w", err)
	}
	p.asked, err = h.Scopes.ConsentRequest(ctx, p.client, &flow.Request)
	return p, err
}

// show draws the page. What it says of the client and lists is p.asked, so that its
// digest in the form stands for what the user saw.
func (h *Handler) show(w http.ResponseWriter, r *http.Request, flow *provider.Flow, p page, changed bool) error {
	described, err := h.Scopes.Describe(r.Context(), p.asked.Permissions)
	if err != nil {
		return err
	}
	view := ui.ConsentView{
		Page:   h.Browser.Page(w, r, flow),
		Client: ui.Client{Name: p.asked.Name, LogoURL: p.asked.LogoURI, PolicyURL: p.asked.PolicyURI, TermsURL: p.asked.TosURI},
		Flow:   flow.Handle(), CSRF: flow.CSRF, Shown: p.asked.Digest(), Changed: changed,
		User: browser.UserLabel(&p.user), RedirectHost: p.asked.RedirectHost,
	}
	for _, d := range described {
		list := scopesOf(d.Scopes)
		if d.Identifier == "" {
			view.Scopes = list
			continue
		}
		view.Resources = append(view.Resources, ui.Resource{Name: d.Name, Identifier: d.Identifier, Scopes: list})
	}
	status := http.StatusOK
	if changed {
		status = http.StatusConflict
	}
	return web.Render(w, r, status, ui.Consent(view))
}

func scopesOf(described []provider.Scope) []ui.Scope {
	list := make([]ui.Scope, 0, len(described))
	for _, s := range described {
		list = append(list, ui.Scope{Name: s.Name, Description: s.Description})
	}
	return list
}

// Submit serves POST /consent.
func (h *Handler) Submit(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	flow, err := h.Browser.PostedFlow(r, form)
	if err != nil {
		return h.Browser.Refused(w, r, err)
	}
	session, err := h.Browser.Session(w, r)
	if err != nil {
		return err
	}
	if session == nil || session.UserID != flow.UserID {
		// The answer must be the answer of the user it is asked of.
		return h.Browser.Advance(w, r, flow)
	}
	switch form.Get("action") {
	case "allow":
		p, err := h.find(r.Context(), flow, session)
		if err != nil {
			return err
		}
		if form.Get("shown") != p.asked.Digest() {
			// The client or a resource server changed since the page was drawn.
			return h.show(w, r, flow, p, true)
		}
		if err := h.allow(r.Context(), flow, session, p); err != nil {
			return err
		}
	case "switch":
		flow.SwitchUser()
	default:
		flow.Refused = "access_denied"
		if err := h.deny(r.Context(), flow, session); err != nil {
			return err
		}
	}
	return h.Browser.Advance(w, r, flow)
}

// allow notes what the page asked for: nothing of the form can add to it.
func (h *Handler) allow(ctx context.Context, flow *provider.Flow, session *identity.Session, p page) error {
	flow.UserID, flow.Consented = session.UserID, p.asked.Digest()
	remember := !p.client.Impersonable(flow.Request.RedirectURI) || h.Browser.Development
	return h.Consents.Allow(ctx, session.UserID, p.client, &p.asked, remember)
}

func (h *Handler) deny(ctx context.Context, flow *provider.Flow, session *identity.Session) error {
	client, err := h.Clients.ByClientID(ctx, flow.Request.ClientID)
	if errors.Is(err, provider.ErrClientNotFound) {
		return nil // it was deleted meanwhile, which the next page says
	}
	if err != nil {
		return fmt.Errorf("find client: %w", err)
	}
	return h.Consents.Deny(ctx, session.UserID, client)
}
