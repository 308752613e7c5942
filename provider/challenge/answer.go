package challenge

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"plinto/dispatch"
	"plinto/identity"
	"plinto/identity/passkey"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/provider/engine"
)

// An Issuer makes codes. The engine is one.
type Issuer interface {
	// Authorize stores the grant and returns the parameters of the answer.
	Authorize(ctx context.Context, in engine.AuthorizeInput) (url.Values, error)
}

// An organizationView is one that the user can choose.
type organizationView struct {
	ID   string `json:"id"`
	Slug string `json:"slug"`
	Name string `json:"name"`
}

// A reply is an answer of the endpoint: success has a code, everything else an error (draft §5.2).
type reply struct {
	turn   *turn
	flow   *provider.Flow // goes into the auth_session; nil: it is over
	status int

	AuthorizationCode string `json:"authorization_code,omitempty"`

	Error       string `json:"error,omitempty"`
	Description string `json:"error_description,omitempty"`
	// Step is what is asked for, and Methods by what it can be shown.
	Step    string   `json:"step,omitempty"`
	Methods []string `json:"methods,omitempty"`
	// Problem says what was wrong with what was sent; "": nothing was.
	Problem       string             `json:"problem,omitempty"`
	SentTo        string             `json:"sent_to,omitempty"` // address that the code was mailed to; what was typed, where nobody is to learn whether it is anybody's
	Passkey       json.RawMessage    `json:"passkey,omitempty"` // PublicKeyCredentialRequestOptionsJSON
	Organizations []organizationView `json:"organizations,omitempty"`
	RequestURI    string             `json:"request_uri,omitempty"`
	ExpiresIn     int64              `json:"expires_in,omitempty"` // seconds

	AuthSession string `json:"auth_session,omitempty"`
	DeviceToken string `json:"device_token,omitempty"`
}

// Send implements dispatch.Answer.
func (a *reply) Send(w http.ResponseWriter, r *http.Request) (err error) {
	if a.AuthSession, err = a.turn.sealed(r.Context(), a.flow); err != nil {
		return err
	}
	a.DeviceToken = a.turn.known
	body, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	if a.Error != "" {
		web.TrailOf(r.Context()).Refuse(a.status, a.Error, a.Step+" "+a.Problem)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(a.status)
	_, _ = w.Write(body) // a client that is gone cannot be told
	return nil
}

// ask is the answer that asks for a step. problem says what was wrong with what was sent, or "".
func (t *turn) ask(step, problem string, methods ...string) *reply {
	said := "more has to be shown of the user"
	if problem != "" {
		said = "what was sent is not right"
	}
	return &reply{
		turn: t, flow: t.flow, status: http.StatusBadRequest, Error: "insufficient_authorization", Description: said,
		Step: step, Problem: problem, Methods: methods,
	}
}

// offer adds a passkey to what is asked for.
func (a *reply) offer(ctx context.Context, c passkey.Ceremony, keys []passkey.Passkey) error {
	options, err := a.turn.h.Passkeys.Request(ctx, c, keys)
	if err == nil {
		a.Passkey, a.Methods = json.RawMessage(options), append(a.Methods, "passkey")
	}
	return err
}

// web is the answer that has the user go on in a browser, from the start: what was proved here is not
// carried there. The request_uri is for requests with a challenge only (draft §5.2.2.1).
func (t *turn) web(ctx context.Context, step string) (*reply, error) {
	a := &reply{
		turn: t, status: http.StatusBadRequest, Error: "redirect_to_web", Step: step, Description: "the next step needs a browser",
	}
	request := t.flow.Request
	if request.Challenge == "" || !request.RedirectURISent && len(t.client.RedirectURIs) != 1 {
		return a, nil
	}
	request.RedirectURISent = true
	uri, err := t.h.Assembler.Keep(ctx, t.client, &request)
	a.RequestURI, a.ExpiresIn = uri, int64(provider.PushedTTL/time.Second)
	return a, err
}

// refuse is the answer with an error that ends the flow.
func (t *turn) refuse(code string) *reply {
	said := t.flow.Describe(code)
	return &reply{turn: t, status: http.StatusBadRequest, Error: code, Description: said}
}

// grant stores what the client gets. last says that ctx carries the transaction that starts the session.
func (t *turn) grant(ctx context.Context, session *identity.Session, last bool) (*reply, error) {
	params, err := t.h.Engine.Authorize(ctx, engine.AuthorizeInput{
		Client: t.client, Session: *session, FlowID: t.flow.ID, Request: &t.flow.Request, Last: last,
		Organization: t.flow.Organization, Proved: t.flow.SignedIn && t.flow.SessionID == session.ID,
	})
	if err != nil {
		return nil, err
	}
	return &reply{turn: t, status: http.StatusOK, AuthorizationCode: params.Get("code")}, nil
}

// Repeatable implements dispatch.Responder: every answer is a code.
func (*turn) Repeatable(r *provider.Request) bool { return engine.OnlyCode(r) }

// Success implements dispatch.Responder.
func (t *turn) Success(ctx context.Context, _ *provider.Flow, _ *provider.Client, session *identity.Session) (dispatch.Answer, error) {
	a, err := t.grant(ctx, session, true)
	if err != nil {
		return nil, fmt.Errorf("issue code: %w", err)
	}
	return a, nil
}

// Refusal implements dispatch.Responder.
func (t *turn) Refusal(_ *provider.Flow, _ *provider.Client, code string) dispatch.Answer {
	return t.refuse(code)
}
