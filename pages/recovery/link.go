package recovery

import (
	"net/http"

	"plinto/identity"
	"plinto/identity/recovery"
	"plinto/internal/paths"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/ui"
)

var link = browser.Link{Path: paths.RecoverLink, Cookie: "plinto_recovery", Form: "recovery-link", WellFormed: recovery.LinkWellFormed}

// A LinkHandler serves the one-time links that operators make. Mail is not needed for it.
type LinkHandler struct {
	Links   *recovery.Links
	Browser *browser.Browser
}

// Show serves GET /recover/link.
func (h *LinkHandler) Show(w http.ResponseWriter, r *http.Request) error {
	if h.Browser.KeepLink(w, r, &link) {
		return nil
	}
	return h.form(w, r, http.StatusOK, "")
}

func (h *LinkHandler) form(w http.ResponseWriter, r *http.Request, status int, problem ui.PasswordProblem) error {
	f, err := h.Links.For(r.Context(), h.Browser.LinkToken(r, &link))
	if err != nil {
		return h.Browser.LinkUnknown(w, r, err)
	}
	return web.Render(w, r, status, ui.RecoverLink(ui.RecoverLinkView{
		Page: h.Browser.Page(w, r, nil), CSRF: h.Browser.LinkCSRF(r, &link), Username: browser.UserLabel(&f.User), ResetFactors: f.ResetFactors,
		Rules: browser.PasswordRules(r.Context(), f.Factor), Password: problem,
	}))
}

// Submit serves POST /recover/link.
func (h *LinkHandler) Submit(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	if h.Browser.LinkToken(r, &link) == "" {
		return h.Browser.LinkUnknown(w, r, identity.ErrLinkUnknown)
	}
	if !secret.Equal([]byte(h.Browser.LinkCSRF(r, &link)), []byte(form.Get("csrf"))) {
		return browser.ErrForged
	}
	if form.Get("password") == "" {
		return h.form(w, r, http.StatusUnprocessableEntity, ui.PasswordMissing)
	}
	device := h.Browser.Device(r)
	user, err := h.Links.Use(r.Context(), h.Browser.LinkToken(r, &link), form.Get("password"), device.Named())
	if problem := browser.PasswordProblem(err); problem != "" {
		return h.form(w, r, http.StatusUnprocessableEntity, problem)
	}
	if err != nil {
		return h.Browser.LinkUnknown(w, r, err)
	}
	h.Browser.ForgetLink(w, r, &link)
	h.Browser.Remember(w, r, &device, user.ID)
	return web.Render(w, r, http.StatusOK, ui.RecoverLinkDone(ui.RecoverLinkDoneView{Page: h.Browser.Page(w, r, nil), Username: browser.UserLabel(&user)}))
}
