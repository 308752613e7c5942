package consent

import (
	"context"
	"fmt"
	"net/http"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/provider/browser"
	"plinto/ui"
)

// A Handler serves the consent page.
type Handler struct {
	Clients  provider.Clients
	Scopes   provider.ScopePolicy
	Consents provider.Consents
	Users    identity.Users
	Outbox   event.Outbox
	Tx       identity.Transactor
	Browser  *browser.Browser
}

// Show serves GET /consent.
func (h *Handler) Show(w http.ResponseWriter, r *http.Request) error {
	flow, err := h.Browser.Flow(r)
	if err != nil {
		return h.Browser.StartAgain(w, r)
	}
	session, err := h.Browser.Session(w, r)
	if err != nil {
		return err
	}
	if session == nil {
		h.Browser.Advance(w, r, flow)
		return nil
	}
	view, err := h.view(w, r, flow, session)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, ui.Consent(view))
}

func (h *Handler) view(w http.ResponseWriter, r *http.Request, flow *provider.Flow, session *identity.Session) (ui.ConsentView, error) {
	client, err := h.Clients.ByClientID(r.Context(), flow.Request.ClientID)
	if err != nil {
		return ui.ConsentView{}, fmt.Errorf("find client: %w", err)
	}
	user, err := h.Users.ByID(r.Context(), session.UserID)
	if err != nil {
		return ui.ConsentView{}, fmt.Errorf("find user: %w", err)
	}
	scopes, err := h.Scopes.Describe(r.Context(), flow.Request.ConsentScopes())
	if err != nil {
		return ui.ConsentView{}, err
	}
	view := ui.ConsentView{
		Page: h.Browser.Page(w, r, flow), Client: browser.ClientView(client),
		Flow: flow.ID.String(), CSRF: flow.CSRF,
		User: browser.UserLabel(&user), RedirectHost: browser.RedirectHost(flow.Request.RedirectURI),
	}
	for _, s := range scopes {
		view.Scopes = append(view.Scopes, ui.Scope{Name: s.Name, Description: s.Description})
	}
	return view, nil
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
		h.Browser.Advance(w, r, flow)
		return nil
	}
	switch form.Get("action") {
	case "allow":
		err = h.allow(r, flow, session)
	case "switch":
		flow.SwitchUser()
	default:
		flow.Refused = "access_denied"
		err = h.deny(r, flow, session)
	}
	if err != nil {
		return err
	}
	h.Browser.Advance(w, r, flow)
	return nil
}

// allow remembers exactly what the page asked for the flow's request: nothing of the form
// can add to them.
func (h *Handler) allow(r *http.Request, flow *provider.Flow, session *identity.Session) error {
	client, err := h.Clients.ByClientID(r.Context(), flow.Request.ClientID)
	if err != nil {
		return fmt.Errorf("find client: %w", err)
	}
	err = h.Consents.Allow(r.Context(), provider.Consent{UserID: session.UserID, ClientID: client.ID, Scopes: flow.Request.ConsentScopes()})
	if err != nil {
		return fmt.Errorf("remember consent: %w", err)
	}
	flow.UserID, flow.Consented = session.UserID, true
	return nil
}

func (h *Handler) deny(r *http.Request, flow *provider.Flow, session *identity.Session) error {
	user := identity.User{ID: session.UserID}
	return h.Tx.InTx(r.Context(), func(ctx context.Context) error {
		return h.Outbox.Append(ctx, event.Event{
			Type: event.ConsentDenied, Outcome: "success", Subject: user.PublicID(),
			Actor: event.Actor{Type: "user", ID: user.PublicID()}, Data: map[string]any{"client_id": flow.Request.ClientID},
		})
	})
}
