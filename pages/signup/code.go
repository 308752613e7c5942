package signup

import (
	"context"
	"fmt"
	"net/http"

	"plinto/identity"
	"plinto/internal/mailaddr"
	"plinto/internal/paths"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/ui"
)

// ViewCode serves GET /sign-up/code.
func (h *Handler) ViewCode(ctx context.Context, v *browser.Visit) error {
	if page := pageOf(v.Flow); page != paths.SignUpCode {
		return v.See(page)
	}
	return h.askCode(ctx, v, http.StatusOK, ui.SignUpCodeView{})
}

// pageOf is the page that the sign-up of a flow has come to.
func pageOf(flow *provider.Flow) string {
	switch {
	case flow.SigningUp == nil:
		return paths.SignUp
	case !flow.SigningUp.Verified():
		return paths.SignUpCode
	default:
		return paths.SignUpAccount
	}
}

// SubmitCode serves POST /sign-up/code.
func (h *Handler) SubmitCode(ctx context.Context, v *browser.Visit) error {
	if left, err := leaves(v); left {
		return err
	}
	if v.Flow.SigningUp == nil {
		return v.See(paths.SignUp)
	}
	view := ui.SignUpCodeView{Code: v.Form.Get("code")}
	var status int
	var err error
	if v.Form.Get("action") == "again" {
		status, view.Problem, view.RetryAfter, err = h.send(ctx, v, v.Flow.SigningUp.Email, true)
	} else {
		status, view.Problem, view.RetryAfter, err = h.verify(ctx, v, view.Code)
	}
	if view.Problem == "" {
		return err
	}
	return h.askCode(ctx, v, status, view)
}

// verify checks the code and goes on to the last page, or returns why not.
func (h *Handler) verify(ctx context.Context, v *browser.Visit, code string) (status int, problem ui.SignUpProblem, wait int, err error) {
	verified, err := h.SignUps.Verify(ctx, *v.Flow.SigningUp, code)
	if status, problem, wait := browser.SignUpProblem(v.W, err); problem != "" {
		v.Refuse(ctx, status, err)
		return status, problem, wait, nil
	}
	if err != nil {
		return 0, "", 0, fmt.Errorf("verify sign-up: %w", err)
	}
	v.Flow.SigningUp = &verified
	return 0, "", 0, v.Lead(paths.SignUpAccount)
}

func (h *Handler) askCode(ctx context.Context, v *browser.Visit, status int, view ui.SignUpCodeView) error {
	frame, err := frame(ctx, v)
	if err != nil {
		return err
	}
	view.SignUpFrame, view.Email, view.Again = frame, mailaddr.Display(v.Flow.SigningUp.Email), v.Flow.SigningUp.Again
	view.Life = int(identity.SignUpLife.Seconds())
	return v.Render(status, ui.SignUpCode(view))
}
