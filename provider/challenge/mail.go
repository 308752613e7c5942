package challenge

import (
	"context"
	"errors"

	"plinto/dispatch"
	"plinto/identity"
	"plinto/identity/mailsignin"
	"plinto/tenant"
)

// stepMail asks for the code of a mail that is sent instead of a password, methodMail is how it is offered.
const (
	stepMail   = "email"
	methodMail = "email_code"
)

// mails reports whether a code by mail signs in here.
func (t *turn) mails(ctx context.Context) bool {
	return t.h.MailCodes.Open(tenant.Must(ctx)) && !t.flow.Organization.Demands.NoMail
}

// mailCode has a code mailed to whoever has a name, and says the same of names that nobody has.
func (t *turn) mailCode(ctx context.Context, name string, remember bool) (dispatch.Answer, error) {
	if a, err := t.demanded(ctx, name); a != nil || err != nil {
		return a, err
	}
	begun, err := t.h.MailCodes.Begin(ctx, mailsignin.Request{
		Typed: name, Lang: t.h.Lang(t.flow.Request.UILocales, t.r.Header.Get("Accept-Language")), Address: t.from(), Device: t.device.Hash(), CodeOnly: true,
	})
	if err != nil {
		return t.notSignedIn(ctx, err)
	}
	begun.Remember = remember
	t.flow.ByMail, t.flow.Proved = &begun, nil
	return t.askMailCode(""), nil
}

func (t *turn) askMailCode(problem string) *reply {
	a := t.ask(stepMail, problem, "code")
	a.SentTo = t.flow.ByMail.Email
	return a
}

// byMail takes the code of the mail.
func (t *turn) byMail(ctx context.Context) (dispatch.Answer, error) {
	pending := t.flow.ByMail
	code := t.taken(paramCode)
	switch {
	case t.taken(paramResend) == "true":
		return t.mailCode(ctx, pending.Email, pending.Remember)
	case code == "":
		return t.askMailCode(""), nil
	}
	proof, err := t.h.MailCodes.Prove(ctx, *pending, code, t.device.Hash(), t.client.ClientID)
	if err != nil {
		return t.notByMail(err)
	}
	if a, err := t.admitted(ctx, &proof); a != nil || err != nil {
		return a, err
	}
	_, held := t.dispatcher.Hold(ctx, t.flow, &proof, pending.Remember)
	if !held {
		return t.start(ctx, &proof, pending.Remember, func(_ context.Context, err error) (dispatch.Answer, error) { return t.notByMail(err) })
	}
	// What is kept in the auth_session instead of a session takes the code too.
	if err := t.h.Tx.InTx(ctx, proof.Spend); err != nil {
		t.flow.Proved = nil
		return t.notByMail(err)
	}
	t.flow.ByMail = nil
	return nil, nil
}

// notByMail asks for the code again. Of a user who was disabled or signed out everywhere at that moment it
// says the same.
func (t *turn) notByMail(err error) (dispatch.Answer, error) {
	if errors.Is(err, mailsignin.ErrCode) || errors.Is(err, identity.ErrRefused) {
		return t.askMailCode(wrongCode), nil
	}
	return nil, err
}
