package factor

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/identity/passkey"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/ui"
)

// ViewDemanded serves GET /login/passkey/required.
func (h *Handler) ViewDemanded(ctx context.Context, v *browser.Visit) error {
	f, err := h.demanded(ctx, v)
	if f == nil {
		return err
	}
	return h.askDemanded(ctx, v, f, http.StatusOK, "")
}

// demanded returns what was proved before if the flow is at the step; otherwise it goes where the flow is, and
// returns nil. That is decided anew: who has a passkey by now, from another tab or device, is asked for it.
func (h *Handler) demanded(ctx context.Context, v *browser.Visit) (*first, error) {
	f, err := h.first(ctx, v)
	switch {
	case err != nil:
		return nil, err
	case f == nil, f.step != provider.StepPasskey, slices.ContainsFunc(f.has.Keys, func(k passkey.Passkey) bool { return !k.Silent }):
		return nil, v.Return()
	}
	return f, nil
}

// SubmitDemanded serves POST /login/passkey/required. The session stays what it was: a registration shows no
// possession of the key (Web Authentication Level 3 §7.1), so the user is asked for the passkey next.
func (h *Handler) SubmitDemanded(ctx context.Context, v *browser.Visit) error {
	if left, err := v.Leaves(); left {
		return err
	}
	f, err := h.demanded(ctx, v)
	if f == nil {
		return err
	}
	if !v.Flow.KeyFrom(f.amr, h.Now()).IsZero() {
		return h.askDemanded(ctx, v, f, http.StatusForbidden, "")
	}
	made, err := h.Passkeys.Confirm(ctx, passkey.Enrolment{
		First: !slices.Contains(f.amr, mfa.AMRMulti), Apart: true,
		Answer: passkey.Answer{Ceremony: v.Ceremony(demandedStep, &f.user), JSON: v.Form.Get("passkey"), User: &f.user},
	})
	if err == nil {
		v.Flow.Codes, err = h.Passkeys.Enrol(ctx, made)
	}
	switch problem := madeProblem(err); {
	case err == nil:
		return v.Return()
	case errors.Is(err, identity.ErrRefused), errors.Is(err, mfa.ErrHeld):
		v.Refuse(ctx, web.StatusOf(err), err)
		return v.Return()
	case problem != "":
		v.Refuse(ctx, web.StatusOf(err), err)
		return h.askDemanded(ctx, v, f, web.StatusOf(err), problem)
	}
	return err
}

func (h *Handler) askDemanded(ctx context.Context, v *browser.Visit, f *first, status int, problem ui.PasskeyProblem) error {
	view := ui.PasskeyDemandedView{Organization: v.Flow.Organization.Name, From: v.Flow.KeyFrom(f.amr, h.Now()), Passkey: ui.PasskeyView{Problem: problem}}
	var err error
	if view.FactorFrame, err = frame(ctx, v, f); err != nil {
		return err
	}
	if view.From.IsZero() {
		if err := h.create(ctx, v, f, demandedStep, &view.Passkey); err != nil {
			return err
		}
	}
	return v.Render(status, ui.PasskeyDemanded(view))
}
