package authorize

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"plinto/dispatch"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/redirecturi"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/provider/assembly"
	"plinto/provider/engine"
	"plinto/tenant"
)

// A Handler serves the authorization endpoint.
type Handler struct {
	Assembler  *assembly.Assembler
	Dispatcher *dispatch.Dispatcher
	Engine     Issuer
	Browser    *browser.Browser
	Now        func() time.Time
}

// An Issuer makes codes and tokens. The engine is one.
type Issuer interface {
	// Authorize stores the grant and returns the parameters of the answer.
	Authorize(ctx context.Context, in engine.AuthorizeInput) (url.Values, error)
	// Seal signs, and encrypts if the client wants it, what is said to a client.
	Seal(ctx context.Context, c *provider.Client, how engine.Sealing, typ string, payload []byte) (string, error)
}

// Begin serves GET and POST /oauth2/authorize.
func (h *Handler) Begin(w http.ResponseWriter, r *http.Request) error {
	params, err := parameters(r)
	if err != nil {
		return h.Browser.ErrorPage(w, r, http.StatusBadRequest, "invalid_request", "The request is malformed.")
	}
	a, err := h.Assembler.Assemble(r.Context(), params)
	if err != nil {
		return h.fail(w, r, a, params, err)
	}
	a.Request.ClientMark = a.Client.Mark()
	if r.Method == http.MethodPost {
		return h.Browser.Carry(w, r, a.Request)
	}
	return h.decide(w, r, h.Browser.NewFlow(a.Request), a.Client, true)
}

// parameters reads the request's parameters; OpenID Connect Core §3.1.2.1
// demands both methods.
func parameters(r *http.Request) (web.Form, error) {
	if r.Method == http.MethodPost {
		return web.ParseRepeatable(r, web.MaxForm)
	}
	return web.ParseQueryRepeatable(r.URL.RawQuery)
}

// Continue serves GET /oauth2/authorize/continue: the way back from every page.
func (h *Handler) Continue(w http.ResponseWriter, r *http.Request) error {
	flow, fresh, err := h.Browser.Continued(w, r)
	if err != nil {
		return h.Browser.Refused(w, r, err)
	}
	client, err := h.client(r.Context(), flow)
	if errors.Is(err, errOutdated) {
		h.Browser.DropFlow(w, r, flow)
		return h.Browser.Over(w, r, flow)
	}
	if isNotFound(err) {
		return h.Browser.ErrorPage(w, r, http.StatusBadRequest, "invalid_client", "the client is not known here")
	}
	if err != nil {
		return err
	}
	if !leadsHome(client, flow) {
		h.Browser.DropFlow(w, r, flow)
		return h.Browser.Explain(w, r, client.ClientID, http.StatusBadRequest, "invalid_redirect_uri", "The redirect URI is no longer registered for the client.", nil)
	}
	return h.decide(w, r, flow, client, fresh)
}

// leadsHome reports whether the redirect URI is still the client's: it may have given
// it up since the request was checked.
func leadsHome(client *provider.Client, flow *provider.Flow) bool {
	_, ok := redirecturi.Match(client.RedirectURIs, flow.Request.RedirectURI, client.ApplicationType == provider.ApplicationNative)
	return ok
}

// errOutdated reports a flow that was begun for another client of the same client_id, or
// before what this one was granted ended.
var errOutdated = fault.New(fault.NotFound, "flow_outdated", "The application has changed since this sign-in was started.")

// client returns the client of a flow. ErrClientNotFound also when it is disabled,
// errOutdated.
func (h *Handler) client(ctx context.Context, flow *provider.Flow) (*provider.Client, error) {
	client, err := h.Assembler.Clients.ByClientID(ctx, flow.Request.ClientID)
	if err != nil {
		return nil, err
	}
	if !client.DisabledAt.IsZero() {
		return nil, provider.ErrClientNotFound
	}
	if flow.Request.ClientMark != "" && flow.Request.ClientMark != client.Mark() {
		return nil, errOutdated
	}
	return client, nil
}

// decide takes the next step of the flow. fresh says that the flow is not yet
// kept by the browser.
func (h *Handler) decide(w http.ResponseWriter, r *http.Request, flow *provider.Flow, client *provider.Client, fresh bool) error {
	session, err := h.Browser.Session(w, r)
	if err != nil {
		return err
	}
	move, err := h.Dispatcher.Advance(r.Context(), flow, client, session)
	if err != nil {
		return err
	}
	switch {
	case move.Page != "" && (fresh || move.Changed):
		return h.Browser.Lead(w, r, flow, move.Page)
	case move.Page != "":
		h.Browser.See(w, r, move.Page, flow)
		return nil
	}
	if !fresh {
		h.Browser.DropFlow(w, r, flow)
	}
	if move.Step == provider.StepRefuse {
		return h.refuse(w, r, flow, client, move.Error)
	}
	return h.succeed(w, r, flow, client, session)
}

func (h *Handler) succeed(w http.ResponseWriter, r *http.Request, flow *provider.Flow, client *provider.Client, session *identity.Session) error {
	params, err := h.Engine.Authorize(r.Context(), engine.AuthorizeInput{
		Client: client, Session: *session, FlowID: flow.ID, Request: &flow.Request,
	})
	switch {
	case errors.Is(err, identity.ErrNoSession):
		// The session ended between reading it and issuing: ask again.
		h.Browser.ForgetSession(w, r)
		flow.SignedIn = false
		if flow.Request.Prompts("none") {
			return h.refuse(w, r, flow, client, "login_required")
		}
		return h.Browser.Lead(w, r, flow, dispatch.Page(provider.StepSignIn))
	case errors.Is(err, provider.ErrFlowSpent), errors.Is(err, provider.ErrPushedUnknown):
		return h.Browser.Over(w, r, flow)
	case errors.Is(err, engine.ErrTooManyCodes):
		return h.refuse(w, r, flow, client, "temporarily_unavailable") // RFC 6749 §4.1.2.1
	case errors.As(err, new(*web.OAuthError)):
		return h.refuse(w, r, flow, client, "invalid_target")
	case err != nil:
		return fmt.Errorf("issue code: %w", err)
	}
	return h.answerSuccess(w, r, &flow.Request, client, session, params)
}

// answerSuccess answers the client with what the engine made for a session.
func (h *Handler) answerSuccess(w http.ResponseWriter, r *http.Request, req *provider.Request, client *provider.Client, session *identity.Session, params url.Values) error {
	if slices.Contains(req.Scopes, provider.ScopeOpenID) {
		state := provider.SessionState(client.ClientID, req.RedirectURI, h.Browser.BrowserState(w, r, session))
		if state != "" {
			params.Set("session_state", state)
		}
	}
	return h.answer(w, r, req, client, params)
}

// refuse answers the client with an error, which uses a pushed request up.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, flow *provider.Flow, client *provider.Client, code string) error {
	if flow.Request.Pushed != nil {
		if err := h.Assembler.Pushed.Spend(r.Context(), client.ID, flow.Request.Pushed); err != nil && !errors.Is(err, provider.ErrPushedUnknown) {
			return err
		}
	}
	if !flow.Seen() {
		return h.answerUnseen(w, r, &flow.Request, client, errorParams(code, ""))
	}
	return h.answer(w, r, &flow.Request, client, errorParams(code, ""))
}

func (h *Handler) issuer(r *http.Request) string { return tenant.Must(r.Context()).Issuer }
