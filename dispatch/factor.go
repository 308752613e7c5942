package dispatch

import (
	"context"

	"plinto/identity"
	"plinto/provider"
	"plinto/tenant"
)

// Hold decides about a proof before a session is made of it. Where a second factor is
// missing it keeps the proof in the flow, and returns where that factor is asked for; false:
// the proof is enough. remember is what the user asked for.
func (d *Dispatcher) Hold(ctx context.Context, flow *provider.Flow, proof *identity.Proof, remember bool) (Move, bool) {
	s := tenant.Must(ctx).Settings
	if !flow.NeedsFactor(s.MFA, s.ACRLevels, proof.AMR, proof.SecondFactor) {
		return Move{}, false
	}
	flow.Hold(proof, remember)
	facts := d.basic(ctx, nil, nil)
	decision := flow.Next(facts)
	note(ctx, flow, facts, decision)
	return Move{Decision: decision, Page: decision.Step.Page(), Changed: true}, true
}

// AsksFactor returns the step of a factor that a flow is at: one is asked for, added or
// offered; false when the flow is at another step. A form of that step counts only then: the steps before it were taken.
func (d *Dispatcher) AsksFactor(ctx context.Context, flow *provider.Flow, client *provider.Client, session *identity.Session) (provider.Step, bool) {
	facts := d.basic(ctx, client, session)
	if session != nil {
		facts.Subject = d.Subjects.Of(tenant.Must(ctx).ID, client, session.UserID)
	}
	step := flow.Next(facts).Step
	return step, step == provider.StepFactor || step == provider.StepEnrol || step == provider.StepOffer
}

// basic are the facts that no statement has to be sent for.
func (d *Dispatcher) basic(ctx context.Context, client *provider.Client, session *identity.Session) provider.Facts {
	s := tenant.Must(ctx).Settings
	return provider.Facts{Now: d.Now(), Client: client, Session: session, ACRLevels: s.ACRLevels, MFA: s.MFA, Development: d.Development}
}
