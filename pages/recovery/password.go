package recovery

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"plinto/dispatch"
	"plinto/identity"
	"plinto/identity/recovery"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/ui"
)

// ViewPassword serves GET /recover/password.
func (h *Handler) ViewPassword(ctx context.Context, v *browser.Visit) error {
	return h.atPassword(ctx, v, func(user *identity.User, asks recovery.Asks) error {
		return h.askPassword(ctx, v, user, http.StatusOK, ui.RecoverPasswordView{Factor: asks.Factor, None: asks.None})
	})
}

// atPassword does the last step, or goes where the recovery is.
func (h *Handler) atPassword(ctx context.Context, v *browser.Visit, do func(user *identity.User, asks recovery.Asks) error) error {
	switch r := v.Flow.Recovering; {
	case r == nil:
		return v.See(paths.Recover)
	case !r.Verified():
		return v.See(paths.RecoverCode)
	}
	user, asks, err := h.Recoveries.User(ctx, v.Flow.Recovering)
	switch {
	case errors.Is(err, recovery.ErrExpired):
		return h.expired(ctx, v)
	case err != nil:
		return err
	}
	return do(&user, asks)
}

// SubmitPassword serves POST /recover/password.
func (h *Handler) SubmitPassword(ctx context.Context, v *browser.Visit) error {
	if v.Form.Get("action") == "cancel" {
		return v.Cancel()
	}
	return h.atPassword(ctx, v, func(user *identity.User, asks recovery.Asks) error {
		view := ui.RecoverPasswordView{Factor: asks.Factor, None: asks.None}
		if v.Form.Get("password") == "" {
			view.Password = ui.PasswordMissing
			return h.askPassword(ctx, v, user, http.StatusUnprocessableEntity, view)
		}
		return h.finish(ctx, v, user, view)
	})
}

// finish sets the password and goes on with the flow.
func (h *Handler) finish(ctx context.Context, v *browser.Visit, user *identity.User, view ui.RecoverPasswordView) error {
	current, err := v.Session()
	if err != nil {
		return err
	}
	client, err := h.Dispatcher.Prepare(ctx, v.Flow)
	if err != nil {
		return fmt.Errorf("prepare next step: %w", err)
	}
	device := v.Device()
	last := recovery.Finish{Factor: v.Form.Get("code"), Password: v.Form.Get("password"), ClientID: v.Flow.Request.ClientID}
	if device.Knows(user.ID) {
		last.Device = identity.OtherBrowsers // whether it is known still is not looked up
	}
	var move dispatch.Move
	in, err := h.Recoveries.Finish(ctx, v.Flow.Recovering, last, identity.Browser{
		Current: current, Known: device.Knows(user.ID), Device: device.Named(),
		For: identity.Purpose{ClientID: v.Flow.Request.ClientID, ACRValues: v.Flow.Request.ACRValues, Demanded: provider.WhyForgotten},
		Then: func(ctx context.Context, in *identity.SignedIn) (err error) {
			v.Flow.Bind(&in.Session)
			move, err = h.Dispatcher.Advance(ctx, v.Flow, client, &in.Session)
			return err
		},
	})
	if err != nil {
		return h.refused(ctx, v, user, view, err)
	}
	v.SignedIn(&in)
	return v.Follow(move)
}

// refused shows the form again with what is wrong.
func (h *Handler) refused(ctx context.Context, v *browser.Visit, user *identity.User, view ui.RecoverPasswordView, err error) error {
	if errors.Is(err, recovery.ErrExpired) || errors.Is(err, identity.ErrRefused) {
		return h.expired(ctx, v)
	}
	status, problem, wait := problemOf(v.W, err)
	view.Problem, view.RetryAfter = problem, wait
	view.Password, view.FactorProblem = browser.PasswordProblem(err), factorProblem(err)
	switch {
	case view.Password != "":
		status = http.StatusUnprocessableEntity
	case view.FactorProblem != "":
		status = web.StatusOf(err)
	case problem == "":
		return err
	}
	v.Refuse(ctx, status, err)
	return h.askPassword(ctx, v, user, status, view)
}

func (h *Handler) askPassword(ctx context.Context, v *browser.Visit, user *identity.User, status int, view ui.RecoverPasswordView) error {
	frame, err := frame(ctx, v)
	if err != nil {
		return err
	}
	view.RecoverFrame, view.Username, view.Rules = frame, browser.UserLabel(user), browser.PasswordRules(ctx, view.Factor)
	return v.Render(status, ui.RecoverPassword(view))
}
