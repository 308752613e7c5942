package signin

import (
	"context"
	"time"

	"plinto/identity/passkey"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/ui"
)

// loginStep is the page that a challenge of the sign-in page is for.
const loginStep = "login"

// ViewPasskey serves GET of the address that passkeys are posted to: it is loaded again.
func (*Handler) ViewPasskey(_ context.Context, v *browser.Visit) error { return v.See(paths.Login) }

// SubmitPasskey serves POST /login/passkey: a passkey instead of name and password.
func (h *Handler) SubmitPasskey(ctx context.Context, v *browser.Visit) error {
	answer := v.Form.Get("passkey")
	if answer == "" {
		return v.See(paths.Login)
	}
	proof, err := h.Passkeys.Prove(ctx, passkey.Answer{
		Ceremony: v.Ceremony(loginStep, nil), JSON: answer, ClientID: v.Flow.Request.ClientID,
	})
	if err != nil {
		return h.passkeyRefused(ctx, v, answer, err)
	}
	if err := v.Admit(ctx, h.Starter, &proof, time.Now()); err != nil {
		return err
	}
	remember := v.Form.Get("remember") != ""
	if move, held := h.Dispatcher.Hold(ctx, v.Flow, &proof, remember); held {
		return v.Follow(move)
	}
	if err := v.StartSession(ctx, h.Starter, h.Dispatcher, proof, browser.Start{Remember: remember, Now: time.Now()}); err != nil {
		return h.passkeyRefused(ctx, v, answer, err)
	}
	return nil
}

func (h *Handler) passkeyRefused(ctx context.Context, v *browser.Visit, answer string, err error) error {
	problem := browser.PasskeyProblem(err)
	if problem == "" {
		return h.refused(ctx, v, err)
	}
	v.Refuse(ctx, web.StatusOf(err), err)
	view := ui.SignInView{Remember: v.Form.Get("remember") != "", Passkey: ui.PasskeyView{
		Problem: problem, Unknown: browser.UnknownPasskey(ctx, h.Passkeys, answer, err),
	}}
	return h.page(ctx, v, web.StatusOf(err), view)
}
