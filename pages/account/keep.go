package account

import (
	"context"
	"net/http"

	"plinto/dispatch"
	"plinto/event"
	"plinto/identity"
	"plinto/pages/browser"
	"plinto/ui"
)

// A KeepStep serves the step of a flow in which a user whose account is going to be deleted says
// that they want to keep it. There is a session by then: every flow of the browser comes to this
// step while the account is to be deleted.
type KeepStep struct {
	Directory  *identity.Directory
	Dispatcher *dispatch.Dispatcher
}

// at returns the session while the flow is at the step; otherwise it goes where the flow is, and
// returns nil.
func (s *KeepStep) at(ctx context.Context, v *browser.Visit) (*identity.Session, error) {
	session, err := v.Session()
	if err != nil {
		return nil, err
	}
	client, err := v.Client(ctx)
	if err != nil {
		return nil, err
	}
	if session == nil || !s.Dispatcher.AsksKeep(ctx, v.Flow, client, session) {
		return nil, v.Return()
	}
	return session, nil
}

// View serves GET /login/keep.
func (s *KeepStep) View(ctx context.Context, v *browser.Visit) error {
	session, err := s.at(ctx, v)
	if session == nil {
		return err
	}
	user, err := v.User(ctx, session)
	if err != nil {
		return err
	}
	client, err := v.Client(ctx)
	if err != nil {
		return err
	}
	return v.Render(http.StatusOK, ui.KeepAccount(ui.KeepAccountView{
		Page: v.Page(), Client: browser.ClientView(client), Flow: v.Flow.Handle(), CSRF: v.Flow.CSRF,
		User: browser.UserLabel(&user), DeleteAt: session.DeleteAt,
	}))
}

// Submit serves POST /login/keep.
func (s *KeepStep) Submit(ctx context.Context, v *browser.Visit) error {
	switch v.Form.Get("action") {
	case "keep":
	case "other":
		v.Flow.SwitchUser()
		return v.Return()
	default:
		return v.Cancel()
	}
	session, err := s.at(ctx, v)
	if session == nil {
		return err
	}
	user := identity.User{ID: session.UserID}
	if err := s.Directory.Keep(ctx, event.Actor{Type: "user", ID: user.PublicID()}, user.ID); err != nil {
		return err
	}
	return v.Return()
}
