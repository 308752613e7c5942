package dispatch

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/provider"
	"plinto/tenant"
)

// clients hold one, or fail.
type clients struct {
	provider.Clients
	client *provider.Client
	err    error
	asked  int
}

func (c *clients) ByClientID(context.Context, string) (*provider.Client, error) {
	c.asked++
	return c.client, c.err
}

// A said is an answer that says what it is.
type said string

func (said) Send(http.ResponseWriter, *http.Request) error { return nil }

type responder struct {
	once bool
	err  error
}

func (r responder) Repeatable(*provider.Request) bool { return !r.once }

func (r responder) Success(context.Context, *provider.Flow, *provider.Client, *identity.Session) (Answer, error) {
	return said("success"), r.err
}

func (r responder) Refusal(_ *provider.Flow, _ *provider.Client, code string) Answer {
	return said(code)
}

func TestAdvance_makesTheAnswerWhereNothingIsLeftToAsk(t *testing.T) {
	t.Parallel()
	ctx := tenant.With(t.Context(), &tenant.Tenant{ID: tenant.ID(uuid.New())})
	now, full := time.Now(), errors.New("too many codes")
	session := &identity.Session{ID: uuid.New(), UserID: uuid.New(), AuthTime: now}
	own, other := &provider.Client{FirstParty: true}, &provider.Client{}
	for name, tt := range map[string]struct {
		flow      provider.Flow
		client    *provider.Client
		responder responder
		want      Move
		err       error
	}{
		"by way of the endpoint": {client: nil, want: Move{Page: paths.Continue, Changed: true}},
		"another page":           {client: other, want: Move{Decision: provider.Decision{Step: provider.StepConsent}, Page: paths.Consent, Changed: true}},
		"success":                {client: own, want: Move{Decision: provider.Decision{Step: provider.StepRespond}, Answer: said("success")}},
		"refused": {
			flow: provider.Flow{Refused: "access_denied"}, client: own,
			want: Move{Decision: provider.Decision{Step: provider.StepRefuse, Error: "access_denied"}, Answer: said("access_denied")},
		},
		"no code": {client: own, responder: responder{err: full}, want: Move{Decision: provider.Decision{Step: provider.StepRespond}, Answer: said("success")}, err: full},
	} {
		d := &Dispatcher{Scopes: provider.ScopePolicy{Resources: servers{}}, Consents: &consents{}, Responder: tt.responder, Now: func() time.Time { return now }}
		got, err := d.Advance(ctx, &tt.flow, tt.client, session)
		if !errors.Is(err, tt.err) || got != tt.want {
			t.Errorf("%s: %+v, %v; want %+v, %v", name, got, err, tt.want, tt.err)
		}
	}
}

func TestPrepare_leavesToTheEndpointWhatCannotBeAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	client := provider.Client{ClientID: "web", Metadata: provider.Metadata{RedirectURIs: []string{"https://rp.test/cb"}}}
	disabled, other := client, client
	disabled.DisabledAt = time.Now()
	other.RedirectURIs = []string{"https://rp.test/other"}
	for name, tt := range map[string]struct {
		clients   clients
		responder responder
		mark      string
		ready     bool
		err       error
		asked     int
	}{
		"ready":                     {clients: clients{client: &client}, mark: client.Mark(), ready: true, asked: 1},
		"an answer for one time":    {clients: clients{client: &client}, responder: responder{once: true}},
		"deleted":                   {clients: clients{err: provider.ErrClientNotFound}, asked: 1},
		"disabled":                  {clients: clients{client: &disabled}, asked: 1},
		"another of the same name":  {clients: clients{client: &client}, mark: "another", asked: 1},
		"without the redirect URI":  {clients: clients{client: &other}, asked: 1},
		"while nothing can be read": {clients: clients{err: down}, err: down, asked: 1},
	} {
		d := &Dispatcher{Clients: &tt.clients, Responder: tt.responder}
		flow := &provider.Flow{Request: provider.Request{ClientID: "web", RedirectURI: "https://rp.test/cb", ClientMark: tt.mark}}
		got, err := d.Prepare(t.Context(), flow)
		if !errors.Is(err, tt.err) || (got != nil) != tt.ready || tt.clients.asked != tt.asked {
			t.Errorf("%s: %v, %v after %d reads; want ready %v, %v after %d", name, got, err, tt.clients.asked, tt.ready, tt.err, tt.asked)
		}
		if _, err := d.Client(t.Context(), flow); !tt.responder.once && tt.err == nil && errors.Is(err, fault.NotFound) == tt.ready {
			t.Errorf("%s: the client of the flow: %v", name, err)
		}
	}
}
