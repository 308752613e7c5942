package password

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/identity/passwords"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/tenant"
	"plinto/ui"
)

// A Handler serves the pages of passwords.
type Handler struct {
	Passwords *passwords.Service
	Users     identity.Users
	Browser   *browser.Browser
	// Address returns the client's address.
	Address func(*http.Request) string
}

// WellKnown serves GET /.well-known/change-password.
func (h *Handler) WellKnown(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, tenant.Must(r.Context()).Path+paths.Password, http.StatusFound)
	return nil
}

// Show serves GET /password.
func (h *Handler) Show(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visit(w, r)
	if err != nil {
		return err
	}
	return v.form(r.Context(), http.StatusOK, ui.ChangePasswordView{})
}

// A visit is a request to the page, with who is signed in.
type visit struct {
	*Handler
	w       http.ResponseWriter
	r       *http.Request
	session *identity.Session // or nil
	user    identity.User     // of the session
}

func (h *Handler) visit(w http.ResponseWriter, r *http.Request) (*visit, error) {
	v := &visit{Handler: h, w: w, r: r}
	var err error
	if v.session, err = h.Browser.Session(w, r); err != nil || v.session == nil {
		return v, err
	}
	if v.user, err = h.Users.ByID(r.Context(), v.session.UserID); err != nil {
		return nil, fmt.Errorf("find user: %w", err)
	}
	return v, nil
}

// csrf is what the form repeats. Who is not signed in has nothing that another site could use
// but the password.
func (v *visit) csrf() string {
	if v.session == nil {
		return v.Browser.FormCSRF(v.r, "password", "")
	}
	return v.Browser.SessionCSRF(v.r, v.session)
}

// form shows the form. A user who has a second factor is asked for it from the beginning when
// they are signed in; else once the password was right.
func (v *visit) form(ctx context.Context, status int, view ui.ChangePasswordView) error {
	view.Page, view.CSRF = v.Browser.Page(v.w, v.r, nil), v.csrf()
	if v.session != nil {
		view.User = browser.UserLabel(&v.user)
		view.Factor = view.Factor || v.session.SecondFactor && !tenant.Must(ctx).Settings.MFA.Off()
	}
	view.Rules = browser.PasswordRules(ctx, view.Factor)
	return web.Render(v.w, v.r, status, ui.ChangePassword(view))
}

// Submit serves POST /password.
func (h *Handler) Submit(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	v, err := h.visit(w, r)
	if err != nil {
		return err
	}
	if !secret.Equal([]byte(v.csrf()), []byte(form.Get("csrf"))) {
		return browser.ErrForged
	}
	view := ui.ChangePasswordView{Username: form.Get("username"), Factor: form.Has("code")}
	if form.Get("password") == "" {
		view.Password = ui.PasswordMissing
		return v.form(r.Context(), http.StatusUnprocessableEntity, view)
	}
	name := view.Username
	if v.session != nil {
		name = cmp.Or(v.user.Email, v.user.Username)
	}
	device := h.Browser.Device(r)
	changed, err := h.Passwords.Change(r.Context(), passwords.Change{
		Try: identity.Attempt{
			Identifier: name, Password: form.Get("current"), Address: h.Address(r), Device: device.Hash(), KnownFor: device.Knows,
		},
		Factor: form.Get("code"), Password: form.Get("password"), Session: v.session,
	})
	if err != nil {
		return v.refused(r.Context(), view, err)
	}
	if changed.Session != nil {
		h.Browser.KeepSession(w, r, changed.Token, *changed.Session)
	}
	return web.Render(w, r, http.StatusOK, ui.PasswordChanged(ui.PasswordChangedView{Page: h.Browser.Page(w, r, nil), SignedIn: changed.Session != nil}))
}

// refused shows the form again with what is wrong. Whatever is wrong with name and present
// password looks the same.
func (v *visit) refused(ctx context.Context, view ui.ChangePasswordView, err error) error {
	status := web.StatusOf(err)
	switch view.Password = browser.PasswordProblem(err); {
	case view.Password != "":
		status = http.StatusUnprocessableEntity
	case errors.Is(err, identity.ErrRefused):
		if view.Problem = ui.ChangeWrong; v.session == nil {
			view.Problem = ui.ChangeWrongName
		}
	case errors.Is(err, passwords.ErrNewDevice):
		view.Problem = ui.ChangeNewDevice
	case errors.Is(err, passwords.ErrFactor):
		view.Factor, view.FactorProblem = true, ui.FactorMissing
	case errors.Is(err, mfa.ErrRefused):
		view.Factor, view.FactorProblem = true, ui.FactorWrong
	case errors.Is(err, mfa.ErrThrottled):
		view.Factor, view.FactorProblem = true, ui.FactorThrottled
	case errors.Is(err, fault.TooMany):
		view.Problem = ui.ChangeThrottled
	case errors.Is(err, fault.Unavailable):
		view.Problem = ui.ChangeBusy
	default:
		return err
	}
	if _, wait := browser.Wait(v.w, err); wait > 0 {
		view.RetryAfter = wait
	}
	if f, ok := fault.As(err); ok {
		web.TrailOf(ctx).Refuse(status, f.Code, err.Error())
	}
	return v.form(ctx, status, view)
}
