package dispatch

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/provider"
	"plinto/tenant"
)

// consents answers with nothing, and counts how often it is asked.
type consents struct {
	provider.Consents
	asked int
	err   error
}

func (c *consents) Of(context.Context, uuid.UUID, uuid.UUID, []byte) (provider.Consent, error) {
	c.asked++
	return provider.Consent{}, c.err
}

// servers are none.
type servers struct{ provider.ResourceServers }

func (servers) All(context.Context) ([]provider.ResourceServer, error) { return nil, nil }

func TestDecide_leadsToThePageOfTheStep(t *testing.T) {
	t.Parallel()
	ctx := tenant.With(t.Context(), &tenant.Tenant{ID: tenant.ID(uuid.New())})
	now := time.Now()
	alice, bob := uuid.New(), uuid.New()
	session := &identity.Session{ID: uuid.New(), UserID: alice, AuthTime: now}
	own, other := &provider.Client{ClientID: "own", FirstParty: true}, &provider.Client{ClientID: "other"}
	for name, tt := range map[string]struct {
		flow    provider.Flow
		client  *provider.Client
		session *identity.Session
		want    Move
		asked   int
		user    uuid.UUID // whom the flow is bound to afterwards
	}{
		"nobody":                          {flow: provider.Flow{}, client: own, want: Move{Page: "/login"}},
		"nobody, to make an account":      {flow: asking("create"), client: own, want: Move{Decision: provider.Decision{Step: provider.StepSignUp}, Page: "/sign-up"}},
		"somebody, to choose":             {flow: asking("select_account"), client: own, session: session, want: Move{Decision: provider.Decision{Step: provider.StepSelectAccount}, Page: "/login/account"}},
		"somebody, at the tenant's own":   {flow: provider.Flow{}, client: own, session: session, want: Move{Decision: provider.Decision{Step: provider.StepRespond}}},
		"nobody, silent":                  {flow: asking("none"), client: own, want: Move{Decision: provider.Decision{Step: provider.StepRefuse, Error: "login_required"}}},
		"somebody, at another's":          {flow: provider.Flow{UserID: alice}, client: other, session: session, want: Move{Decision: provider.Decision{Step: provider.StepConsent}, Page: "/consent"}, asked: 1, user: alice},
		"somebody new, at another's":      {flow: provider.Flow{}, client: other, session: session, want: Move{Decision: provider.Decision{Step: provider.StepConsent}, Page: "/consent", Changed: true}, asked: 1, user: alice},
		"somebody else than in this flow": {flow: provider.Flow{UserID: bob}, client: other, session: session, want: Move{Page: "/login"}, asked: 1, user: bob},
	} {
		c := &consents{}
		d := &Dispatcher{Scopes: provider.ScopePolicy{Resources: servers{}}, Consents: c, Now: func() time.Time { return now }}
		got, err := d.Decide(ctx, &tt.flow, tt.client, tt.session)
		if err != nil || got != tt.want {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, tt.want)
		}
		if c.asked != tt.asked || tt.flow.UserID != tt.user {
			t.Errorf("%s: consents were read %d times, want %d; the flow is %s's, want %s's", name, c.asked, tt.asked, tt.flow.UserID, tt.user)
		}
	}
}

func TestDecide_failsWhereConsentsCannotBeRead(t *testing.T) {
	t.Parallel()
	ctx := tenant.With(t.Context(), &tenant.Tenant{ID: tenant.ID(uuid.New())})
	down := errors.New("down")
	d := &Dispatcher{Scopes: provider.ScopePolicy{Resources: servers{}}, Consents: &consents{err: down}, Now: time.Now}
	_, err := d.Decide(ctx, &provider.Flow{}, &provider.Client{}, &identity.Session{UserID: uuid.New()})
	if !errors.Is(err, down) {
		t.Errorf("got %v, want that it is down", err)
	}
}

func asking(prompt string) provider.Flow {
	return provider.Flow{Request: provider.Request{Prompt: []string{prompt}}}
}
