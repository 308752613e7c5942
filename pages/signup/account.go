package signup

import (
	"context"
	"fmt"
	"net/http"

	"plinto/identity"
	"plinto/internal/paths"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/ui"
)

// ViewAccount serves GET /sign-up/account.
func (h *Handler) ViewAccount(ctx context.Context, v *browser.Visit) error {
	if page := pageOf(v.Flow); page != paths.SignUpAccount {
		return v.See(page)
	}
	return h.askAccount(ctx, v, http.StatusOK, ui.SignUpAccountView{Name: v.Flow.SigningUp.Name})
}

// SubmitAccount serves POST /sign-up/account.
func (h *Handler) SubmitAccount(ctx context.Context, v *browser.Visit) error {
	if left, err := leaves(v); left {
		return err
	}
	if page := pageOf(v.Flow); page != paths.SignUpAccount || v.Form.Get("username") != v.Flow.SigningUp.Email {
		// Another tab took the flow to another address: the account is made for the one
		// that the page showed, or for none.
		return v.See(page)
	}
	view, who := browser.ReadNewcomer(v.R, v.Form, h.Address)
	if view.Problem != "" {
		return h.askAccount(ctx, v, http.StatusUnprocessableEntity, view)
	}
	who.Profile.Locale = v.Flow.SigningUp.Lang
	return h.finish(ctx, v, view, who)
}

// finish makes the account and signs it in.
func (h *Handler) finish(ctx context.Context, v *browser.Visit, view ui.SignUpAccountView, who identity.Newcomer) error {
	current, err := v.Session()
	if err != nil {
		return err
	}
	in, err := h.SignUps.Finish(ctx, *v.Flow.SigningUp, who, inFlow(v, current))
	status, problem, wait := browser.SignUpProblem(v.W, err)
	if problem != "" {
		v.Refuse(ctx, status, err)
	}
	switch {
	case problem == ui.SignUpExpired:
		// Only the code is asked for again, and the password, which no page repeats.
		v.Flow.SigningUp.Code, v.Flow.SigningUp.Name = "", view.Name
		if err := v.Save(); err != nil {
			return err
		}
		return h.askCode(ctx, v, status, ui.SignUpCodeView{Problem: problem})
	case problem != "":
		view.Problem, view.RetryAfter, view.Password = problem, wait, browser.PasswordProblem(err)
		return h.askAccount(ctx, v, status, view)
	case err != nil:
		return fmt.Errorf("finish sign-up: %w", err)
	}
	v.SignedIn(&in)
	v.Flow.Bind(&in.Session)
	return v.Return()
}

// inFlow is the browser of a flow.
func inFlow(v *browser.Visit, current *identity.Session) identity.Browser {
	return identity.Browser{
		Current: current, Device: v.Device().Named(),
		For: identity.Purpose{ClientID: v.Flow.Request.ClientID, ACRValues: v.Flow.Request.ACRValues, Demanded: provider.WhyPromptCreate},
	}
}

func (h *Handler) askAccount(ctx context.Context, v *browser.Visit, status int, view ui.SignUpAccountView) error {
	frame, err := frame(ctx, v)
	if err != nil {
		return err
	}
	view.SignUpFrame, view.Email = frame, v.Flow.SigningUp.Email
	browser.AskNewcomer(ctx, &view)
	return v.Render(status, ui.SignUpAccount(view))
}
