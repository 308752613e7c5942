package dispatch

import (
	"context"
	"fmt"
	"time"

	"plinto/identity"
	"plinto/provider"
	"plinto/tenant"
)

// A Dispatcher decides where flows go.
type Dispatcher struct {
	Scopes   provider.ScopePolicy
	Consents provider.Consents
	Subjects provider.Subjects
	Now      func() time.Time
	// Development says that apps on loopback are the developer's own.
	Development bool
}

// pages are where the steps that need the user happen, below the issuer.
var pages = map[provider.Step]string{
	provider.StepSignIn:        "/login",
	provider.StepSignUp:        "/sign-up",
	provider.StepSelectAccount: "/account",
	provider.StepConsent:       "/consent",
}

// Page returns where a step happens, or "" for a step without a page.
func Page(step provider.Step) string { return pages[step] }

// A Move is the next step of a flow.
type Move struct {
	provider.Decision
	Page string // where the step happens; "": the client gets its answer
	// Changed says that the flow was changed and has to be kept again.
	Changed bool
}

// Advance decides the next step of a flow for the user who is signed in, or nobody (nil).
func (d *Dispatcher) Advance(ctx context.Context, flow *provider.Flow, client *provider.Client, session *identity.Session) (Move, error) {
	facts, err := d.facts(ctx, flow, client, session)
	if err != nil {
		return Move{}, err
	}
	decision := flow.Next(facts)
	move := Move{Decision: decision, Page: Page(decision.Step)}
	if decision.Step == provider.StepConsent && flow.UserID != session.UserID {
		// The answer has to be this user's: a browser that changes user while the page
		// is open must not answer for the other.
		flow.UserID, move.Changed = session.UserID, true
	}
	return move, nil
}

// facts are what is known of a client and of who is signed in. Consents are read only
// where they count.
func (d *Dispatcher) facts(ctx context.Context, flow *provider.Flow, client *provider.Client, session *identity.Session) (provider.Facts, error) {
	facts := provider.Facts{Now: d.Now(), Client: client, Session: session, Development: d.Development}
	if session == nil {
		return facts, nil
	}
	facts.Subject = d.Subjects.Of(tenant.Must(ctx).ID, client, session.UserID)
	if client.FirstParty && flow.Consented == "" {
		return facts, nil // asked only if the client wants it
	}
	var err error
	if facts.Asked, err = d.Scopes.ConsentRequest(ctx, client, &flow.Request); err != nil {
		return facts, err
	}
	if client.FirstParty || flow.Consented != "" {
		return facts, nil
	}
	if facts.Consent, err = d.Consents.Of(ctx, session.UserID, client.ID, facts.Asked.Shown()); err != nil {
		return facts, fmt.Errorf("read consent: %w", err)
	}
	return facts, nil
}
