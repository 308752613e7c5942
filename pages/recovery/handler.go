package recovery

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"plinto/dispatch"
	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/identity/recovery"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/ui"
)

// A Handler serves the pages of recoveries.
type Handler struct {
	Recoveries *recovery.Service
	Dispatcher *dispatch.Dispatcher
	// Open reports whether mail can be sent at all.
	Open bool
	// Address returns the client's address.
	Address func(*http.Request) string
}

var errClosed = fault.New(fault.NotFound, "recovery_closed", "Passwords cannot be recovered here.")

// WhereOpen refuses every request where no mail can be sent.
func (h *Handler) WhereOpen(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !h.Open {
			return errClosed
		}
		return next(w, r)
	}
}

// View serves GET /recover.
func (h *Handler) View(ctx context.Context, v *browser.Visit) error {
	name := v.Flow.Request.LoginHint
	if v.Flow.Recovering != nil {
		name = v.Flow.Recovering.Email
	}
	return h.ask(ctx, v, http.StatusOK, ui.RecoverView{Username: name})
}

// Submit serves POST /recover.
func (h *Handler) Submit(ctx context.Context, v *browser.Visit) error {
	if v.Form.Get("action") == "cancel" {
		return v.Cancel()
	}
	name := v.Form.Get("username")
	if name == "" {
		return h.ask(ctx, v, http.StatusOK, ui.RecoverView{})
	}
	if led, err := v.Demands(ctx, name); led || err != nil {
		return err
	}
	status, problem, wait, err := h.send(ctx, v, name, false)
	if problem == "" {
		return err
	}
	return h.ask(ctx, v, status, ui.RecoverView{Username: name, Problem: problem, RetryAfter: wait})
}

// send has a mail sent and goes on to the page that asks for its code, or returns why not.
func (h *Handler) send(ctx context.Context, v *browser.Visit, name string, again bool) (status int, problem ui.RecoverProblem, wait int, err error) {
	begun, err := h.Recoveries.Begin(ctx, recovery.Request{
		Typed: name, Lang: v.Page().Locale.Lang(), Address: h.Address(v.R), Device: v.Device().Hash(), Effort: v.Effort(),
	})
	if asked := v.EffortOf(ctx, err); asked.Challenge != "" {
		if again {
			return 0, "", 0, h.askCode(ctx, v, http.StatusTooManyRequests, ui.RecoverCodeView{Effort: asked})
		}
		return 0, "", 0, h.ask(ctx, v, http.StatusTooManyRequests, ui.RecoverView{Username: name, Effort: asked})
	}
	if status, problem, wait := problemOf(v.W, err); problem != "" {
		v.Refuse(ctx, status, err)
		return status, problem, wait, nil
	}
	if err != nil {
		return 0, "", 0, fmt.Errorf("begin recovery: %w", err)
	}
	begun.Again = again
	v.Flow.Recovering, v.Flow.Proved, v.Flow.SigningUp = &begun, nil, nil
	v.Flow.Offer, v.Flow.Silent = false, false // of a password that was tried before
	return 0, "", 0, v.Lead(paths.RecoverCode)
}

// problemOf returns the status of an error that the page can tell of, what it says and
// how many seconds to wait; no problem for any other error.
func problemOf(w http.ResponseWriter, err error) (status int, problem ui.RecoverProblem, wait int) {
	if errors.Is(err, recovery.ErrCode) {
		return http.StatusUnprocessableEntity, ui.RecoverCodeWrong, 0
	}
	switch status, wait = browser.Wait(w, err); status {
	case http.StatusTooManyRequests:
		problem = ui.RecoverThrottled
	case http.StatusServiceUnavailable:
		problem = ui.RecoverBusy
	}
	return status, problem, wait
}

func (h *Handler) ask(ctx context.Context, v *browser.Visit, status int, view ui.RecoverView) error {
	frame, err := frame(ctx, v)
	if err != nil {
		return err
	}
	view.RecoverFrame = frame
	return v.Render(status, ui.Recover(view))
}

func frame(ctx context.Context, v *browser.Visit) (ui.RecoverFrame, error) {
	client, err := v.Client(ctx)
	if err != nil {
		return ui.RecoverFrame{}, err
	}
	return ui.RecoverFrame{Page: v.Page(), Client: browser.ClientView(client), Flow: v.Flow.Handle(), CSRF: v.Flow.CSRF}, nil
}

// ViewCode serves GET /recover/code.
func (h *Handler) ViewCode(ctx context.Context, v *browser.Visit) error {
	switch r := v.Flow.Recovering; {
	case r == nil:
		return v.See(paths.Recover)
	case r.Verified():
		return v.See(paths.RecoverPassword)
	}
	return h.askCode(ctx, v, http.StatusOK, ui.RecoverCodeView{})
}

// SubmitCode serves POST /recover/code.
func (h *Handler) SubmitCode(ctx context.Context, v *browser.Visit) error {
	if v.Form.Get("action") == "cancel" {
		return v.Cancel()
	}
	if v.Flow.Recovering == nil {
		return v.See(paths.Recover)
	}
	view := ui.RecoverCodeView{Code: v.Form.Get("code")}
	var status int
	var err error
	if v.Form.Get("action") == "again" {
		status, view.Problem, view.RetryAfter, err = h.send(ctx, v, v.Flow.Recovering.Email, true)
	} else {
		status, view.Problem, err = h.verify(ctx, v, view.Code)
	}
	if view.Problem == "" {
		return err
	}
	return h.askCode(ctx, v, status, view)
}

// verify checks the code and goes on to the last page, or returns why not.
func (h *Handler) verify(ctx context.Context, v *browser.Visit, code string) (status int, problem ui.RecoverProblem, err error) {
	verified, err := h.Recoveries.Verify(ctx, *v.Flow.Recovering, code)
	if status, problem, _ := problemOf(v.W, err); problem != "" {
		v.Refuse(ctx, status, err)
		return status, problem, nil
	}
	if err != nil {
		return 0, "", fmt.Errorf("verify recovery: %w", err)
	}
	v.Flow.Recovering = &verified
	return 0, "", v.Lead(paths.RecoverPassword)
}

func (h *Handler) askCode(ctx context.Context, v *browser.Visit, status int, view ui.RecoverCodeView) error {
	frame, err := frame(ctx, v)
	if err != nil {
		return err
	}
	view.RecoverFrame, view.Username, view.Again = frame, v.Flow.Recovering.Email, v.Flow.Recovering.Again
	view.Life = int(identity.CodeLife.Seconds())
	return v.Render(status, ui.RecoverCode(view))
}

// expired asks for the code again, which the page says is of no use any more. What there was
// is forgotten.
func (h *Handler) expired(ctx context.Context, v *browser.Visit) error {
	v.Refuse(ctx, http.StatusUnprocessableEntity, recovery.ErrExpired)
	v.Flow.Recovering.Code = ""
	if err := v.Save(); err != nil {
		return err
	}
	return h.askCode(ctx, v, http.StatusUnprocessableEntity, ui.RecoverCodeView{Problem: ui.RecoverExpired})
}

// factorProblem returns what a page says about a refused second factor, or "".
func factorProblem(err error) ui.FactorProblem {
	switch {
	case errors.Is(err, mfa.ErrRefused):
		return ui.FactorWrong
	case errors.Is(err, mfa.ErrThrottled):
		return ui.FactorThrottled
	}
	return ""
}
