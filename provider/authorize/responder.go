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

	"plinto/dispatch"
	"plinto/identity"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/provider/engine"
	"plinto/provider/seal"
)

// A Responder makes the answers of authorization requests and sends them to the client.
type Responder struct {
	Engine  Issuer
	Sealer  Sealer
	Pushed  provider.PushedRequests
	Browser *browser.Browser
	Now     func() time.Time
}

// An Issuer makes codes and tokens. The engine is one.
type Issuer interface {
	// Authorize stores the grant and returns the parameters of the answer.
	Authorize(ctx context.Context, in engine.AuthorizeInput) (url.Values, error)
}

// A Sealer signs and encrypts what is said to a client. *seal.Sealer is one.
type Sealer interface {
	// Seal returns a compact JWS or JWE of payload, a JSON object.
	Seal(ctx context.Context, c *provider.Client, how seal.Sealing, typ string, payload []byte) (string, error)
}

// Repeatable implements dispatch.Responder.
func (p *Responder) Repeatable(r *provider.Request) bool {
	return engine.OnlyCode(r) && !strings.HasPrefix(r.ResponseMode, "form_post")
}

// Success implements dispatch.Responder.
func (p *Responder) Success(ctx context.Context, flow *provider.Flow, client *provider.Client, session *identity.Session) (dispatch.Answer, error) {
	if page := p.own(flow, false); page != nil {
		return page, nil
	}
	params, err := p.grant(ctx, flow, client, session, true)
	if err != nil {
		return nil, fmt.Errorf("issue code: %w", err)
	}
	return &granted{p, flow, client, session, params}, nil
}

// grant stores what the client gets. last says that ctx is that of Success.
func (p *Responder) grant(ctx context.Context, flow *provider.Flow, client *provider.Client, session *identity.Session, last bool) (url.Values, error) {
	return p.Engine.Authorize(ctx, engine.AuthorizeInput{
		Client: client, Session: *session, FlowID: flow.ID, Request: &flow.Request, Last: last,
		Organization: flow.Organization,
		Proved:       flow.SignedIn && flow.SessionID == session.ID,
	})
}

// A granted is the answer that holds what the client was granted.
type granted struct {
	responder *Responder
	flow      *provider.Flow
	client    *provider.Client
	session   *identity.Session
	params    url.Values
}

// Send implements dispatch.Answer.
func (g *granted) Send(w http.ResponseWriter, r *http.Request) error {
	return g.responder.succeed(w, r, &g.flow.Request, g.client, g.session, g.params)
}

// Refusal implements dispatch.Responder.
func (p *Responder) Refusal(flow *provider.Flow, client *provider.Client, code string) dispatch.Answer {
	if page := p.own(flow, true); page != nil {
		return page
	}
	return &refused{p, flow, client, code}
}

// A refused is the answer that says why the client gets nothing.
type refused struct {
	responder *Responder
	flow      *provider.Flow
	client    *provider.Client
	code      string
}

// Send implements dispatch.Answer.
func (e *refused) Send(w http.ResponseWriter, r *http.Request) error {
	return e.responder.refuse(w, r, e.flow, e.client, e.code)
}

// succeed answers the client with what the engine made for a session.
func (p *Responder) succeed(w http.ResponseWriter, r *http.Request, req *provider.Request, client *provider.Client, session *identity.Session, params url.Values) error {
	if slices.Contains(req.Scopes, provider.ScopeOpenID) {
		state := provider.SessionState(client.ClientID, req.RedirectURI, p.Browser.BrowserState(w, r, session))
		if state != "" {
			params.Set("session_state", state)
		}
	}
	return p.answer(w, r, req, client, params)
}

// refuse answers the client with an error, which uses a pushed request up.
func (p *Responder) refuse(w http.ResponseWriter, r *http.Request, flow *provider.Flow, client *provider.Client, code string) error {
	if flow.Request.Pushed != nil {
		if err := p.Pushed.Spend(r.Context(), client.ID, flow.Request.Pushed); err != nil && !errors.Is(err, provider.ErrPushedUnknown) {
			return err
		}
	}
	if !flow.Seen() {
		return p.answerUnseen(w, r, &flow.Request, client, errorParams(code, flow.Describe(code)))
	}
	return p.answer(w, r, &flow.Request, client, errorParams(code, flow.Describe(code)))
}
