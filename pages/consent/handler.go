package consent

import (
	"context"
	"errors"
	"net/http"

	"plinto/dispatch"
	"plinto/identity"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/ui"
)

// A Handler serves the consent page.
type Handler struct {
	Dispatcher *dispatch.Dispatcher
	Scopes     provider.ScopePolicy
	Consents   *provider.ConsentService
	// Development says that apps on loopback are the developer's own.
	Development bool
}

// View serves GET /consent.
func (h *Handler) View(ctx context.Context, v *browser.Visit) error {
	session, err := v.Session()
	if err != nil {
		return err
	}
	if session == nil {
		return v.Return()
	}
	q, err := h.question(ctx, v, session)
	if q == nil {
		return err
	}
	return h.ask(ctx, v, q, false)
}

// A question is a consent request: client, user and permissions.
type question struct {
	client *provider.Client
	user   identity.User
	asked  provider.ConsentRequest
}

// question returns it while the flow is at the step; otherwise it goes where the flow is, and returns nil. Whoever has to show
// first who they are must not allow anything before.
func (h *Handler) question(ctx context.Context, v *browser.Visit, session *identity.Session) (*question, error) {
	var q question
	var err error
	if q.client, err = v.Client(ctx); err != nil {
		return nil, err
	}
	var asks bool
	if q.asked, asks, err = h.Dispatcher.AsksConsent(ctx, v.Flow, q.client, session); err != nil {
		return nil, err
	}
	if !asks {
		return nil, v.Return()
	}
	if q.user, err = v.User(ctx, session); err != nil {
		return nil, err
	}
	return &q, nil
}

// ask draws the page. What it says of the client and lists is q.asked, so that its
// digest in the form stands for what the user saw.
func (h *Handler) ask(ctx context.Context, v *browser.Visit, q *question, changed bool) error {
	described, err := h.Scopes.Describe(ctx, q.asked.Permissions)
	if err != nil {
		return err
	}
	view := ui.ConsentView{
		Page:   v.Page(),
		Client: ui.Client{Name: q.asked.Name, LogoURL: q.asked.LogoURI, PolicyURL: q.asked.PolicyURI, TermsURL: q.asked.TosURI},
		Flow:   v.Flow.Handle(), CSRF: v.Flow.CSRF, Shown: q.asked.Digest(), Changed: changed,
		User: browser.UserLabel(&q.user), RedirectHost: q.asked.RedirectHost, Organization: q.asked.OrganizationName,
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
	return v.Render(status, ui.Consent(view))
}

func scopesOf(described []provider.Scope) []ui.Scope {
	list := make([]ui.Scope, 0, len(described))
	for _, s := range described {
		list = append(list, ui.Scope{Name: s.Name, Description: s.Description})
	}
	return list
}

// Submit serves POST /consent.
func (h *Handler) Submit(ctx context.Context, v *browser.Visit) error {
	session, err := v.Session()
	if err != nil {
		return err
	}
	if session == nil || session.UserID != v.Flow.UserID {
		// The user must still be the one whom the page asked.
		return v.Return()
	}
	switch v.Form.Get("action") {
	case "allow":
		return h.allow(ctx, v, session)
	case "switch":
		v.Flow.SwitchUser()
		return v.Return()
	default:
		return h.deny(ctx, v, session)
	}
}

// allow notes what the page asked for: nothing of the form can add to it.
func (h *Handler) allow(ctx context.Context, v *browser.Visit, session *identity.Session) error {
	q, err := h.question(ctx, v, session)
	if q == nil {
		return err
	}
	if v.Form.Get("shown") != q.asked.Digest() {
		// The client or a resource server changed since the page was drawn.
		return h.ask(ctx, v, q, true)
	}
	v.Flow.UserID, v.Flow.Consented = session.UserID, q.asked.Digest()
	remember := !q.client.Impersonable(v.Flow.Request.RedirectURI) || h.Development
	if err := h.Consents.Allow(ctx, session.UserID, q.client, &q.asked, remember); err != nil {
		return err
	}
	return v.Return()
}

func (h *Handler) deny(ctx context.Context, v *browser.Visit, session *identity.Session) error {
	client, err := v.Client(ctx)
	if err == nil {
		err = h.Consents.Deny(ctx, session.UserID, client)
	} else if errors.Is(err, provider.ErrClientNotFound) {
		err = nil // it was deleted meanwhile, which the next page says
	}
	if err != nil {
		return err
	}
	return v.Cancel()
}
