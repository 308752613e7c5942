package address

import (
	"errors"
	"fmt"
	"net/http"

	"plinto/identity"
	"plinto/identity/addresses"
	"plinto/internal/mailaddr"
	"plinto/internal/paths"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/ui"
)

var link = browser.Link{Path: paths.ConfirmEmail, Cookie: "plinto_email", Form: "confirm-email", WellFormed: addresses.LinkWellFormed}

// A Handler serves the links of mails.
type Handler struct {
	Addresses *addresses.Service
	Users     identity.Users
	Browser   *browser.Browser
}

// Show serves GET /email/confirm.
func (h *Handler) Show(w http.ResponseWriter, r *http.Request) error {
	if h.Browser.KeepLink(w, r, &link) {
		return nil
	}
	f, err := h.Addresses.For(r.Context(), h.Browser.LinkToken(r, &link))
	if err != nil {
		return h.Browser.LinkUnknown(w, r, err)
	}
	user, err := h.user(w, r)
	if err != nil {
		return err
	}
	state := ui.ConfirmEmailAsk
	switch {
	case f.Done:
		state = ui.ConfirmEmailDone
	case user == nil || user.ID != f.User.ID:
		state = ui.ConfirmEmailElsewhere
	}
	return h.render(w, r, http.StatusOK, &f, state)
}

// user returns who is signed in, or nil.
func (h *Handler) user(w http.ResponseWriter, r *http.Request) (*identity.User, error) {
	session, err := h.Browser.Session(w, r)
	if err != nil || session == nil {
		return nil, err
	}
	user, err := h.Users.ByID(r.Context(), session.UserID)
	if err != nil {
		return nil, fmt.Errorf("find user: %w", err)
	}
	return &user, nil
}

func (h *Handler) render(w http.ResponseWriter, r *http.Request, status int, f *addresses.LinkFor, state ui.ConfirmEmailState) error {
	view := ui.ConfirmEmailView{Page: h.Browser.Page(w, r, nil), CSRF: h.Browser.LinkCSRF(r, &link), Email: mailaddr.Display(f.Email), State: state}
	if state != ui.ConfirmEmailElsewhere {
		view.User = browser.UserLabel(&f.User)
	}
	return web.Render(w, r, status, ui.ConfirmEmail(view))
}

// Submit serves POST /email/confirm.
func (h *Handler) Submit(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	token := h.Browser.LinkToken(r, &link)
	if token == "" {
		return h.Browser.LinkUnknown(w, r, identity.ErrLinkUnknown)
	}
	if !secret.Equal([]byte(h.Browser.LinkCSRF(r, &link)), []byte(form.Get("csrf"))) {
		return browser.ErrForged
	}
	f, err := h.Addresses.For(r.Context(), token)
	if err != nil {
		return h.Browser.LinkUnknown(w, r, err)
	}
	user, err := h.user(w, r)
	if err != nil {
		return err
	}
	switch err := h.Addresses.ProveByLink(r.Context(), user, token); {
	case errors.Is(err, addresses.ErrOther):
		return h.render(w, r, http.StatusForbidden, &f, ui.ConfirmEmailElsewhere)
	case errors.Is(err, identity.ErrEmailTaken):
		h.Browser.ForgetLink(w, r, &link)
		return h.render(w, r, http.StatusConflict, &f, ui.ConfirmEmailTaken)
	case err != nil:
		return h.Browser.LinkUnknown(w, r, err)
	}
	// The link is kept: another tab that posts the same form gets the same page.
	return h.render(w, r, http.StatusOK, &f, ui.ConfirmEmailDone)
}
