package signin

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/ui"
)

// ViewAccounts serves GET /login/account.
func (h *Handler) ViewAccounts(ctx context.Context, v *browser.Visit) error {
	session, err := v.Session()
	if err != nil {
		return err
	}
	if session == nil {
		return v.Return()
	}
	user, err := v.User(ctx, session)
	if err != nil {
		return err
	}
	client, err := v.Client(ctx)
	if err != nil {
		return err
	}
	return v.Render(http.StatusOK, ui.AccountChooser(ui.AccountChooserView{
		Page: v.Page(), Client: browser.ClientView(client),
		Flow: v.Flow.Handle(), CSRF: v.Flow.CSRF, RedirectHost: provider.RedirectHost(v.Flow.Request.RedirectURI),
		Accounts: []ui.Account{{ID: user.PublicID(), Name: user.Profile.Name, Identifier: browser.UserLabel(&user)}},
	}))
}

// SubmitAccount serves POST /login/account.
func (h *Handler) SubmitAccount(_ context.Context, v *browser.Visit) error {
	session, err := v.Session()
	if err != nil {
		return err
	}
	switch v.Form.Get("action") {
	case "cancel":
		return v.Cancel()
	case "other":
		v.Flow.SwitchUser()
	default:
		if session != nil && v.Form.Get("account") == publicID(session.UserID) {
			v.Flow.UserID, v.Flow.Chosen = session.UserID, true
		}
	}
	return v.Return()
}

func publicID(id uuid.UUID) string {
	u := identity.User{ID: id}
	return u.PublicID()
}
