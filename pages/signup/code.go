package signup

import (
	"fmt"
	"net/http"

	"plinto/identity"
	"plinto/internal/mailaddr"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/ui"
)

// ShowCode serves GET /sign-up/code.
func (h *Handler) ShowCode(w http.ResponseWriter, r *http.Request) error {
	flow, err := h.flow(w, r)
	if flow == nil {
		return err
	}
	if page := step(flow); page != pageCode {
		h.Browser.See(w, r, page, flow)
		return nil
	}
	return h.askCode(w, r, flow, http.StatusOK, ui.SignUpCodeView{})
}

// The pages.
const (
	pageEmail   = paths.SignUp
	pageCode    = paths.SignUpCode
	pageAccount = paths.SignUpAccount
)

// step is the page that the sign-up of a flow has come to.
func step(flow *provider.Flow) string {
	switch {
	case flow.SigningUp == nil:
		return pageEmail
	case !flow.SigningUp.Verified():
		return pageCode
	default:
		return pageAccount
	}
}

// SubmitCode serves POST /sign-up/code.
func (h *Handler) SubmitCode(w http.ResponseWriter, r *http.Request) error {
	flow, form, err := h.posted(w, r)
	if flow == nil {
		return err
	}
	if flow.SigningUp == nil {
		h.Browser.See(w, r, pageEmail, flow)
		return nil
	}
	view := ui.SignUpCodeView{Code: form.Get("code")}
	var status int
	if form.Get("action") == "again" {
		status, view.Problem, view.RetryAfter, err = h.send(w, r, flow, flow.SigningUp.Email, true)
	} else {
		status, view.Problem, view.RetryAfter, err = h.verify(w, r, flow, view.Code)
	}
	if view.Problem == "" {
		return err
	}
	return h.askCode(w, r, flow, status, view)
}

// verify checks the code and goes on to the last page, or returns why not.
func (h *Handler) verify(w http.ResponseWriter, r *http.Request, flow *provider.Flow, code string) (status int, problem ui.SignUpProblem, wait int, err error) {
	verified, err := h.SignUps.Verify(r.Context(), *flow.SigningUp, code)
	if status, problem, wait := problemOf(w, err); problem != "" {
		return status, problem, wait, nil
	}
	if err != nil {
		return 0, "", 0, fmt.Errorf("verify sign-up: %w", err)
	}
	flow.SigningUp = &verified
	return 0, "", 0, h.Browser.Lead(w, r, flow, pageAccount)
}

func (h *Handler) askCode(w http.ResponseWriter, r *http.Request, flow *provider.Flow, status int, view ui.SignUpCodeView) error {
	frame, err := h.frame(w, r, flow)
	if err != nil {
		return err
	}
	view.SignUpFrame, view.Email, view.Again = frame, mailaddr.Display(flow.SigningUp.Email), flow.SigningUp.Again
	view.Life = int(identity.CodeLife.Seconds())
	return web.Render(w, r, status, ui.SignUpCode(view))
}
