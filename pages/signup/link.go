package signup

import (
	"errors"
	"fmt"
	"net/http"

	"plinto/identity"
	"plinto/internal/paths"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/ui"
)

var link = browser.Link{Path: paths.SignUpLink, Cookie: "plinto_sign_up", Form: "sign-up-link", WellFormed: identity.SignUpLinkWellFormed}

// ShowLink serves GET /sign-up/link.
func (h *Handler) ShowLink(w http.ResponseWriter, r *http.Request) error {
	if h.Browser.KeepLink(w, r, &link) {
		return nil
	}
	f, err := h.SignUps.Link(r.Context(), h.Browser.LinkToken(r, &link))
	if err != nil {
		return h.Browser.LinkUnknown(w, r, err)
	}
	return h.linkForm(w, r, http.StatusOK, &f, ui.SignUpAccountView{})
}

func (h *Handler) linkForm(w http.ResponseWriter, r *http.Request, status int, f *identity.SignUpLink, view ui.SignUpAccountView) error {
	if f.Taken {
		return h.linkDone(w, r, status, f)
	}
	view.Page, view.CSRF, view.Email = h.Browser.Page(w, r, nil), h.Browser.LinkCSRF(r, &link), f.Email
	browser.AskNewcomer(r.Context(), &view)
	return web.Render(w, r, status, ui.SignUpLink(view))
}

func (h *Handler) linkDone(w http.ResponseWriter, r *http.Request, status int, f *identity.SignUpLink) error {
	return web.Render(w, r, status, ui.SignUpLinkDone(ui.SignUpLinkDoneView{Page: h.Browser.Page(w, r, nil), Email: f.Email, Taken: f.Taken}))
}

// SubmitLink serves POST /sign-up/link.
func (h *Handler) SubmitLink(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	token := h.Browser.LinkToken(r, &link)
	f, err := h.SignUps.Link(r.Context(), token)
	if err != nil {
		return h.Browser.LinkUnknown(w, r, err)
	}
	if !secret.Equal([]byte(h.Browser.LinkCSRF(r, &link)), []byte(form.Get("csrf"))) {
		return browser.ErrForged
	}
	view, who := browser.ReadNewcomer(r, form, h.Address)
	if view.Problem != "" {
		return h.linkForm(w, r, http.StatusUnprocessableEntity, &f, view)
	}
	who.Profile.Locale = f.Lang
	return h.finishLink(w, r, token, &f, view, who)
}

// finishLink makes the account. In the browser in which the sign-up began it signs it in and goes
// on with the flow; elsewhere nobody is signed in: the link may have come from somebody else, who
// wants to see what its reader does in an account of theirs.
func (h *Handler) finishLink(w http.ResponseWriter, r *http.Request, token string, f *identity.SignUpLink, view ui.SignUpAccountView, who identity.Newcomer) error {
	visit, err := h.flowOf(w, r, f)
	if err != nil {
		return err
	}
	var in *identity.Browser
	if visit != nil {
		current, err := visit.Session()
		if err != nil {
			return err
		}
		known := inFlow(visit, current)
		in = &known
	}
	made, err := h.SignUps.FinishByLink(r.Context(), token, who, in)
	status, problem, wait := browser.SignUpProblem(w, err)
	switch {
	case errors.Is(err, identity.ErrEmailTaken):
		f.Taken = true
		return h.linkDone(w, r, status, f)
	case problem == ui.SignUpExpired:
		return h.Browser.LinkUnknown(w, r, identity.ErrLinkUnknown)
	case problem != "":
		view.Problem, view.RetryAfter, view.Password = problem, wait, browser.PasswordProblem(err)
		return h.linkForm(w, r, status, f, view)
	case err != nil:
		return h.Browser.LinkUnknown(w, r, fmt.Errorf("finish sign-up by link: %w", err))
	}
	h.Browser.ForgetLink(w, r, &link)
	if visit == nil {
		return h.linkDone(w, r, http.StatusOK, f)
	}
	visit.SignedIn(&made)
	visit.Flow.Bind(&made.Session)
	return visit.Return()
}

// flowOf returns a visit to the flow in which a sign-up began, if this browser has that flow and
// it is still for the same address; else nil.
func (h *Handler) flowOf(w http.ResponseWriter, r *http.Request, f *identity.SignUpLink) (*browser.Visit, error) {
	visit, err := h.Browser.Visit(w, r, f.Flow)
	switch {
	case errors.Is(err, browser.ErrNoFlow):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("open flow: %w", err)
	case visit.Flow.SigningUp == nil || visit.Flow.SigningUp.Email != f.Email:
		return nil, nil
	}
	return visit, nil
}
