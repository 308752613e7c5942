package challenge

import (
	"context"
	"errors"
	"time"

	"plinto/dispatch"
	"plinto/identity"
	"plinto/identity/device"
	"plinto/identity/mfa"
	"plinto/identity/passkey"
	"plinto/provider"
	"plinto/tenant"
)

// mail has a code mailed to who is asked for one.
func (t *turn) mail(ctx context.Context, user *identity.User) error {
	p := t.flow.Proved
	if !p.NewDevice || !t.h.Devices.Reaches(user) {
		return nil
	}
	code, err := t.h.Devices.Begin(ctx, user, t.device.Knows(user.ID), t.h.Lang(t.flow.Request.UILocales, t.r.Header.Get("Accept-Language")))
	if err == nil {
		p.Mailed = &code
	}
	return err
}

// proved returns the user of the proof in the flow, or nil: it counts for nothing once they were disabled
// or their mark has moved, as by another password.
func (t *turn) proved(ctx context.Context) (*identity.User, error) {
	user, err := t.h.Users.ByID(ctx, t.flow.Proved.UserID)
	switch gone := errors.Is(err, identity.ErrUserNotFound); {
	case err != nil && !gone:
		return nil, err
	case gone, !t.flow.Proved.Stands(tenant.Must(ctx), &user):
		t.flow.Proved = nil
		return nil, nil
	}
	return &user, nil
}

// lookAtMail takes the code that was mailed because the application is new to the account.
func (t *turn) lookAtMail(ctx context.Context) (dispatch.Answer, error) {
	user, err := t.proved(ctx)
	if user == nil || err != nil {
		return nil, err
	}
	p := t.flow.Proved
	if !t.h.Devices.Reaches(user) {
		return t.web(ctx, stepNames[provider.StepDevice])
	}
	code := t.taken(paramCode)
	switch {
	case p.Mailed == nil, t.taken(paramResend) == "true":
		if err := t.mail(ctx, user); err != nil {
			return nil, err
		}
		return t.askMail(""), nil
	case code == "":
		return t.askMail(""), nil
	}
	spend, err := t.h.Devices.Verify(ctx, user, t.device.Knows(user.ID), *p.Mailed, code, t.client.ClientID)
	if err != nil {
		return t.notMailed(ctx, err)
	}
	if p.Enrol {
		if err := t.h.Tx.InTx(ctx, spend); err != nil {
			return t.notMailed(ctx, err)
		}
		p.NewDevice, p.Mailed, p.At = false, nil, t.h.Now()
		return nil, nil
	}
	proof := &identity.Proof{User: *user, AMR: p.AMR, At: t.h.Now(), Upstream: p.Upstream, Spend: spend}
	return t.start(ctx, proof, p.Remember, t.notMailed)
}

func (t *turn) askMail(problem string) dispatch.Answer {
	a := t.ask(stepNames[provider.StepDevice], problem, "code")
	a.SentTo = t.flow.Proved.Mailed.Email
	return a
}

func (t *turn) notMailed(ctx context.Context, err error) (dispatch.Answer, error) {
	switch {
	case errors.Is(err, device.ErrCode):
		return t.askMail(wrongCode), nil
	case errors.Is(err, identity.ErrRefused):
		return t.askSignIn(ctx, "")
	}
	return nil, err
}

// A first is what the user proved before the second factor.
type first struct {
	user     *identity.User
	amr      []string
	at       time.Time
	remember bool
	upstream identity.Upstream
}

// first returns it, of the flow or of the session that is stepped up; nil when it counts no more.
func (t *turn) first(ctx context.Context) (*first, error) {
	if p := t.flow.Proved; p != nil {
		user, err := t.proved(ctx)
		if user == nil || err != nil {
			return nil, err
		}
		return &first{user, p.AMR, t.h.Now(), p.Remember, p.Upstream}, nil
	}
	user, err := t.h.Users.ByID(ctx, t.session.UserID)
	if err != nil {
		return nil, err
	}
	user.NotBefore = t.session.Mark // what was proved before is proved under the mark of then
	return &first{&user, t.session.AMR, t.session.AuthTime, t.session.Remembered, t.session.Upstream}, nil
}

// factor takes a code or a passkey as the second factor.
func (t *turn) factor(ctx context.Context) (dispatch.Answer, error) {
	f, err := t.first(ctx)
	if f == nil || err != nil {
		return nil, err
	}
	wrong := func(ctx context.Context, err error) (dispatch.Answer, error) { return t.notFactor(ctx, f, err) }
	code, answer := t.taken(paramCode), t.taken(paramPasskey)
	proof := &identity.Proof{User: *f.user, At: f.at, SecondFactor: true, Upstream: f.upstream}
	switch {
	case answer != "":
		by, err := t.h.Passkeys.Prove(ctx, passkey.Answer{
			Ceremony: t.ceremony("factor", f.user), JSON: answer, User: f.user, ClientID: t.client.ClientID, Elsewhere: true, Apps: t.client.AppOrigins(),
		})
		if err != nil {
			return wrong(ctx, err)
		}
		proof.AMR, proof.Spend = identity.JoinAMR(f.amr, append(by.AMR, mfa.AMRMulti)), by.Spend
	case code != "":
		try := mfa.Try{User: f.user, Typed: code, ClientID: t.client.ClientID}
		if t.device.Knows(f.user.ID) {
			holder, err := t.h.Passkeys.Holder(ctx, f.user.ID, t.device.Hash())
			if err != nil {
				return nil, err
			}
			try.Device = holder.Device
		}
		by, err := t.h.Factors.Prove(ctx, try)
		if err != nil {
			return wrong(ctx, err)
		}
		proof.AMR, proof.Spend = identity.JoinAMR(f.amr, by.AMR), by.Spend
	default:
		return t.askFactor(ctx, f, "")
	}
	return t.start(ctx, proof, f.remember, wrong)
}

func (t *turn) notFactor(ctx context.Context, f *first, err error) (dispatch.Answer, error) {
	switch {
	case errors.Is(err, identity.ErrRefused): // what was proved before counts no more
		return t.askSignIn(ctx, "")
	case errors.Is(err, mfa.ErrRefused):
		return t.askFactor(ctx, f, wrongCode)
	case ofPasskey(err):
		return t.askFactor(ctx, f, wrongPasskey)
	}
	return nil, err
}

func (t *turn) askFactor(ctx context.Context, f *first, problem string) (dispatch.Answer, error) {
	held, err := t.h.Factors.Held(ctx, f.user.ID)
	if err != nil {
		return nil, err
	}
	a := t.ask(stepNames[provider.StepFactor], problem)
	if len(held.TOTP) > 0 {
		a.Methods = append(a.Methods, "totp")
	}
	a.Methods = append(a.Methods, "recovery_code")
	if held.Passkeys+held.Silent == 0 || !passkey.Available(tenant.Must(ctx)) {
		return a, nil
	}
	keys, err := t.h.Passkeys.Of(ctx, f.user)
	if err != nil {
		return nil, err
	}
	return a, a.offer(ctx, t.ceremony("factor", f.user), keys)
}
