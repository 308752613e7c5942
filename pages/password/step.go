package password

import (
	"context"
	"errors"
	"net/http"

	"plinto/dispatch"
	"plinto/identity"
	"plinto/identity/passwords"
	"plinto/pages/browser"
	"plinto/ui"
)

// A Step serves the step of a flow in which the user has to set another password. There is a
// session by then: every flow of the browser comes to this step until the password is set.
type Step struct {
	Passwords  *passwords.Service
	Dispatcher *dispatch.Dispatcher
}

// at returns session and user while the flow is at the step; otherwise it goes where the flow is,
// and returns nil.
func (s *Step) at(ctx context.Context, v *browser.Visit) (*identity.Session, identity.User, error) {
	session, err := v.Session()
	if err != nil {
		return nil, identity.User{}, err
	}
	client, err := v.Client(ctx)
	if err != nil {
		return nil, identity.User{}, err
	}
	if session == nil || !s.Dispatcher.AsksPassword(ctx, v.Flow, client, session) {
		return nil, identity.User{}, v.Return()
	}
	user, err := v.User(ctx, session)
	return session, user, err
}

// View serves GET /login/password.
func (s *Step) View(ctx context.Context, v *browser.Visit) error {
	session, user, err := s.at(ctx, v)
	if err != nil || session == nil {
		return err
	}
	return s.ask(ctx, v, session, &user, http.StatusOK, ui.NewPasswordView{})
}

// Submit serves POST /login/password.
func (s *Step) Submit(ctx context.Context, v *browser.Visit) error {
	if left, err := v.Leaves(); left {
		return err
	}
	session, user, err := s.at(ctx, v)
	if err != nil || session == nil {
		return err
	}
	if v.Form.Get("password") == "" {
		return s.ask(ctx, v, session, &user, http.StatusUnprocessableEntity, ui.NewPasswordView{Password: ui.PasswordMissing})
	}
	changed, err := s.Passwords.Replace(ctx, &user, session, v.Form.Get("password"), v.Device().Named())
	if err != nil {
		return s.refused(ctx, v, session, &user, err)
	}
	v.SignedIn(&identity.SignedIn{User: changed.User, Session: *changed.Session, Token: changed.Token})
	return v.Return()
}

// refused shows the form again with what is wrong, or goes where the flow is when everything of
// the user ended meanwhile.
func (s *Step) refused(ctx context.Context, v *browser.Visit, session *identity.Session, user *identity.User, err error) error {
	view := ui.NewPasswordView{Password: browser.PasswordProblem(err)}
	status, wait := browser.Wait(v.W, err)
	switch {
	case view.Password != "":
		status = http.StatusUnprocessableEntity
	case errors.Is(err, identity.ErrRefused), errors.Is(err, identity.ErrNoSession):
		return v.Return()
	case wait == 0:
		return err
	}
	view.RetryAfter = wait
	v.Refuse(ctx, status, err)
	return s.ask(ctx, v, session, user, status, view)
}

func (s *Step) ask(ctx context.Context, v *browser.Visit, session *identity.Session, user *identity.User, status int, view ui.NewPasswordView) error {
	client, err := v.Client(ctx)
	if err != nil {
		return err
	}
	view.Page, view.Client, view.Flow, view.CSRF = v.Page(), browser.ClientView(client), v.Flow.Handle(), v.Flow.CSRF
	view.User, view.Why = browser.UserLabel(user), user.PasswordState
	view.Rules = browser.PasswordRules(ctx, session.SecondFactor)
	return v.Render(status, ui.NewPassword(view))
}
