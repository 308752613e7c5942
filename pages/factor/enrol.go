package factor

import (
	"context"
	"errors"
	"net/http"

	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/tenant"
	"plinto/ui"
)

// ViewEnrol serves GET /login/factor/enrol. The secret is kept sealed in the flow: the page
// shows the same one when it is loaded again.
func (h *Handler) ViewEnrol(ctx context.Context, v *browser.Visit) error {
	f, err := h.at(ctx, v, provider.StepEnrol)
	if f == nil {
		return err
	}
	if v.Flow.Enrolling == nil {
		v.Flow.Enrolling = mfa.NewSecret()
		if err := v.Save(); err != nil {
			return err
		}
	}
	return h.askEnrol(ctx, v, f, http.StatusOK, ui.EnrolView{})
}

// SubmitEnrol serves POST /login/factor/enrol.
func (h *Handler) SubmitEnrol(ctx context.Context, v *browser.Visit) error {
	if left, err := v.Leaves(); left {
		return err
	}
	f, err := h.at(ctx, v, provider.StepEnrol)
	if f == nil {
		return err
	}
	if v.Flow.Enrolling == nil {
		return v.See(paths.FactorEnrol)
	}
	e, err := h.Factors.Confirm(&f.user, v.Flow.Enrolling, v.Form.Get("code"), v.Form.Get("name"))
	if err != nil {
		return h.notEnrolled(ctx, v, f, err)
	}
	e.First = true
	store := func(ctx context.Context) (err error) {
		v.Flow.Codes, err = h.Factors.Enrol(ctx, e)
		return err
	}
	if err := h.enter(ctx, v, f, []string{mfa.AMROTP, mfa.AMRMulti}, store); err != nil {
		return h.notEnrolled(ctx, v, f, err)
	}
	return nil
}

// notEnrolled shows the page again, or goes where the flow is: another tab may have added a
// factor, which is asked for then.
func (h *Handler) notEnrolled(ctx context.Context, v *browser.Visit, f *first, err error) error {
	v.Refuse(ctx, web.StatusOf(err), err)
	v.Flow.Codes = nil
	switch problem := madeProblem(err); {
	case errors.Is(err, identity.ErrRefused):
		v.Flow.Proved = nil
		return v.Return()
	case errors.Is(err, mfa.ErrHeld):
		v.Flow.Enrolling = nil
		if v.Flow.Proved != nil {
			v.Flow.Proved.Enrol = false
		}
		return v.Return()
	case errors.Is(err, mfa.ErrUnconfirmed):
		return h.askEnrol(ctx, v, f, http.StatusUnprocessableEntity, ui.EnrolView{Problem: ui.EnrolWrong})
	case problem != "":
		return h.askEnrol(ctx, v, f, web.StatusOf(err), ui.EnrolView{Passkey: ui.PasskeyView{Problem: problem}})
	}
	return err
}

func (h *Handler) askEnrol(ctx context.Context, v *browser.Visit, f *first, status int, view ui.EnrolView) error {
	var err error
	if view.FactorFrame, err = frame(ctx, v, f); err != nil {
		return err
	}
	t, secret := tenant.Must(ctx), v.Flow.Enrolling
	issuer := t.Brand()
	if issuer == "" {
		issuer = t.Host
	}
	view.URI, view.Secret = mfa.URI(secret, issuer, view.User), mfa.SecretText(secret)
	if err := h.create(ctx, v, f, enrolStep, &view.Passkey); err != nil {
		return err
	}
	return v.Render(status, ui.Enrol(view))
}
