package signup

import (
	"errors"
	"fmt"
	"net/http"

	"plinto/identity"
	"plinto/internal/displayname"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/ui"
)

// maxName bounds a name, in characters.
const maxName = 200

// ShowAccount serves GET /sign-up/account.
func (h *Handler) ShowAccount(w http.ResponseWriter, r *http.Request) error {
	flow, err := h.flow(w, r)
	if flow == nil {
		return err
	}
	if page := step(flow); page != pageAccount {
		h.Browser.See(w, r, page, flow)
		return nil
	}
	return h.askAccount(w, r, flow, http.StatusOK, ui.SignUpAccountView{Name: flow.SigningUp.Name})
}

// SubmitAccount serves POST /sign-up/account.
func (h *Handler) SubmitAccount(w http.ResponseWriter, r *http.Request) error {
	flow, form, err := h.posted(w, r)
	if flow == nil {
		return err
	}
	if page := step(flow); page != pageAccount || form.Get("username") != flow.SigningUp.Email {
		// Another tab took the flow to another address: the account is made for the one
		// that the page showed, or for none.
		h.Browser.See(w, r, page, flow)
		return nil
	}
	view := ui.SignUpAccountView{Name: displayname.Clean(form.Get("name"))}
	switch err := displayname.Check(view.Name, maxName); {
	case errors.Is(err, displayname.ErrTooLong):
		view.Problem = ui.SignUpLongName
	case err != nil:
		view.Problem = ui.SignUpOddName
	case form.Get("password") == "":
		view.Problem, view.Password = ui.SignUpPassword, ui.PasswordMissing
	default:
		return h.finish(w, r, flow, view, form.Get("password"))
	}
	return h.askAccount(w, r, flow, http.StatusUnprocessableEntity, view)
}

// finish makes the account and signs it in.
func (h *Handler) finish(w http.ResponseWriter, r *http.Request, flow *provider.Flow, view ui.SignUpAccountView, password string) error {
	current, err := h.Browser.Session(w, r)
	if err != nil {
		return err
	}
	profile := identity.Profile{Name: view.Name, Locale: flow.SigningUp.Lang}
	in, err := h.SignUps.Finish(r.Context(), *flow.SigningUp, profile, password, identity.Browser{Current: current})
	status, problem, wait := problemOf(w, err)
	switch {
	case problem == ui.SignUpExpired:
		// Only the code is asked for again, and the password, which no page repeats.
		flow.SigningUp.Code, flow.SigningUp.Name = "", view.Name
		if err := h.Browser.SaveFlow(w, r, flow); err != nil {
			return err
		}
		return h.askCode(w, r, flow, status, ui.SignUpCodeView{Problem: problem})
	case problem != "":
		view.Problem, view.RetryAfter, view.Password = problem, wait, browser.PasswordProblem(err)
		return h.askAccount(w, r, flow, status, view)
	case err != nil:
		return fmt.Errorf("finish sign-up: %w", err)
	}
	h.Browser.KeepSession(w, r, in.Token, in.Session)
	h.Browser.Remember(w, r, h.Browser.Device(r), in.User.ID)
	flow.Bind(&in.Session)
	return h.Browser.Advance(w, r, flow)
}

func (h *Handler) askAccount(w http.ResponseWriter, r *http.Request, flow *provider.Flow, status int, view ui.SignUpAccountView) error {
	frame, err := h.frame(w, r, flow)
	if err != nil {
		return err
	}
	view.SignUpFrame, view.Email = frame, flow.SigningUp.Email
	view.MaxName, view.Rules = maxName, browser.PasswordRules
	return web.Render(w, r, status, ui.SignUpAccount(view))
}
