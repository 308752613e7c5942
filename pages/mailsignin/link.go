package mailsignin

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"plinto/identity"
	"plinto/identity/mailsignin"
	"plinto/internal/paths"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/ui"
)

var link = browser.Link{Path: paths.LoginEmailLink, Cookie: "plinto_sign_in", Form: "sign-in-link", WellFormed: mailsignin.LinkWellFormed}

// ShowLink serves GET /login/email/link. It changes nothing: mail scanners open links too.
func (h *Handler) ShowLink(w http.ResponseWriter, r *http.Request) error {
	if h.Browser.KeepLink(w, r, &link) {
		return nil
	}
	linked, visit, err := h.linked(w, r)
	if err != nil {
		return h.Browser.LinkUnknown(w, r, err)
	}
	return h.askLink(w, r, &linked, visit)
}

// linked returns the code of the link, and a visit to the flow in which it was asked for, or nil in any
// other browser: whoever has a link is signed in where the sign-in began, and nowhere else.
func (h *Handler) linked(w http.ResponseWriter, r *http.Request) (identity.LinkedCode, *browser.Visit, error) {
	linked, err := h.SignIns.Linked(r.Context(), h.Browser.LinkToken(r, &link))
	if err != nil {
		return linked, nil, err
	}
	visit, err := h.Browser.Visit(w, r, linked.Ref)
	switch {
	case errors.Is(err, browser.ErrNoFlow):
		return linked, nil, nil
	case err != nil:
		return linked, nil, fmt.Errorf("open flow: %w", err)
	case visit.Flow.ByMail == nil || string(visit.Flow.ByMail.Salt) != string(linked.Salt):
		return linked, nil, nil // a later mail, or another way to sign in
	}
	return linked, visit, nil
}

func (h *Handler) askLink(w http.ResponseWriter, r *http.Request, linked *identity.LinkedCode, visit *browser.Visit) error {
	view := ui.MailSignInLinkView{
		Page: h.Browser.Page(w, r, nil), CSRF: h.Browser.LinkCSRF(r, &link), Username: linked.Email, Elsewhere: visit == nil,
	}
	if visit != nil {
		client, err := visit.Client(r.Context())
		if err != nil {
			return err
		}
		view.Page, view.Client = visit.Page(), browser.ClientView(client)
	}
	return web.Render(w, r, http.StatusOK, ui.MailSignInLink(view))
}

// SubmitLink serves POST /login/email/link.
func (h *Handler) SubmitLink(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	linked, visit, err := h.linked(w, r)
	if err != nil {
		return h.Browser.LinkUnknown(w, r, err)
	}
	if !secret.Equal([]byte(h.Browser.LinkCSRF(r, &link)), []byte(form.Get("csrf"))) {
		return browser.ErrForged
	}
	if visit == nil {
		return h.askLink(w, r, &linked, nil)
	}
	h.Browser.ForgetLink(w, r, &link)
	return h.Browser.Run(func(ctx context.Context, v *browser.Visit) error {
		if err := h.enter(ctx, v, linked.Code); err != nil {
			return h.refused(ctx, v, err) // the page of the code, which can have another one sent
		}
		return nil
	}, visit)
}
