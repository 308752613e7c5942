package recovery

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
	linkCookie     = "plinto_recovery"
	linkCookieLife = 30 * time.Minute
)

// A LinkHandler serves the one-time links that operators make. Mail is not needed for it.
type LinkHandler struct {
	Links   *recovery.Links
	Browser *browser.Browser
}

// Show serves GET /recover/link. With a link it keeps that in a cookie and goes on to the clean
// address. It never spends the link: mail scanners and previews open links too.
func (h *LinkHandler) Show(w http.ResponseWriter, r *http.Request) error {
	if link := r.URL.Query().Get("token"); link != "" {
		if recovery.LinkWellFormed(link) {
			h.Browser.Cookies(r).Set(w, linkCookie, link, linkCookieLife)
		}
		http.Redirect(w, r, tenant.Must(r.Context()).Path+paths.RecoverLink, http.StatusSeeOther)
		return nil
	}
	return h.form(w, r, http.StatusOK, "")
}

func (h *LinkHandler) form(w http.ResponseWriter, r *http.Request, status int, problem ui.PasswordProblem) error {
	f, err := h.Links.For(r.Context(), h.link(r))
	if err != nil {
		return h.unknown(w, r, err)
	}
	return web.Render(w, r, status, ui.RecoverLink(ui.RecoverLinkView{
		Page: h.Browser.Page(w, r, nil), CSRF: h.csrf(r), Username: browser.UserLabel(&f.User), ResetFactors: f.ResetFactors,
		Rules: browser.PasswordRules(r.Context(), f.Factor), Password: problem,
	}))
}

// link returns the browser's link, or "".
func (h *LinkHandler) link(r *http.Request) string {
	link, _ := h.Browser.Cookies(r).Read(r, linkCookie)
	return link
}

// csrf is what the form repeats: only a page of ours knows it.
func (h *LinkHandler) csrf(r *http.Request) string {
	return h.Browser.FormCSRF(r, "recovery-link", h.link(r))
}

func (h *LinkHandler) unknown(w http.ResponseWriter, r *http.Request, err error) error {
	if errors.Is(err, identity.ErrLinkUnknown) {
		return h.Browser.ErrorPage(w, r, http.StatusNotFound, identity.ErrLinkUnknown.Code, identity.ErrLinkUnknown.Message)
	}
	return err
}

// Submit serves POST /recover/link.
func (h *LinkHandler) Submit(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	if h.link(r) == "" {
		return h.unknown(w, r, identity.ErrLinkUnknown)
	}
	if !secret.Equal([]byte(h.csrf(r)), []byte(form.Get("csrf"))) {
		return browser.ErrForged
	}
	if form.Get("password") == "" {
		return h.form(w, r, http.StatusUnprocessableEntity, ui.PasswordMissing)
	}
	user, err := h.Links.Use(r.Context(), h.link(r), form.Get("password"))
	if problem := browser.PasswordProblem(err); problem != "" {
		return h.form(w, r, http.StatusUnprocessableEntity, problem)
	}
	if err != nil {
		return h.unknown(w, r, err)
	}
	h.Browser.Cookies(r).Clear(w, linkCookie)
	return web.Render(w, r, http.StatusOK, ui.RecoverLinkDone(ui.RecoverLinkDoneView{Page: h.Browser.Page(w, r, nil), Username: browser.UserLabel(&user)}))
}
