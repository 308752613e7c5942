package authorize

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/provider/assembly"
	"plinto/provider/browser"
	"plinto/provider/engine"
	"plinto/tenant"
)

// A Handler serves the authorization endpoint.
type Handler struct {
	Assembler *assembly.Assembler
	Consents  provider.Consents
	Engine    Issuer
	Browser   *browser.Browser
	Tx        identity.Transactor
	Now       func() time.Time
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
		return h.fail(w, r, a, err)
	}
	flow := &provider.Flow{
		ID: uuid.Must(uuid.NewV7()), CSRF: browser.NewCSRF(),
		StartedAt: h.Now().Truncate(time.Second), Request: a.Request,
	}
	if r.Method == http.MethodPost {
		// A form posted from the client's site arrives without our Lax cookies.
		// Keep the request and come back by GET, which brings them.
		h.Browser.SaveFlow(w, r, flow)
		h.Browser.See(w, r, continuePath, flow.ID)
		return nil
	}
	return h.decide(w, r, &visit{flow: flow, client: a.Client, changed: true})
}

// parameters reads the request's parameters; OpenID Connect Core §3.1.2.1
// demands both methods.
func parameters(r *http.Request) (web.Form, error) {
	if r.Method == http.MethodPost {
		return web.ParseRepeatable(r, web.MaxForm)
	}
	return web.ParseQueryRepeatable(r.URL.RawQuery)
}

const continuePath = "/oauth2/authorize/continue"

// Continue serves GET /oauth2/authorize/continue: the way back from every page.
func (h *Handler) Continue(w http.ResponseWriter, r *http.Request) error {
	flow, err := h.Browser.Flow(r)
	if err != nil {
		return h.Browser.StartAgain(w, r)
	}
	return h.resume(w, r, &visit{flow: flow, kept: true})
}

// Proceed is Continue for a flow in which the user proved a moment ago who they are,
// without the way through the browser. The form may be posted twice, and only the
// second answer be seen: so it is an answer that can be given twice. A page would be
// posted again when it is reloaded, and a pushed request is good for one answer:
// these go by way of Continue.
func (h *Handler) Proceed(w http.ResponseWriter, r *http.Request, flow *provider.Flow, session *identity.Session) error {
	if mode, _ := strings.CutSuffix(flow.Request.ResponseMode, ".jwt"); mode == "form_post" || flow.Request.Pushed != nil {
		if err := h.Tx.Flush(r.Context()); err != nil {
			return err
		}
		h.Browser.Advance(w, r, flow)
		return nil
	}
	return h.resume(w, r, &visit{flow: flow, kept: true, changed: true, proved: session})
}

func (h *Handler) resume(w http.ResponseWriter, r *http.Request, v *visit) (err error) {
	v.client, err = h.Assembler.Clients.ByClientID(r.Context(), v.flow.Request.ClientID)
	if isNotFound(err) || err == nil && !v.client.DisabledAt.IsZero() {
		return h.Browser.ErrorPage(w, r, http.StatusBadRequest, "invalid_client", "the client is not known here")
	}
	if err != nil {
		return err
	}
	return h.decide(w, r, v)
}

// A visit is one look of the dispatcher at a flow.
type visit struct {
	flow   *provider.Flow
	client *provider.Client
	// kept says that the browser has the flow, changed that it has not as it is now.
	kept, changed bool
	// proved is the session of a user who proved who they are in this request, or nil.
	proved *identity.Session
}

// decide takes the next step of the flow.
func (h *Handler) decide(w http.ResponseWriter, r *http.Request, v *visit) error {
	facts, err := h.facts(w, r, v)
	if err != nil {
		return err
	}
	flow := v.flow
	decision := flow.Next(facts)
	if v.proved != nil && decision.Step != provider.StepRespond {
		// No code is stored, which would have taken the session along to the disk.
		if err := h.Tx.Flush(r.Context()); err != nil {
			return err
		}
	}
	if page, ok := pages[decision.Step]; ok {
		if decision.Step == provider.StepConsent && flow.UserID != facts.Session.UserID {
			// The answer has to be this user's: a browser that changes user
			// while the page is open must not answer for the other.
			flow.UserID, v.changed = facts.Session.UserID, true
		}
		if v.changed {
			h.Browser.SaveFlow(w, r, flow)
		}
		h.Browser.See(w, r, page, flow.ID)
		return nil
	}
	if v.kept {
		h.Browser.DropFlow(w, r, flow.ID)
	}
	if decision.Step == provider.StepRefuse {
		return h.refuse(w, r, flow, v.client, decision.Error)
	}
	return h.succeed(w, r, v, facts.Session)
}

// pages are where the steps that need the user happen.
var pages = map[provider.Step]string{
	provider.StepSignIn:        "/login",
	provider.StepSignUp:        "/sign-up",
	provider.StepSelectAccount: "/account",
	provider.StepConsent:       "/consent",
}

func (h *Handler) facts(w http.ResponseWriter, r *http.Request, v *visit) (facts provider.Facts, err error) {
	client, session := v.client, v.proved
	if session == nil {
		if session, err = h.Browser.Session(w, r); err != nil {
			return facts, err
		}
	}
	facts = provider.Facts{Now: h.Now(), Client: client, Session: session}
	if session != nil {
		facts.Subject = h.Assembler.Subjects.Of(tenant.Must(r.Context()).ID, client, session.UserID)
	}
	if session == nil || client.FirstParty || v.flow.Consented {
		return facts, nil
	}
	facts.Consent, err = h.Consents.Of(r.Context(), session.UserID, client.ID)
	if err != nil {
		return facts, fmt.Errorf("read consent: %w", err)
	}
	return facts, nil
}

func (h *Handler) succeed(w http.ResponseWriter, r *http.Request, v *visit, session *identity.Session) error {
	flow, client := v.flow, v.client
	in := engine.AuthorizeInput{Client: client, Session: *session, FlowID: flow.ID, Request: &flow.Request}
	params, err := h.Engine.Authorize(r.Context(), in)
	if errors.Is(err, provider.ErrFlowSpent) && v.proved != nil {
		// The form was posted twice, with the right password both times: this answer
		// is the one that the user sees.
		in.FlowID = uuid.Must(uuid.NewV7())
		params, err = h.Engine.Authorize(r.Context(), in)
	}
	if err != nil && v.proved != nil {
		err = errors.Join(err, h.Tx.Flush(r.Context()))
	}
	switch {
	case errors.Is(err, identity.ErrNoSession):
		// The session ended between reading it and issuing: ask again.
		h.Browser.ForgetSession(w, r)
		flow.SignedIn = false
		h.Browser.SaveFlow(w, r, flow)
		if flow.Request.Prompts("none") {
			return h.refuse(w, r, flow, client, "login_required")
		}
		h.Browser.See(w, r, "/login", flow.ID)
		return nil
	case errors.Is(err, provider.ErrFlowSpent):
		return h.Browser.StartAgain(w, r)
	case errors.Is(err, provider.ErrPushedUnknown):
		return h.Browser.ErrorPage(w, r, http.StatusBadRequest, "invalid_request_uri", "This sign-in is already complete.")
	case errors.As(err, new(*web.OAuthError)):
		return h.refuse(w, r, flow, client, "invalid_target")
	case err != nil:
		return fmt.Errorf("issue code: %w", err)
	}
	if slices.Contains(flow.Request.Scopes, provider.ScopeOpenID) {
		state := provider.SessionState(client.ClientID, flow.Request.RedirectURI, h.Browser.BrowserState(w, r, session))
		if state != "" {
			params.Set("session_state", state)
		}
	}
	return h.answer(w, r, &flow.Request, client, params)
}

// refuse answers the client with an error, which uses a pushed request up.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, flow *provider.Flow, client *provider.Client, code string) error {
	if flow.Request.Pushed != nil {
		if err := h.Assembler.Pushed.Spend(r.Context(), flow.Request.Pushed); err != nil && !errors.Is(err, provider.ErrPushedUnknown) {
			return err
		}
	}
	if !flow.Seen() {
		return h.answerUnseen(w, r, &flow.Request, client, errorParams(code, ""))
	}
	return h.answer(w, r, &flow.Request, client, errorParams(code, ""))
}

func (h *Handler) issuer(r *http.Request) string { return tenant.Must(r.Context()).Issuer }
