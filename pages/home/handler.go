package home

import (
	"fmt"
	"net/http"

	"plinto/identity"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/tenant"
	"plinto/ui"
)

// A Handler serves GET / below an issuer.
type Handler struct {
	Users   identity.Users
	Browser *browser.Browser
}

// Show serves the page.
func (h *Handler) Show(w http.ResponseWriter, r *http.Request) error {
	t := tenant.Must(r.Context())
	view := ui.HomeView{Page: h.Browser.Page(w, r, nil), Discovery: t.URL(paths.OpenIDConfiguration)}
	session, err := h.Browser.Session(w, r)
	if err != nil {
		return err
	}
	if session != nil {
		user, err := h.Users.ByID(r.Context(), session.UserID)
		if err != nil {
			return fmt.Errorf("find user: %w", err)
		}
		view.User = browser.UserLabel(&user)
		view.CSRF = h.Browser.SessionCSRF(r, session)
		view.SignOut = t.Path + paths.Logout
	}
	return web.Render(w, r, http.StatusOK, ui.Home(view))
}
