package challenge

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"plinto/dispatch"
	"plinto/identity"
	"plinto/identity/device"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// A state is what an application keeps as auth_session: a flow that is going on, or the token of the
// session that it made.
type state struct {
	Flow    *provider.Flow `json:"f,omitempty"`
	Session string         `json:"s,omitempty"`
}

// A turn is one request, and what is known by it.
type turn struct {
	h       *Handler
	r       *http.Request
	client  *provider.Client
	form    web.Form
	flow    *provider.Flow
	session *identity.Session // the application's, or nil
	token   string            // of the session, or ""
	device  device.Token
	address string // the user's; "" where a confidential client does not say
	// dispatcher is the server's, with the answers of this endpoint.
	dispatcher dispatch.Dispatcher
	// known is what the application has to keep as its device token; "": what it has.
	known string
}

// open begins a flow for a request, or goes on with the one of its auth_session.
func (h *Handler) open(r *http.Request, t *turn) error {
	ctx := r.Context()
	t.dispatcher = *h.Dispatcher
	t.dispatcher.Responder = t
	if t.form.Has(paramSession) {
		if err := t.resume(ctx); err != nil {
			return err
		}
	}
	if t.flow == nil {
		request, err := h.Assembler.Direct(ctx, t.client, t.form, own)
		if err != nil {
			return err
		}
		request.ClientMark = t.client.Mark()
		t.flow = provider.NewFlow(*request, "", h.Now())
		t.flow.Chosen = t.session != nil // it is the application's own: no other can have it answered
	}
	trail := web.TrailOf(ctx)
	trail.Flow, trail.ClientID = t.flow.ID.String(), t.client.ClientID
	return nil
}

// resume reads the auth_session.
func (t *turn) resume(ctx context.Context) error {
	s, ok := t.unseal(ctx, t.form.Get(paramSession))
	if !ok {
		return errSession
	}
	if s.Flow != nil {
		if age := t.h.Now().Sub(s.Flow.StartedAt); age > provider.FlowTTL {
			return errSession
		}
		if _, err := t.h.Dispatcher.Client(ctx, s.Flow); err != nil {
			return err
		}
	}
	t.flow = s.Flow
	return t.find(ctx, s.Session)
}

// find reads the session of a token. One that is over is as none.
func (t *turn) find(ctx context.Context, token string) error {
	if !secret.WellFormed(identity.SessionPrefix, token) {
		return nil
	}
	at := tenant.Must(ctx)
	s, err := t.h.Sessions.Current(ctx, identity.SessionHash(at.ID, token))
	switch {
	case errors.Is(err, identity.ErrNoSession), err == nil && !s.CreatedAt.After(at.NotBefore):
		return nil
	case err != nil:
		return fmt.Errorf("find session: %w", err)
	}
	t.session, t.token = &s, token
	return t.h.Sessions.Touch(ctx, s)
}

// sealed is the auth_session for what comes next. flow is nil once the client has its code. "" where there
// is nothing to keep.
func (t *turn) sealed(ctx context.Context, flow *provider.Flow) (string, error) {
	s := state{Flow: flow, Session: t.token}
	if s.Flow == nil && s.Session == "" {
		return "", nil
	}
	plain, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("write auth_session: %w", err)
	}
	text := base64.RawURLEncoding.EncodeToString(t.h.Box.Seal(plain, t.bound(ctx)...))
	if len(text) > maxText {
		return "", &web.OAuthError{Code: "invalid_request", Description: "the request is too large"}
	}
	return text, nil
}

func (t *turn) unseal(ctx context.Context, text string) (s state, ok bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return s, false
	}
	plain, err := t.h.Box.Open(sealed, t.bound(ctx)...)
	if err != nil {
		return s, false
	}
	return s, json.Unmarshal(plain, &s) == nil
}

// bound is what an auth_session is sealed to: it is no other client's, and no other tenant's.
func (t *turn) bound(ctx context.Context) []string {
	return []string{"auth_session", tenant.Must(ctx).ID.String(), t.client.ID.String()}
}
