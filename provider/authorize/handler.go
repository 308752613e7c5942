package authorize

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"plinto/dispatch"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/provider/assembly"
	"plinto/provider/engine"
	"plinto/ui"
)

// A Handler serves the authorization endpoint.
type Handler struct {
	Clients    provider.Clients
	Assembler  *assembly.Assembler
	Dispatcher *dispatch.Dispatcher
	Responder  *Responder
	Browser    *browser.Browser
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

// fail answers an error of the assembly: to the client when client and redirect
// URI are known, to the user otherwise.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, a *assembly.Result, params web.Form, err error) error {
	var refused *assembly.Refusal
	if !errors.As(err, &refused) {
		return err
	}
	if !a.Answerable {
		return h.Browser.Explain(w, r, a.Request.ClientID, http.StatusBadRequest, refused.Code, refused.Description, func(ctx context.Context) *ui.Explanation {
			return h.explain(ctx, a, params, refused)
		})
	}
	return h.Responder.answerUnseen(w, r, &a.Request, a.Client, errorParams(refused.Code, refused.Description))
}

// Continue serves GET /oauth2/authorize/continue: the way back from every page.
func (h *Handler) Continue(w http.ResponseWriter, r *http.Request) error {
	flow, fresh, err := h.Browser.Continued(w, r)
	if err != nil {
		return h.Browser.Refused(w, r, err)
	}
	client, err := h.Dispatcher.Client(r.Context(), flow)
	switch {
	case errors.Is(err, dispatch.ErrOutdated):
		h.Browser.DropFlow(w, r, flow)
		return h.Browser.FlowAnswered(w, r, flow)
	case errors.Is(err, dispatch.ErrRedirect):
		h.Browser.DropFlow(w, r, flow)
		return h.Browser.Explain(w, r, flow.Request.ClientID, http.StatusBadRequest, "invalid_redirect_uri", dispatch.ErrRedirect.Message, nil)
	case errors.Is(err, fault.NotFound):
		return h.Browser.ErrorPage(w, r, http.StatusBadRequest, "invalid_client", "the client is not known here")
	case err != nil:
		return err
	}
	return h.decide(w, r, flow, client, fresh)
}

// decide takes the next step of the flow. fresh says that the flow is not yet
// kept by the browser.
func (h *Handler) decide(w http.ResponseWriter, r *http.Request, flow *provider.Flow, client *provider.Client, fresh bool) error {
	session, err := h.Browser.Session(w, r)
	if err != nil {
		return err
	}
	move, err := h.Dispatcher.Decide(r.Context(), flow, client, session)
	if err != nil {
		return err
	}
	if move.Page != "" {
		move.Changed = move.Changed || fresh
		return h.Browser.Follow(w, r, flow, move)
	}
	if !fresh {
		h.Browser.DropFlow(w, r, flow)
	}
	if page := h.Responder.own(flow, move.Step == provider.StepRefuse); page != nil {
		return page.Send(w, r)
	}
	if move.Step == provider.StepRefuse {
		return h.Responder.refuse(w, r, flow, client, move.Error)
	}
	return h.issue(w, r, flow, client, session)
}

// issue answers the client with success. What was decided on may have changed since it
// was read.
func (h *Handler) issue(w http.ResponseWriter, r *http.Request, flow *provider.Flow, client *provider.Client, session *identity.Session) error {
	params, err := h.Responder.grant(r.Context(), flow, client, session, false)
	switch {
	case errors.Is(err, identity.ErrNoSession):
		// The session ended between reading it and issuing: ask again.
		h.Browser.ForgetSession(w, r)
		flow.SignedIn = false
		if flow.Request.Prompts(provider.PromptNone) {
			return h.Responder.refuse(w, r, flow, client, "login_required")
		}
		return h.Browser.Lead(w, r, flow, provider.StepSignIn.Page())
	case errors.Is(err, provider.ErrFlowSpent), errors.Is(err, provider.ErrPushedUnknown):
		return h.Browser.FlowAnswered(w, r, flow)
	case errors.Is(err, engine.ErrTooManyCodes):
		return h.Responder.refuse(w, r, flow, client, "temporarily_unavailable") // RFC 6749 §4.1.2.1
	case errors.As(err, new(*web.OAuthError)):
		return h.Responder.refuse(w, r, flow, client, "invalid_target")
	case err != nil:
		return fmt.Errorf("issue code: %w", err)
	}
	return h.Responder.succeed(w, r, &flow.Request, client, session, params)
}
