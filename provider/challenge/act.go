package challenge

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"plinto/dispatch"
	"plinto/identity"
	"plinto/identity/passkey"
	"plinto/provider"
	"plinto/tenant"
)

// Steps, as applications are told them. Those that need a page are named too, so that an application can say
// why it opens one.
var stepNames = map[provider.Step]string{
	provider.StepSignIn: "sign_in", provider.StepDevice: "device", provider.StepFactor: "factor", provider.StepOrganization: "organization",
	provider.StepSignUp: "sign_up", provider.StepEnrol: "enrol", provider.StepCodes: "recovery_codes", provider.StepKeep: "keep_account",
	provider.StepPassword: "new_password", provider.StepOffer: "passkey_offer", provider.StepPasskey: "passkey_demanded", provider.StepSelectAccount: "select_account",
	provider.StepConsent: "consent", provider.StepConnect: "connect_identity",
}

// What was wrong with what was sent.
const (
	wrongCredentials  = "incorrect_credentials"
	wrongCode         = "incorrect_code"
	wrongPasskey      = "passkey_refused"
	wrongOrganization = "organization_refused"
)

// maxSteps bounds the steps that one request takes: each either asks or proves something new.
const maxSteps = 8

// act takes the flow as far as what was sent goes.
func (t *turn) act(ctx context.Context) (dispatch.Answer, error) {
	for range maxSteps {
		move, err := t.dispatcher.Decide(ctx, t.flow, t.client, t.session)
		if err != nil {
			return nil, err
		}
		a, err := t.step(ctx, move)
		if a != nil || err != nil {
			return a, err
		}
	}
	return t.web(ctx, "")
}

// step takes one step; nil: on to the next.
func (t *turn) step(ctx context.Context, move dispatch.Move) (dispatch.Answer, error) {
	switch move.Step {
	case provider.StepSignIn:
		return t.signIn(ctx)
	case provider.StepDevice:
		return t.lookAtMail(ctx)
	case provider.StepFactor:
		return t.factor(ctx)
	case provider.StepOrganization:
		return t.organization(ctx)
	case provider.StepRespond:
		return t.respond(ctx)
	case provider.StepRefuse:
		return t.refuse(move.Error), nil
	case provider.StepSignUp, provider.StepEnrol, provider.StepCodes, provider.StepKeep, provider.StepPassword, provider.StepOffer, provider.StepPasskey,
		provider.StepSelectAccount, provider.StepConsent, provider.StepConnect:
	}
	return t.web(ctx, stepNames[move.Step])
}

// taken returns a parameter that proves something, once.
func (t *turn) taken(name string) string {
	value := t.form.Get(name)
	delete(t.form, name)
	return value
}

// signIn proves who the user is: by name and password, or by a passkey alone.
func (t *turn) signIn(ctx context.Context) (dispatch.Answer, error) {
	name, password, answer, mail := t.taken(paramUsername), t.taken(paramPassword), t.taken(paramPasskey), t.taken(paramMail) == "true"
	var proof identity.Proof
	var err error
	switch {
	case answer != "":
		proof, err = t.h.Passkeys.Prove(ctx, passkey.Answer{Ceremony: t.ceremony("login", nil), JSON: answer, ClientID: t.client.ClientID, Elsewhere: true, Apps: t.client.AppOrigins()})
	case name != "" && password != "":
		proof, err = t.h.Passwords.Prove(ctx, identity.Attempt{
			Identifier: name, Password: password, Address: t.from(),
			Device: t.device.Hash(), KnownFor: t.device.Knows, ClientID: t.client.ClientID,
		})
	case name != "" && mail && t.mails(ctx):
		return t.mailCode(ctx, name, t.form.Get(paramRemember) == "true")
	case t.flow.ByMail != nil && t.mails(ctx):
		return t.byMail(ctx)
	default:
		return t.askSignIn(ctx, "")
	}
	wrong := t.notNamed(name)
	if err != nil {
		return wrong(ctx, err)
	}
	t.flow.ByMail = nil
	if a, err := t.admitted(ctx, &proof); a != nil || err != nil {
		return a, err
	}
	remember := t.form.Get(paramRemember) == "true"
	if _, held := t.dispatcher.Hold(ctx, t.flow, &proof, remember); held {
		return nil, t.mail(ctx, &proof.User)
	}
	return t.start(ctx, &proof, remember, wrong)
}

// notSignedIn asks again, without saying which part was wrong.
func (t *turn) notSignedIn(ctx context.Context, err error) (dispatch.Answer, error) {
	switch {
	case errors.Is(err, identity.ErrEffort):
		return t.web(ctx, stepNames[provider.StepSignIn]) // its page has the challenge
	case errors.Is(err, identity.ErrRefused):
		return t.askSignIn(ctx, wrongCredentials)
	case ofPasskey(err):
		return t.askSignIn(ctx, wrongPasskey)
	}
	return nil, err
}

// ofPasskey reports whether an error is about what an authenticator answered.
func ofPasskey(err error) bool {
	return slices.ContainsFunc([]error{passkey.ErrRefused, passkey.ErrUnknown, passkey.ErrUnverified, passkey.ErrExpired, passkey.ErrSpent}, func(e error) bool {
		return errors.Is(err, e)
	})
}

func (t *turn) askSignIn(ctx context.Context, problem string) (dispatch.Answer, error) {
	t.flow.Proved, t.flow.ByMail = nil, nil
	asked := &t.flow.Organization.Demands // of the organization, once it is known which one it is for
	a := t.ask(stepNames[provider.StepSignIn], problem)
	if !asked.NoPassword || t.flow.Key.Lacks {
		a.Methods = append(a.Methods, "password")
	}
	if t.mails(ctx) {
		a.Methods = append(a.Methods, methodMail)
	}
	led, err := t.h.Realms.Discovers(ctx, t.client.TakesConnection)
	if err != nil {
		return nil, err
	}
	if led {
		a.Methods = append(a.Methods, methodProvider)
	}
	if asked.NoPasskey || !passkey.Available(tenant.Must(ctx)) {
		return a, nil
	}
	return a, a.offer(ctx, t.ceremony("login", nil), nil)
}

// ceremony is what a challenge is for.
func (t *turn) ceremony(step string, user *identity.User) passkey.Ceremony {
	c := passkey.Ceremony{Flow: t.flow.ID.String(), Step: step}
	if user != nil {
		c.User = user.PublicID()
	}
	return c
}

// start makes the session of a proof and goes on; wrong answers a proof that does not count.
func (t *turn) start(ctx context.Context, proof *identity.Proof, remember bool, wrong func(context.Context, error) (dispatch.Answer, error)) (dispatch.Answer, error) {
	d := &t.dispatcher
	client, err := d.Prepare(ctx, t.flow)
	if err != nil {
		return nil, fmt.Errorf("prepare next step: %w", err)
	}
	if client == nil {
		return nil, errSession
	}
	var move dispatch.Move
	in, err := t.h.Starter.Start(ctx, *proof, identity.Browser{
		Current: t.session, Remember: remember, Known: t.device.Knows(proof.User.ID), For: t.purpose(ctx), Device: t.device.Named(),
		Then: func(ctx context.Context, in *identity.SignedIn) (err error) {
			t.flow.Bind(&in.Session)
			move, err = d.Advance(ctx, t.flow, client, &in.Session)
			return err
		},
	})
	if errors.Is(err, identity.ErrProviderRequired) {
		return t.web(ctx, stepNames[provider.StepSignIn]) // its page leads to the provider
	}
	if err != nil {
		return wrong(ctx, err)
	}
	t.session, t.token, t.known = &in.Session, in.Token, t.device.With(in.User.ID)
	return move.Answer, nil
}

// purpose is what the user signs in for.
func (t *turn) purpose(ctx context.Context) identity.Purpose {
	levels := tenant.Must(ctx).Settings.ACRLevels
	return identity.Purpose{
		ClientID: t.client.ClientID, ACRValues: t.flow.Request.ACRValues, Demanded: t.flow.WhySignIn(t.session, levels, t.h.Now()),
	}
}

// respond answers for the session that there is. What was decided on may have changed since it was read.
func (t *turn) respond(ctx context.Context) (dispatch.Answer, error) {
	a, err := t.grant(ctx, t.session, false)
	switch {
	case errors.Is(err, identity.ErrNoSession):
		t.session, t.token, t.flow.SignedIn = nil, "", false
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("issue code: %w", err)
	}
	return a, nil
}

// organization takes the choice of an organization. What was sent counts only if it could be chosen.
func (t *turn) organization(ctx context.Context) (dispatch.Answer, error) {
	from, asks, err := t.dispatcher.AsksOrganization(ctx, t.flow, t.client, t.session)
	if err != nil || !asks {
		return nil, err
	}
	picked, problem := t.taken(paramPick), ""
	a := t.ask(stepNames[provider.StepOrganization], "", "choice")
	for i := range from {
		m := &from[i]
		if m.Suspended {
			continue
		}
		if m.PublicID() == picked {
			t.flow.PickOrganization(t.session.UserID, m.ID)
			return nil, nil
		}
		a.Organizations = append(a.Organizations, organizationView{ID: m.PublicID(), Slug: m.Slug, Name: m.Name})
	}
	if picked != "" {
		problem = wrongOrganization
	}
	if len(a.Organizations) == 0 {
		return t.web(ctx, a.Step)
	}
	a.Problem = problem
	return a, nil
}
