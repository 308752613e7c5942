package dispatch

import (
	"context"
	"time"

	"plinto/identity"
	"plinto/provider"
	"plinto/tenant"
)

// Hold decides about a proof before a session is made of it. Where a second factor is
// missing, or a look at the mail of who proved a password alone in a new browser, it keeps the
// proof in the flow, and returns where that is asked for; false: the proof is enough, perhaps
// because the browser was remembered, which is noted in it. remember is what the user asked for.
func (d *Dispatcher) Hold(ctx context.Context, flow *provider.Flow, proof *identity.Proof, remember bool) (Move, bool) {
	s := tenant.Must(ctx).Settings
	breached := identity.DemandsFactor(s.Password, proof.User.PasswordState)
	s.MFA = flow.Tightened(s.MFA)
	factor := flow.NeedsFactor(s.MFA, s.ACRLevels, proof.AMR, proof.SecondFactor || breached)
	if factor && proof.SecondFactor && !breached && proof.Device.Remembered && s.Devices.Remembers() > 0 && flow.TakesDevice(s.MFA, s.ACRLevels, proof.AMR) {
		proof.WaivedBy, factor = proof.Device.ID, false
	}
	look := (!factor || !proof.SecondFactor) && proof.NeedsDeviceCheck(s.Devices, d.Mails)
	if !factor && !look {
		return Move{}, false
	}
	flow.Hold(proof, remember)
	flow.Proved.Breached, flow.Proved.NewDevice = breached, look
	flow.Proved.Enrol = factor && !proof.SecondFactor
	return d.held(ctx, flow), true
}

// HoldToConnect keeps a proof in the flow in place of a session, until its user has said whether the account at an identity provider that
// they have shown is theirs. remember and device are what they asked for: see browser.Start.
func (d *Dispatcher) HoldToConnect(ctx context.Context, flow *provider.Flow, proof *identity.Proof, remember bool, device time.Duration) Move {
	flow.Hold(proof, remember)
	flow.Proved.Connects, flow.Proved.Enrol, flow.Proved.RememberDevice = true, false, device
	return d.held(ctx, flow)
}

// held is where what is missing of a proof in the flow is proved.
func (d *Dispatcher) held(ctx context.Context, flow *provider.Flow) Move {
	facts := d.basic(ctx, nil, nil)
	decision := flow.Next(facts)
	note(ctx, flow, facts, decision)
	return Move{Decision: decision, Page: decision.Step.Page(), Changed: true}
}

// AsksDevice reports whether a flow is at the step that asks for the code that was mailed because
// of a new browser.
func (d *Dispatcher) AsksDevice(ctx context.Context, flow *provider.Flow, client *provider.Client, session *identity.Session) bool {
	return d.step(ctx, flow, client, session) == provider.StepDevice
}

// AsksFactor returns the step of a factor that a flow is at: one is asked for, added, demanded or
// offered; false when the flow is at another step. A form of that step counts only then: the
// steps before it were taken.
func (d *Dispatcher) AsksFactor(ctx context.Context, flow *provider.Flow, client *provider.Client, session *identity.Session) (provider.Step, bool) {
	step := d.step(ctx, flow, client, session)
	return step, step == provider.StepFactor || step == provider.StepEnrol || step == provider.StepOffer || step == provider.StepPasskey
}

// AsksPassword reports whether a flow is at the step in which the user sets another password.
func (d *Dispatcher) AsksPassword(ctx context.Context, flow *provider.Flow, client *provider.Client, session *identity.Session) bool {
	return d.step(ctx, flow, client, session) == provider.StepPassword
}

// AsksKeep reports whether a flow is at the step in which the user says that they want to keep
// their account.
func (d *Dispatcher) AsksKeep(ctx context.Context, flow *provider.Flow, client *provider.Client, session *identity.Session) bool {
	return d.step(ctx, flow, client, session) == provider.StepKeep
}

// step is the next step of a flow, of those that no statement has to be sent for.
func (d *Dispatcher) step(ctx context.Context, flow *provider.Flow, client *provider.Client, session *identity.Session) provider.Step {
	flow.DropLate(d.Now())
	facts := d.basic(ctx, client, session)
	if session != nil {
		facts.Subject = d.Subjects.Of(tenant.Must(ctx).ID, client, session.UserID)
	}
	return flow.Next(facts).Step
}

// basic are the facts that no statement has to be sent for.
func (d *Dispatcher) basic(ctx context.Context, client *provider.Client, session *identity.Session) provider.Facts {
	s := tenant.Must(ctx).Settings
	return provider.Facts{Now: d.Now(), Client: client, Session: session, ACRLevels: s.ACRLevels, MFA: s.MFA, Password: s.Password, Development: d.Development}
}
