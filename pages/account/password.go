package account

import (
	"context"
	"errors"
	"net/http"

	"plinto/identity"
	"plinto/identity/passkey"
	"plinto/internal/paths"
	"plinto/pages/browser"
	"plinto/ui"
)

// AskPassword serves GET /account/password.
func AskPassword(ctx context.Context, v *visit) error {
	return v.askPassword(ctx, http.StatusOK, ui.AccountPasswordView{})
}

func (v *visit) askPassword(ctx context.Context, status int, view ui.AccountPasswordView) error {
	held, err := v.Factors.Held(ctx, v.user.ID)
	if err != nil {
		return err
	}
	view.AccountFrame, view.Has = v.frame(ui.SectionSecurity), held.Password
	view.Rules = browser.PasswordRules(ctx, v.session.SecondFactor)
	return v.render(status, ui.AccountPassword(view))
}

// SetPassword serves POST /account/password.
func SetPassword(ctx context.Context, v *visit) error {
	if v.form.Get("password") == "" {
		return v.askPassword(ctx, http.StatusUnprocessableEntity, ui.AccountPasswordView{Password: ui.PasswordMissing})
	}
	changed, err := v.Passwords.Replace(ctx, &v.user, v.session, v.form.Get("password"), v.device())
	if err == nil {
		v.Browser.KeepSession(v.w, v.r, changed.Token, *changed.Session)
		return v.see(paths.AccountSecurity, ui.NoticePassword)
	}
	view := ui.AccountPasswordView{Password: browser.PasswordProblem(err)}
	status, wait := browser.Wait(v.w, err)
	switch {
	case view.Password != "":
		status = http.StatusUnprocessableEntity
	case over(err):
		return v.see(paths.AccountPassword, "")
	case wait == 0:
		return err
	default:
		view.RetryAfter = wait
	}
	v.refuse(ctx, err)
	return v.askPassword(ctx, status, view)
}

// AskNoPassword serves GET /account/password/remove.
func AskNoPassword(ctx context.Context, v *visit) error {
	return v.askNoPassword(ctx, http.StatusOK, "")
}

// askNoPassword asks whether to remove the password, or leads to where there is none to remove:
// another tab may have removed it.
func (v *visit) askNoPassword(ctx context.Context, status int, problem ui.AccountProblem) error {
	held, err := v.Factors.Held(ctx, v.user.ID)
	switch {
	case err != nil:
		return err
	case !held.Password:
		return v.see(paths.AccountSecurity, "")
	case problem == "" && !v.Passwords.Removable(ctx, &v.user, &held):
		status, problem = http.StatusConflict, ui.AccountPasswordStays
	}
	return v.render(status, ui.AccountNoPassword(ui.AccountNoPasswordView{
		AccountFrame: v.frame(ui.SectionSecurity), Problem: problem, Mails: v.Mails && v.user.Email != "" && !v.tenant.Settings.MFA.Off(), HasPasskeys: passkey.Available(v.tenant),
	}))
}

// RemovePassword serves POST /account/password/remove.
func RemovePassword(ctx context.Context, v *visit) error {
	changed, err := v.Passwords.Remove(ctx, &v.user, v.session, v.device())
	switch {
	case err == nil:
		v.Browser.KeepSession(v.w, v.r, changed.Token, *changed.Session)
		return v.see(paths.AccountSecurity, ui.NoticeNoPassword)
	case over(err):
		return v.see(paths.AccountPasswordRemove, "")
	case errors.Is(err, identity.ErrLastWay):
		v.refuse(ctx, err)
		return v.askNoPassword(ctx, http.StatusConflict, ui.AccountPasswordStays)
	}
	return err
}
