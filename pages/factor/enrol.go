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
	return h.askEnrol(ctx, v, f, http.StatusOK, "")
}

// SubmitEnrol serves POST /login/factor/enrol.
func (h *Handler) SubmitEnrol(ctx context.Context, v *browser.Visit) error {
	if left, err := leaves(v); left {
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
	return h.start(ctx, v, f, []string{mfa.AMROTP, mfa.AMRMulti}, store, h.notEnrolled)
}

// notEnrolled shows the page again, or goes where the flow is: another tab may have added a
// factor, which is asked for then.
func (h *Handler) notEnrolled(ctx context.Context, v *browser.Visit, f *first, err error) error {
	v.Refuse(ctx, web.StatusOf(err), err)
	v.Flow.Codes = nil
	switch {
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
		return h.askEnrol(ctx, v, f, http.StatusUnprocessableEntity, ui.EnrolWrong)
	}
	return err
}

func (h *Handler) askEnrol(ctx context.Context, v *browser.Visit, f *first, status int, problem ui.FactorProblem) error {
	frame, err := frame(ctx, v, f)
	if err != nil {
		return err
	}
	t, secret := tenant.Must(ctx), v.Flow.Enrolling
	issuer := t.Name
	if issuer == "" {
		issuer = t.Host
	}
	return v.Render(status, ui.Enrol(ui.EnrolView{
		FactorFrame: frame, URI: mfa.URI(secret, issuer, frame.User), Secret: mfa.SecretText(secret), Problem: problem,
	}))
}
