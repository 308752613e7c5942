package signup

import (
	"context"
	"fmt"
	"net/http"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/tenant"
	"plinto/ui"
)

// A Handler serves the sign-up pages.
type Handler struct {
	SignUps *identity.SignUps
	Browser *browser.Browser
	// Open reports whether people may make accounts for themselves.
	Open func(*tenant.Tenant) bool
	// Address returns the client's address.
	Address func(*http.Request) string
}

var errClosed = fault.New(fault.NotFound, "sign_up_closed", "Nobody can create an account here.")

// WhereOpen refuses every request to a tenant at which nobody can make an account.
func (h *Handler) WhereOpen(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !h.Open(tenant.Must(r.Context())) {
			return errClosed
		}
		return next(w, r)
	}
}

// View serves GET /sign-up.
func (h *Handler) View(ctx context.Context, v *browser.Visit) error {
	email := v.Flow.Request.LoginHint
	if v.Flow.SigningUp != nil {
		email = v.Flow.SigningUp.Email
	}
	return h.ask(ctx, v, http.StatusOK, ui.SignUpView{Email: email})
}

// Submit serves POST /sign-up.
func (h *Handler) Submit(ctx context.Context, v *browser.Visit) error {
	if left, err := leaves(v); left {
		return err
	}
	email := v.Form.Get("email")
	if led, err := v.Demands(ctx, email); led || err != nil {
		return err
	}
	status, problem, wait, err := h.send(ctx, v, email, false)
	if problem == "" {
		return err
	}
	return h.ask(ctx, v, status, ui.SignUpView{Email: email, Problem: problem, RetryAfter: wait})
}

// leaves handles the buttons that leave sign-up, and reports whether one was pressed.
func leaves(v *browser.Visit) (bool, error) {
	switch v.Form.Get("action") {
	case "cancel":
		return true, v.Cancel()
	case "sign-in":
		v.Flow.HasAccount, v.Flow.SigningUp = true, nil
		return true, v.Return()
	default:
		return false, nil
	}
}

// send has a mail sent and goes on to the page that asks for its code, or returns why not.
func (h *Handler) send(ctx context.Context, v *browser.Visit, email string, again bool) (status int, problem ui.SignUpProblem, wait int, err error) {
	begun, err := h.SignUps.Begin(ctx, email, v.Page().Locale.Lang(), h.Address(v.R), v.Flow.Handle(), v.Effort())
	if asked := v.EffortOf(ctx, err); asked.Challenge != "" {
		if again {
			return 0, "", 0, h.askCode(ctx, v, http.StatusTooManyRequests, ui.SignUpCodeView{Effort: asked})
		}
		return 0, "", 0, h.ask(ctx, v, http.StatusTooManyRequests, ui.SignUpView{Email: email, Effort: asked})
	}
	if status, problem, wait := browser.SignUpProblem(v.W, err); problem != "" {
		v.Refuse(ctx, status, err)
		return status, problem, wait, nil
	}
	if err != nil {
		return 0, "", 0, fmt.Errorf("begin sign-up: %w", err)
	}
	begun.Again = again
	if v.Flow.SigningUp != nil {
		begun.Name = v.Flow.SigningUp.Name
	}
	v.Flow.SigningUp = &begun
	return 0, "", 0, v.Lead(paths.SignUpCode)
}

func (h *Handler) ask(ctx context.Context, v *browser.Visit, status int, view ui.SignUpView) error {
	frame, err := frame(ctx, v)
	if err != nil {
		return err
	}
	view.SignUpFrame = frame
	return v.Render(status, ui.SignUp(view))
}

func frame(ctx context.Context, v *browser.Visit) (ui.SignUpFrame, error) {
	client, err := v.Client(ctx)
	if err != nil {
		return ui.SignUpFrame{}, err
	}
	return ui.SignUpFrame{Page: v.Page(), Client: browser.ClientView(client), Flow: v.Flow.Handle(), CSRF: v.Flow.CSRF}, nil
}
