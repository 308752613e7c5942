package notme

import (
	"errors"
	"net/http"
	"time"

	"plinto/identity"
	"plinto/identity/recovery"
	"plinto/internal/paths"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/tenant"
	"plinto/ui"
)

const (
	cookie     = "plinto_not_me"
	cookieLife = 30 * time.Minute
)

// A Handler serves the links of mails.
type Handler struct {
	Reports *recovery.Reports
	Browser *browser.Browser
}

// Show serves GET /not-me.
func (h *Handler) Show(w http.ResponseWriter, r *http.Request) error {
	if token := r.URL.Query().Get("token"); token != "" {
		if recovery.ReportWellFormed(token) {
			h.Browser.Cookies(r).Set(w, cookie, token, cookieLife)
		}
		http.Redirect(w, r, tenant.Must(r.Context()).Path+paths.NotMe, http.StatusSeeOther)
		return nil
	}
	user, factor, err := h.Reports.User(r.Context(), h.token(r))
	if err != nil {
		return h.unknown(w, r, err)
	}
	return web.Render(w, r, http.StatusOK, ui.NotMe(ui.NotMeView{
		Page: h.Browser.Page(w, r, nil), CSRF: h.csrf(r), Username: browser.UserLabel(&user), Factor: factor,
	}))
}

// token returns the browser's token, or "".
func (h *Handler) token(r *http.Request) string {
	token, _ := h.Browser.Cookies(r).Read(r, cookie)
	return token
}

// csrf is what the form repeats: only a page of ours knows it.
func (h *Handler) csrf(r *http.Request) string {
	return h.Browser.FormCSRF(r, "not-me", h.token(r))
}

func (h *Handler) unknown(w http.ResponseWriter, r *http.Request, err error) error {
	if errors.Is(err, identity.ErrLinkUnknown) {
		return h.Browser.ErrorPage(w, r, http.StatusNotFound, identity.ErrLinkUnknown.Code, identity.ErrLinkUnknown.Message)
	}
	return err
}

// Submit serves POST /not-me.
func (h *Handler) Submit(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	if h.token(r) == "" {
		return h.unknown(w, r, identity.ErrLinkUnknown)
	}
	if !secret.Equal([]byte(h.csrf(r)), []byte(form.Get("csrf"))) {
		return browser.ErrForged
	}
	user, err := h.Reports.Use(r.Context(), h.token(r))
	if err != nil {
		return h.unknown(w, r, err)
	}
	h.Browser.Cookies(r).Clear(w, cookie)
	return web.Render(w, r, http.StatusOK, ui.NotMeDone(ui.NotMeDoneView{Page: h.Browser.Page(w, r, nil), Username: browser.UserLabel(&user)}))
}
