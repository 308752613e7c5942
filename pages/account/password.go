package account

import (
	"context"
	"net/http"

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
