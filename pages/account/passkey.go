package account

import (
	"context"
	"errors"
	"net/http"

	"plinto/identity/mfa"
	"plinto/identity/passkey"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/tenant"
	"plinto/ui"
)

// ceremony is what a challenge of the page is for: an answer counts in this session.
func (v *visit) ceremony() passkey.Ceremony {
	return passkey.Ceremony{Flow: v.session.ID.String(), Step: "account", User: v.user.PublicID()}
}

// AskPasskey serves GET /account/security/passkey.
func AskPasskey(ctx context.Context, v *visit) error {
	return v.askPasskey(ctx, http.StatusOK, ui.AccountPasskeyView{})
}

func (v *visit) askPasskey(ctx context.Context, status int, view ui.AccountPasskeyView) (err error) {
	if !passkey.Available(tenant.Must(ctx)) {
		return v.see(paths.AccountSecurity, "")
	}
	view.AccountFrame = v.frame(ui.SectionSecurity)
	if view.Passkey.Options, err = v.Passkeys.Creation(ctx, v.ceremony(), &v.user); err != nil {
		return err
	}
	return v.render(status, ui.AccountPasskey(view))
}

// AddPasskey serves POST /account/security/passkey.
func AddPasskey(ctx context.Context, v *visit) error {
	made, err := v.Passkeys.Confirm(ctx, passkey.Enrolment{First: !v.session.SecondFactor, Answer: passkey.Answer{
		Ceremony: v.ceremony(), JSON: v.form.Get("passkey"), User: &v.user,
	}})
	var codes []string
	if err == nil {
		err = v.enrol(ctx, made.AMR(), func(ctx context.Context) (err error) {
			codes, err = v.Passkeys.Enrol(ctx, made)
			return err
		})
	}
	view := ui.AccountPasskeyView{Full: errors.Is(err, passkey.ErrFull)}
	if view.Passkey.Problem = browser.PasskeyProblem(err); errors.Is(err, passkey.ErrTaken) {
		view.Passkey.Problem = ui.PasskeyTaken
	}
	switch {
	case err == nil:
		return v.codes(codes)
	case over(err), errors.Is(err, mfa.ErrHeld): // another tab added one, which has to be proved now
		return v.see(paths.AccountPasskey, "")
	case view.Full, view.Passkey.Problem != "":
		v.refuse(ctx, err)
		return v.askPasskey(ctx, web.StatusOf(err), view)
	}
	return err
}
