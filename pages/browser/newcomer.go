package browser

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"plinto/identity"
	"plinto/internal/displayname"
	"plinto/internal/web"
	"plinto/tenant"
	"plinto/ui"
)

// maxNewcomerName bounds a name, in characters.
const maxNewcomerName = 200

// ReadNewcomer reads the form of an account, with what is wrong with it at first sight.
func ReadNewcomer(r *http.Request, form web.Form, address func(*http.Request) string) (view ui.SignUpAccountView, who identity.Newcomer) {
	view = ui.SignUpAccountView{Name: displayname.Clean(form.Get("name")), Login: strings.TrimSpace(form.Get("login"))}
	switch err := displayname.Check(view.Name, maxNewcomerName); {
	case errors.Is(err, displayname.ErrTooLong):
		view.Problem = ui.SignUpLongName
	case err != nil:
		view.Problem = ui.SignUpOddName
	case form.Get("password") == "":
		view.Problem, view.Password = ui.SignUpPassword, ui.PasswordMissing
	}
	return view, identity.Newcomer{
		Profile: identity.Profile{Name: view.Name}, Username: view.Login, Password: form.Get("password"), Address: address(r),
	}
}

// SignUpProblem returns the status of an error that the page can tell of, what it says and
// how many seconds to wait; no problem for any other error.
func SignUpProblem(w http.ResponseWriter, err error) (status int, problem ui.SignUpProblem, wait int) {
	switch {
	case errors.Is(err, identity.ErrEmail):
		return http.StatusUnprocessableEntity, ui.SignUpEmail, 0
	case errors.Is(err, identity.ErrSignUpDomain):
		return http.StatusUnprocessableEntity, ui.SignUpDomain, 0
	case errors.Is(err, identity.ErrSignUpReach):
		return http.StatusUnprocessableEntity, ui.SignUpUnreachable, 0
	case errors.Is(err, identity.ErrSignUpCode):
		return http.StatusUnprocessableEntity, ui.SignUpCodeWrong, 0
	case errors.Is(err, identity.ErrSignUpExpired):
		return http.StatusUnprocessableEntity, ui.SignUpExpired, 0
	case errors.Is(err, identity.ErrEmailTaken):
		// This page says that the address has an account, but only to a user who typed the
		// code that was mailed to it.
		return http.StatusConflict, ui.SignUpTaken, 0
	case errors.Is(err, identity.ErrUsernameForm):
		return http.StatusUnprocessableEntity, ui.SignUpLogin, 0
	case errors.Is(err, identity.ErrUsernameTaken):
		// Whoever chooses a name has to be told, as everywhere; how often is limited.
		return http.StatusConflict, ui.SignUpLoginTaken, 0
	case PasswordProblem(err) != "":
		return http.StatusUnprocessableEntity, ui.SignUpPassword, 0
	}
	switch status, wait = Wait(w, err); status {
	case http.StatusTooManyRequests:
		problem = ui.SignUpThrottled
	case http.StatusServiceUnavailable:
		problem = ui.SignUpBusy
	}
	return status, problem, wait
}

// AskNewcomer adds what a form of an account says of itself.
func AskNewcomer(ctx context.Context, view *ui.SignUpAccountView) {
	view.AskLogin = tenant.Must(ctx).Settings.Identifiers.AsksUsername()
	view.MaxName, view.Rules = maxNewcomerName, PasswordRules(ctx, false)
}
