package logout

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/tenant"
	"plinto/ui"
)

// A Handler serves the end-session endpoint and its pages.
type Handler struct {
	Clients provider.Clients
	Ender   *identity.SessionEnder
	// Participants finds the clients with front-channel logout. Those with back-channel
	// logout are notified by package backchannel once the session has ended.
	Participants provider.Participants
	Subjects     provider.Subjects
	Hints        Hints
	Upstream     Upstream
	Browser      *browser.Browser
	Now          func() time.Time
}

// Hints verify ID tokens of ours. The engine does.
type Hints interface {
	// OwnToken verifies an ID token that was issued to the client, expired or not.
	OwnToken(ctx context.Context, c *provider.Client, token string) ([]byte, error)
}

// Upstream leads browsers to identity providers that people signed in with: federation.SignIns.
type Upstream interface {
	// LogoutRedirect returns where the browser goes to sign out there, and how the provider is called; "": nowhere.
	LogoutRedirect(ctx context.Context, of identity.Upstream, state, locales string) (to, name string, err error)
}

// Begin serves GET and POST /oauth2/logout.
func (h *Handler) Begin(w http.ResponseWriter, r *http.Request) error {
	params, err := parameters(r)
	if err != nil {
		return h.Browser.ErrorPage(w, r, http.StatusBadRequest, "invalid_request", "The request is malformed.")
	}
	q, client, err := h.read(r.Context(), params)
	if err != nil {
		return err
	}
	if r.Method == http.MethodPost {
		// Posted from the client's site: our Lax cookies come with the GET.
		return h.seeConfirm(w, r, q)
	}
	session, err := h.Browser.Session(w, r)
	if err != nil {
		return err
	}
	if session == nil {
		return h.signedOut(w, r, q)
	}
	if h.matches(r, q, session, client) {
		return h.end(w, r, session, q)
	}
	return h.seeConfirm(w, r, q)
}

func parameters(r *http.Request) (web.Form, error) {
	if r.Method == http.MethodPost {
		return web.ParseForm(r, web.MaxForm)
	}
	return web.ParseQuery(r.URL.RawQuery)
}

// seeConfirm leads to the page that asks the user.
func (h *Handler) seeConfirm(w http.ResponseWriter, r *http.Request, q request) error {
	return h.Browser.Redirect(w, r, tenant.Must(r.Context()).Path+paths.Logout+"?"+url.Values{"request": {h.Browser.Seal(r, "logout", q)}}.Encode())
}

// Confirm serves GET /logout.
func (h *Handler) Confirm(w http.ResponseWriter, r *http.Request) error {
	sealed := r.URL.Query().Get("request")
	q := h.open(r, sealed)
	session, err := h.Browser.Session(w, r)
	if err != nil {
		return err
	}
	if session == nil {
		return h.signedOut(w, r, q)
	}
	view := ui.LogoutConfirmView{Page: h.page(w, r, q.UILocales), Request: sealed, CSRF: h.Browser.SessionCSRF(r, session)}
	if q.ClientID != "" {
		client, err := h.Clients.ByClientID(r.Context(), q.ClientID)
		if err != nil {
			return fmt.Errorf("find client: %w", err)
		}
		if h.matches(r, q, session, client) {
			return h.end(w, r, session, q)
		}
		view.ClientName = client.DisplayName()
	}
	if view.Explanation, err = h.explain(r.Context(), q.ClientID, q.Unfollowed); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, ui.LogoutConfirm(view))
}

// page is the frame of a page in the languages that the client asked for.
func (h *Handler) page(_ http.ResponseWriter, r *http.Request, locales []string) ui.Page {
	return h.Browser.PageIn(r, locales)
}

// Submit serves POST /logout.
func (h *Handler) Submit(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	q := h.open(r, form.Get("request"))
	session, err := h.Browser.Session(w, r)
	if err != nil {
		return err
	}
	if session == nil {
		return h.finish(w, r, q, false)
	}
	if !h.Browser.SessionCSRFValid(r, session, form.Get("csrf")) {
		return h.Browser.Refused(w, r, browser.ErrForged)
	}
	if form.Get("action") != "yes" {
		http.Redirect(w, r, tenant.Must(r.Context()).Path+"/", http.StatusSeeOther)
		return nil
	}
	return h.end(w, r, session, q)
}

// end ends the session before the response says so.
func (h *Handler) end(w http.ResponseWriter, r *http.Request, session *identity.Session, q request) error {
	if err := h.Ender.End(r.Context(), session.ID, event.SessionLoggedOut); err != nil {
		return err
	}
	h.Browser.ForgetSession(w, r)
	frames, err := h.frames(r, session.ID)
	if err != nil {
		return err
	}
	q.At = h.Now()
	upstream, name, err := h.Upstream.LogoutRedirect(r.Context(), session.Upstream, h.Browser.Seal(r, "upstream-logout", q), h.page(w, r, q.UILocales).Locale.Lang())
	switch {
	case err != nil:
		return err
	case len(frames) > 0:
		return h.seeDone(w, r, ended{
			Session: session.ID, ClientID: q.ClientID, Target: q.target(), Unfollowed: q.Unfollowed, UILocales: q.UILocales, At: q.At, Upstream: upstream, Provider: name,
		})
	case upstream != "":
		return h.Browser.Redirect(w, r, upstream)
	}
	return h.finish(w, r, q, true)
}

// Returned serves GET /federation/{connection}/logged-out: a provider leads back who signed out there. state says where they go on; with
// none of ours, or an old one, they are signed out all the same. It says nothing of whose browser this is: for a client that registered
// itself the page shows a link, as it does when nobody is signed in.
func (h *Handler) Returned(w http.ResponseWriter, r *http.Request) error {
	var q request
	if !h.Browser.Unseal(r, "upstream-logout", r.URL.Query().Get("state"), &q) || h.Now().Sub(q.At) > requestTTL {
		q = request{}
	}
	return h.finish(w, r, q, !q.Unvouched)
}

// signedOut answers a request when nobody is signed in. The hint proves nothing about this
// user then, so for a client that registered itself the page shows a link, without redirect.
func (h *Handler) signedOut(w http.ResponseWriter, r *http.Request, q request) error {
	if q.Hinted && q.Unvouched && q.Redirect != "" {
		return h.seeDone(w, r, ended{ClientID: q.ClientID, Target: q.target(), UILocales: q.UILocales, At: h.Now()})
	}
	return h.finish(w, r, q, q.Hinted)
}

// finish sends the user back to the client, or says that they are logged out.
func (h *Handler) finish(w http.ResponseWriter, r *http.Request, q request, vouched bool) error {
	if q.Redirect != "" && vouched {
		return h.Browser.Redirect(w, r, q.target())
	}
	if q.ClientID != "" || q.Unfollowed != "" {
		// Neither hint nor user confirmed the redirect: the page shows a link.
		return h.seeDone(w, r, ended{ClientID: q.ClientID, Target: q.target(), Unfollowed: q.Unfollowed, UILocales: q.UILocales, At: h.Now()})
	}
	return h.Browser.Redirect(w, r, tenant.Must(r.Context()).Path+paths.LoggedOut)
}
