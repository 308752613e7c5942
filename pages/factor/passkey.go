package factor

import (
	"context"
	"errors"
	"net/http"

	"plinto/identity/mfa"
	"plinto/identity/passkey"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/tenant"
	"plinto/ui"
)

// Pages that a challenge is for.
const (
	factorStep = "factor"
	enrolStep  = "enrol"
	offerStep  = "offer"
	silentStep = "silent"
	// demandedStep is of a passkey that an organization demands.
	demandedStep = "demanded"
)

// ViewPasskey serves GET of the address that passkeys are posted to: it is loaded again.
func (*Handler) ViewPasskey(_ context.Context, v *browser.Visit) error { return v.See(paths.Factor) }

// ViewEnrolPasskey is ViewPasskey of the page that adds one.
func (*Handler) ViewEnrolPasskey(_ context.Context, v *browser.Visit) error {
	return v.See(paths.FactorEnrol)
}

// offer has the page ask for one of the user's passkeys.
func (h *Handler) offer(ctx context.Context, v *browser.Visit, f *first, view *ui.PasskeyView) error {
	if !passkey.Available(tenant.Must(ctx)) {
		return nil
	}
	view.Accepted, view.Details = h.Passkeys.SignalAccepted(ctx, &f.user, f.has.Keys), h.Passkeys.SignalDetails(ctx, &f.user)
	var err error
	view.Options, err = h.Passkeys.Request(ctx, v.Ceremony(factorStep, &f.user), f.has.Keys)
	return err
}

// create has the page make a passkey.
func (h *Handler) create(ctx context.Context, v *browser.Visit, f *first, step string, view *ui.PasskeyView) (err error) {
	if passkey.Available(tenant.Must(ctx)) {
		view.Options, err = h.Passkeys.Creation(ctx, v.Ceremony(step, &f.user), &f.user)
	}
	return err
}

// SubmitPasskey serves POST /login/factor/passkey: a passkey as the second factor.
func (h *Handler) SubmitPasskey(ctx context.Context, v *browser.Visit) error {
	f, err := h.at(ctx, v, provider.StepFactor)
	if f == nil {
		return err
	}
	proof, err := h.Passkeys.Prove(ctx, passkey.Answer{
		Ceremony: v.Ceremony(factorStep, &f.user), JSON: v.Form.Get("passkey"), User: &f.user, Keys: f.has.Keys, ClientID: v.Flow.Request.ClientID,
	})
	if err == nil {
		err = h.enter(ctx, v, f, append(proof.AMR, mfa.AMRMulti), proof.Spend)
	}
	if err != nil {
		return h.refused(ctx, v, f, err)
	}
	return nil
}

// SubmitEnrolPasskey serves POST /login/factor/enrol/passkey.
func (h *Handler) SubmitEnrolPasskey(ctx context.Context, v *browser.Visit) error {
	f, err := h.at(ctx, v, provider.StepEnrol)
	if f == nil {
		return err
	}
	if !v.Flow.IsEnrolling(f.user.ID) {
		return v.See(paths.FactorEnrol)
	}
	if err := h.add(ctx, v, f, enrolStep); err != nil {
		return h.notEnrolled(ctx, v, f, err)
	}
	return nil
}

// add stores the passkey that was posted, and makes the session of both proofs.
func (h *Handler) add(ctx context.Context, v *browser.Visit, f *first, step string) error {
	made, err := h.Passkeys.Confirm(ctx, passkey.Enrolment{First: true, Answer: passkey.Answer{
		Ceremony: v.Ceremony(step, &f.user), JSON: v.Form.Get("passkey"), User: &f.user,
	}})
	if err != nil {
		return err
	}
	return h.enter(ctx, v, f, made.AMR(), func(ctx context.Context) (err error) {
		v.Flow.CodesOf = f.user.ID
		v.Flow.Codes, err = h.Passkeys.Enrol(ctx, made)
		return err
	})
}

// madeProblem returns what a page says of a passkey that was not added, or "".
func madeProblem(err error) ui.PasskeyProblem {
	if errors.Is(err, passkey.ErrTaken) {
		return ui.PasskeyTaken
	}
	return browser.PasskeyProblem(err)
}

// ViewOffer serves GET /login/passkey/new.
func (h *Handler) ViewOffer(ctx context.Context, v *browser.Visit) error {
	f, err := h.at(ctx, v, provider.StepOffer)
	if f == nil {
		return err
	}
	if v.Flow.Silent {
		return h.askSilent(ctx, v, f)
	}
	return h.askOffer(ctx, v, f, http.StatusOK, "")
}

// askSilent has the browser make a passkey by itself.
func (h *Handler) askSilent(ctx context.Context, v *browser.Visit, f *first) (err error) {
	var view ui.PasskeyOfferView
	if view.FactorFrame, err = frame(ctx, v, f); err != nil {
		return err
	}
	if err := h.create(ctx, v, f, silentStep, &view.Passkey); err != nil {
		return err
	}
	return v.Render(http.StatusOK, ui.PasskeySilent(view))
}

// keepSilent stores the passkey that a browser made by itself, if it did. Its session stays what it was:
// nobody may have been there. Where that fails the user, who did nothing, is told nothing.
func (h *Handler) keepSilent(ctx context.Context, v *browser.Visit, f *first) error {
	wanted := v.Flow.Silent
	v.Flow.Silent = false
	if answer := v.Form.Get("passkey"); wanted && answer != "" {
		made, err := h.Passkeys.Confirm(ctx, passkey.Enrolment{First: true, Silent: true, Apart: true, Answer: passkey.Answer{
			Ceremony: v.Ceremony(silentStep, &f.user), JSON: answer, User: &f.user,
		}})
		if err == nil {
			_, err = h.Passkeys.Enrol(ctx, made)
		}
		switch {
		case err == nil:
			v.Flow.Offer = false
		case fault.KindOf(err) == "":
			return err
		}
	}
	return v.Return()
}

func (h *Handler) askOffer(ctx context.Context, v *browser.Visit, f *first, status int, problem ui.PasskeyProblem) error {
	view := ui.PasskeyOfferView{Passkey: ui.PasskeyView{Problem: problem}}
	var err error
	if view.FactorFrame, err = frame(ctx, v, f); err != nil {
		return err
	}
	if err := h.create(ctx, v, f, offerStep, &view.Passkey); err != nil {
		return err
	}
	return v.Render(status, ui.PasskeyOffer(view))
}

// SubmitOffer serves POST /login/passkey/new.
func (h *Handler) SubmitOffer(ctx context.Context, v *browser.Visit) error {
	f, err := h.at(ctx, v, provider.StepOffer)
	if f == nil {
		return err
	}
	switch v.Form.Get("action") {
	case "silent":
		return h.keepSilent(ctx, v, f)
	case "later":
		v.Flow.Offer, v.Flow.Silent = false, false
		v.DeclinePasskey()
		return v.Return()
	}
	err = h.add(ctx, v, f, offerStep)
	switch problem := madeProblem(err); {
	case err == nil:
		return nil
	case errors.Is(err, mfa.ErrHeld): // another tab added one
		v.Flow.Offer, v.Flow.Silent, v.Flow.Codes = false, false, nil
		return v.Return()
	case problem != "":
		v.Refuse(ctx, web.StatusOf(err), err)
		v.Flow.Codes = nil
		return h.askOffer(ctx, v, f, web.StatusOf(err), problem)
	}
	return h.notEnrolled(ctx, v, f, err)
}
