package notme

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

var link = browser.Link{Path: paths.NotMe, Cookie: "plinto_not_me", Form: "not-me", WellFormed: recovery.ReportWellFormed}

// A Handler serves the links of mails.
type Handler struct {
	Reports *recovery.Reports
	Browser *browser.Browser
}

// Show serves GET /not-me.
func (h *Handler) Show(w http.ResponseWriter, r *http.Request) error {
	if h.Browser.KeepLink(w, r, &link) {
		return nil
	}
	f, err := h.Reports.For(r.Context(), h.Browser.LinkToken(r, &link))
	if err != nil {
		return h.Browser.LinkUnknown(w, r, err)
	}
	return web.Render(w, r, http.StatusOK, ui.NotMe(ui.NotMeView{
		Page: h.Browser.Page(w, r, nil), CSRF: h.Browser.LinkCSRF(r, &link), Username: browser.UserLabel(&f.User), Factor: f.Factor, Codes: f.Codes, Identity: f.Identity, Emails: f.Emails,
	}))
}

// Submit serves POST /not-me.
func (h *Handler) Submit(w http.ResponseWriter, r *http.Request) error {
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
	user, err := h.Reports.Use(r.Context(), h.Browser.LinkToken(r, &link))
	if err != nil {
		return h.Browser.LinkUnknown(w, r, err)
	}
	h.Browser.ForgetLink(w, r, &link)
	return web.Render(w, r, http.StatusOK, ui.NotMeDone(ui.NotMeDoneView{Page: h.Browser.Page(w, r, nil), Username: browser.UserLabel(&user)}))
}
