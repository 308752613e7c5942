package authorize

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"plinto/identity"
	"plinto/provider"
	"plinto/provider/engine"
)

// An Arrival is Continue for a flow in which the user proves in this request who they
// are, without the way through the browser: what comes next is decided in the
// transaction that starts the session, and a code is stored with it.
//
// The form may be posted twice, and only the second answer be seen. So it is one that
// can be given twice; see provider.Codes.IssueLast.
type Arrival struct {
	handler *Handler
	flow    *provider.Flow
	client  *provider.Client // nil: by way of Continue
	over    bool             // the answer is the client's: the flow is over
	answer  func(http.ResponseWriter, *http.Request) error
}

// Arrive prepares an Arrival. A page would be posted again when it is reloaded, and a
// pushed request is good for one answer: these go by way of Continue, and so does a
// flow whose client or redirect URI is gone.
func (h *Handler) Arrive(ctx context.Context, flow *provider.Flow) (*Arrival, error) {
	a := &Arrival{handler: h, flow: flow, answer: func(w http.ResponseWriter, r *http.Request) error {
		return h.Browser.Advance(w, r, flow)
	}}
	if !engine.OnlyCode(&flow.Request) || strings.HasPrefix(flow.Request.ResponseMode, "form_post") {
		return a, nil
	}
	var err error
	if a.client, err = h.client(ctx, flow); err != nil && !isNotFound(err) {
		return nil, err
	}
	if a.client != nil && !leadsHome(a.client, flow) {
		a.client = nil
	}
	return a, nil
}

// Decide comes last in the transaction that starts the session.
func (a *Arrival) Decide(ctx context.Context, session *identity.Session) error {
	if a.client == nil {
		return nil
	}
	h, flow := a.handler, a.flow
	move, err := h.Dispatcher.Advance(ctx, flow, a.client, session)
	if err != nil {
		return err
	}
	if move.Page != "" {
		a.answer = func(w http.ResponseWriter, r *http.Request) error {
			return h.Browser.Lead(w, r, flow, move.Page)
		}
		return nil
	}
	a.over = true
	if move.Step == provider.StepRefuse {
		a.answer = func(w http.ResponseWriter, r *http.Request) error {
			return h.refuse(w, r, flow, a.client, move.Error)
		}
		return nil
	}
	params, err := h.Engine.Authorize(ctx, engine.AuthorizeInput{
		Client: a.client, Session: *session, FlowID: flow.ID, Request: &flow.Request, Last: true,
	})
	if err != nil {
		return fmt.Errorf("issue code: %w", err)
	}
	a.answer = func(w http.ResponseWriter, r *http.Request) error {
		return h.answerSuccess(w, r, &flow.Request, a.client, session, params)
	}
	return nil
}

// Answer answers the browser once the transaction was committed.
func (a *Arrival) Answer(w http.ResponseWriter, r *http.Request) error {
	if a.over {
		a.handler.Browser.DropFlow(w, r, a.flow)
	}
	return a.answer(w, r)
}
