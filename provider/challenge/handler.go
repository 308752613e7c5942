package challenge

import (
	"context"
	"errors"
	"net/http"
	"time"

	"plinto/dispatch"
	"plinto/identity"
	"plinto/identity/device"
	"plinto/identity/mailsignin"
	"plinto/identity/mfa"
	"plinto/identity/passkey"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/provider/assembly"
	"plinto/provider/clientauth"
	"plinto/provider/engine"
	"plinto/tenant"
)

// A Handler serves the endpoint.
type Handler struct {
	Clients    *clientauth.Authenticator
	Assembler  *assembly.Assembler
	Dispatcher *dispatch.Dispatcher
	Engine     Issuer

	Passwords *identity.PasswordProof
	Passkeys  *passkey.Service
	Factors   *mfa.Service
	Devices   *device.Check
	MailCodes *mailsignin.Service
	Starter   *identity.SessionStarter
	Realms    Realms
	Sessions  identity.Sessions
	Users     identity.Users
	Tx        identity.Transactor
	Limiter   identity.Limiter

	Box       *secret.Box // seals what applications keep
	DeviceKey [32]byte    // marks devices
	// Address returns the address that a request came from.
	Address func(*http.Request) string
	Now     func() time.Time
	// Lang returns the language of mails to who asks in these languages, by ui_locales and header.
	Lang func(asked []string, accepted string) string
}

// Form returns the handler of requests in application/x-www-form-urlencoded.
func (h *Handler) Form() http.Handler {
	return h.post(func(r *http.Request) (web.Form, error) { return web.ParseForm(r, web.MaxForm, "resource") })
}

// JSON returns the handler of requests in application/json.
func (h *Handler) JSON() http.Handler { return h.post(readJSON) }

// post serves POST. There are no answers for pages of other origins: an application that runs in a
// browser sends its users to the sign-in page (draft §9, Single Page Apps).
func (h *Handler) post(read func(*http.Request) (web.Form, error)) http.Handler {
	serve := web.OAuth(func(w http.ResponseWriter, r *http.Request) error { return h.serve(w, r, read) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if web.AllowMethods(w, r, "POST") {
			serve.ServeHTTP(w, r)
		}
	})
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request, read func(*http.Request) (web.Form, error)) error {
	form, err := read(r)
	if err != nil {
		return err
	}
	client, err := h.Clients.Authenticate(r.Context(), r, form)
	if err != nil {
		return err
	}
	if !client.SignsInDirectly() {
		return &web.OAuthError{Code: "unauthorized_client", Description: "the client may not sign users in by itself: it has to be first-party and have direct_sign_in"}
	}
	address, err := h.userAddress(r, client, form)
	if err != nil {
		return err
	}
	ctx := at(r.Context(), address)
	r = r.WithContext(ctx)
	held := device.ReadToken(tenant.Must(ctx).ID, h.DeviceKey, form.Get(paramDevice))
	buckets := limited(client, address, &held)
	if wait := h.Limiter.Wait(ctx, buckets...); wait > 0 {
		return fault.New(fault.TooMany, "too_many_challenges", "There were too many failures. Please wait.").After(wait)
	}
	a, err := h.turn(r, &turn{h: h, r: r, client: client, form: form, device: held, address: address})
	if failed(a, err) {
		_ = h.Limiter.Verdict(context.WithoutCancel(ctx), false, buckets...)
	}
	if err != nil {
		return refusal(err)
	}
	return a.Send(w, r)
}

func (h *Handler) turn(r *http.Request, t *turn) (dispatch.Answer, error) {
	if err := h.open(r, t); err != nil {
		return nil, err
	}
	return t.act(r.Context())
}

// errSession is the answer to an auth_session that counts no more (draft §5.2.2).
var errSession = &web.OAuthError{Code: "invalid_session", Description: "the auth_session is unknown, expired, used up, or another client's"}

// refusal says in JSON what the authorization endpoint would have said.
func refusal(err error) error {
	var refused *assembly.Refusal
	switch {
	case errors.As(err, &refused):
		code := refused.Code
		if code == "invalid_redirect_uri" { // not registered for this endpoint
			code = "invalid_request"
		}
		return &web.OAuthError{Code: code, Description: refused.Description}
	case errors.Is(err, provider.ErrFlowSpent), errors.Is(err, dispatch.ErrOutdated), errors.Is(err, dispatch.ErrRedirect):
		return errSession
	case errors.Is(err, engine.ErrTooManyCodes):
		return &web.OAuthError{Code: "temporarily_unavailable", Description: "too many codes of the user were not redeemed", Status: http.StatusServiceUnavailable}
	}
	return err
}
