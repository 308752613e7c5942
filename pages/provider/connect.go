package provider

import (
	"context"
	"errors"
	"net/http"

	"plinto/identity"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/tenant"
	"plinto/ui"
)

// ViewConnect serves GET /login/connect.
func (h *Handler) ViewConnect(ctx context.Context, v *browser.Visit) error {
	user, err := h.asked(ctx, v)
	if user == nil || err != nil {
		return err
	}
	client, err := v.Client(ctx)
	if err != nil {
		return err
	}
	p := v.Flow.Connecting
	return v.Render(http.StatusOK, ui.ConnectIdentity(ui.ConnectIdentityView{
		Page: v.Page(), Client: browser.ClientView(client), Flow: v.Flow.Handle(), CSRF: v.Flow.CSRF,
		Provider: p.Provider, Label: p.Label, User: browser.UserLabel(user),
	}))
}

// asked returns who is asked whether an account at a provider is theirs: they signed in here within the flow. Of whoever has to sign in
// with the provider the flow holds what they proved, and there is no session. nil when nobody is asked; then the visit is answered.
func (h *Handler) asked(ctx context.Context, v *browser.Visit) (*identity.User, error) {
	if p := v.Flow.Proved; p != nil && p.Connects {
		return h.held(ctx, v, p)
	}
	session, err := v.Session()
	if err != nil {
		return nil, err
	}
	if session == nil || !v.Flow.Connects(session) {
		return nil, v.Return()
	}
	user, err := v.User(ctx, session)
	return &user, err
}

// held is asked where the flow holds a proof. It counts for nothing once the user was disabled or their mark has moved.
func (h *Handler) held(ctx context.Context, v *browser.Visit, p *provider.FirstProof) (*identity.User, error) {
	user, err := v.UserByID(ctx, p.UserID)
	switch gone := errors.Is(err, identity.ErrUserNotFound); {
	case err != nil && !gone:
		return nil, err
	case gone, !p.Stands(tenant.Must(ctx), &user), v.Flow.Connecting == nil:
		v.Flow.Proved = nil
		return nil, v.Return()
	}
	return &user, nil
}

// SubmitConnect serves POST /login/connect.
func (h *Handler) SubmitConnect(ctx context.Context, v *browser.Visit) error {
	user, err := h.asked(ctx, v)
	if user == nil || err != nil {
		return err
	}
	pending, held := v.Flow.Connecting, v.Flow.Proved
	v.Flow.Connecting = nil
	switch {
	case v.Form.Get("action") != "connect":
		return h.decline(ctx, v, user)
	case held != nil:
		err = h.claim(ctx, v, pending, held, user)
	default:
		err = h.SignIns.Confirm(ctx, pending, user)
	}
	switch {
	case err == nil && held != nil:
		return nil
	case err == nil:
		return v.Return()
	}
	v.Flow.Proved = nil
	if errors.Is(err, identity.ErrRefused) {
		return v.Return() // everything of the user was ended meanwhile: they sign in again
	}
	return h.failed(ctx, v, pending.Provider, err)
}

// decline goes on without the account that was shown. Whoever has to sign in with its provider is not signed in: they are led there again.
func (h *Handler) decline(ctx context.Context, v *browser.Visit, user *identity.User) error {
	if v.Flow.Proved != nil {
		v.Flow.Proved = nil
		if err := h.Starter.Admit(ctx, &identity.Proof{User: *user}); err != nil {
			return err
		}
	}
	return v.Return()
}

// claim starts the session of somebody who says that the account is theirs, with which they have to sign in.
func (h *Handler) claim(ctx context.Context, v *browser.Visit, pending *identity.PendingIdentity, held *provider.FirstProof, user *identity.User) error {
	proof, err := h.SignIns.Claim(ctx, pending, identity.Proof{User: *user, AMR: held.AMR, At: held.At, WaivedBy: held.WaivedBy})
	if err != nil {
		return err
	}
	return v.StartSession(ctx, h.Starter, h.Dispatcher, proof, browser.Start{Remember: held.Remember, RememberDevice: held.RememberDevice, Now: h.Now()})
}
