package factor

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"plinto/dispatch"
	"plinto/identity"
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

// A Handler serves the pages of second factors.
type Handler struct {
	Factors    *mfa.Service
	Passkeys   *passkey.Service
	Starter    *identity.SessionStarter
	Dispatcher *dispatch.Dispatcher
	Now        func() time.Time
}

// A first is what the user proved before.
type first struct {
	user     identity.User
	has      passkey.Holder
	amr      []string
	at       time.Time // of that proof
	remember bool
	upstream identity.Upstream // of that proof
	session  *identity.Session // the browser's, or nil
	step     provider.Step
}

// first returns what was proved before, or nil when the flow is at another step.
func (h *Handler) first(ctx context.Context, v *browser.Visit) (*first, error) {
	session, err := v.Session()
	if err != nil {
		return nil, err
	}
	client, err := v.Client(ctx)
	if err != nil {
		return nil, err
	}
	step, asks := h.Dispatcher.AsksFactor(ctx, v.Flow, client, session)
	if !asks {
		return nil, nil
	}
	if p := v.Flow.Proved; p != nil {
		return h.held(ctx, v, p, session, step)
	}
	f, err := h.holder(ctx, v, session.UserID)
	if err != nil {
		return nil, err
	}
	f.user.NotBefore = session.Mark // what was proved before is proved under the mark of then
	f.amr, f.at, f.remember, f.upstream, f.session, f.step = session.AMR, session.AuthTime, session.Remembered, session.Upstream, session, step
	return f, nil
}

// holder reads who proved something before, and what else they have. identity.ErrUserNotFound.
func (h *Handler) holder(ctx context.Context, v *browser.Visit, user uuid.UUID) (*first, error) {
	var browser []byte
	if device := v.Device(); device.Knows(user) {
		browser = device.Hash()
	}
	has, err := h.Passkeys.Holder(ctx, user, browser)
	return &first{has: has, user: has.User}, err
}

// held is a proof in the flow. It counts for nothing once the user was disabled or their
// mark has moved, as by another password.
func (h *Handler) held(ctx context.Context, v *browser.Visit, p *provider.FirstProof, session *identity.Session, step provider.Step) (*first, error) {
	f, err := h.holder(ctx, v, p.UserID)
	switch gone := errors.Is(err, identity.ErrUserNotFound); {
	case err != nil && !gone:
		return nil, err
	case gone, !p.Stands(tenant.Must(ctx), &f.user):
		v.Flow.Proved = nil
		return nil, nil
	}
	f.amr, f.at, f.remember, f.upstream, f.session, f.step = p.AMR, h.Now(), p.Remember, p.Upstream, session, step
	return f, nil
}

// View serves GET /login/factor.
func (h *Handler) View(ctx context.Context, v *browser.Visit) error {
	f, err := h.at(ctx, v, provider.StepFactor)
	if f == nil {
		return err
	}
	return h.ask(ctx, v, f, http.StatusOK, ui.FactorView{Recovery: v.R.URL.Query().Get("use") == "recovery"})
}

// at returns what was proved before if the flow is at a step; otherwise it goes where the
// flow is, and returns nil.
func (h *Handler) at(ctx context.Context, v *browser.Visit, step provider.Step) (*first, error) {
	f, err := h.first(ctx, v)
	switch {
	case err != nil:
		return nil, err
	case f == nil:
		return nil, v.Return()
	case f.step != step:
		return nil, v.Lead(f.step.Page())
	}
	return f, nil
}

// Submit serves POST /login/factor.
func (h *Handler) Submit(ctx context.Context, v *browser.Visit) error {
	if left, err := v.Leaves(); left {
		return err
	}
	f, err := h.at(ctx, v, provider.StepFactor)
	if f == nil {
		return err
	}
	try := mfa.Try{User: &f.user, Typed: v.Form.Get("code"), Device: f.has.Device, ClientID: v.Flow.Request.ClientID}
	if !f.has.Exhausted {
		try.Held = &f.has.Held
	}
	proved, err := h.Factors.Prove(ctx, try)
	if err != nil {
		return h.refused(ctx, v, f, err)
	}
	if err := h.enter(ctx, v, f, proved.AMR, proved.Spend); err != nil {
		return h.refused(ctx, v, f, h.Factors.NotSpent(ctx, &try, err))
	}
	return nil
}

// enter makes the session of both proofs, and goes on.
func (h *Handler) enter(ctx context.Context, v *browser.Visit, f *first, amr []string, spend func(context.Context) error) error {
	proof := identity.Proof{User: f.user, AMR: identity.JoinAMR(f.amr, amr), At: f.at, SecondFactor: true, Upstream: f.upstream, Spend: spend}
	start := browser.Start{Remember: f.remember, Now: h.Now()}
	if v.Form.Get("trust") != "" && f.step == provider.StepFactor {
		start.RememberDevice = tenant.Must(ctx).Settings.Devices.Remembers()
	}
	return v.StartSession(ctx, h.Starter, h.Dispatcher, proof, start)
}

// refused shows the form again. What the user proved before may count no more: then the flow
// starts over.
func (h *Handler) refused(ctx context.Context, v *browser.Visit, f *first, err error) error {
	v.Refuse(ctx, web.StatusOf(err), err)
	view := ui.FactorView{Recovery: v.Form.Get("use") == "recovery"}
	switch view.Passkey.Problem = browser.PasskeyProblem(err); {
	case errors.Is(err, identity.ErrRefused):
		v.Flow.Proved = nil
		return v.Return()
	case view.Passkey.Problem != "":
		view.Passkey.Unknown = browser.UnknownPasskey(ctx, h.Passkeys, v.Form.Get("passkey"), err)
		return h.ask(ctx, v, f, web.StatusOf(err), view)
	case errors.Is(err, mfa.ErrRefused):
		view.Problem = ui.FactorWrong
		if view.Recovery {
			view.Problem = ui.RecoveryWrong
		}
		return h.ask(ctx, v, f, http.StatusUnauthorized, view)
	case errors.Is(err, fault.TooMany):
		view.Problem = ui.FactorThrottled
		return h.ask(ctx, v, f, http.StatusTooManyRequests, view)
	}
	return err
}

func (h *Handler) ask(ctx context.Context, v *browser.Visit, f *first, status int, view ui.FactorView) error {
	frame, err := frame(ctx, v, f)
	view.FactorFrame = frame
	if err != nil {
		return err
	}
	view.App = len(f.has.Held.TOTP) > 0
	view.Trust, view.Trusted = int(tenant.Must(ctx).Settings.Devices.Remembers().Seconds()), v.Form.Get("trust") != ""
	if len(f.has.Keys) > 0 && !view.Recovery {
		if err := h.offer(ctx, v, f, &view.Passkey); err != nil {
			return err
		}
	}
	return v.Render(status, ui.Factor(view))
}

func frame(ctx context.Context, v *browser.Visit, f *first) (ui.FactorFrame, error) {
	client, err := v.Client(ctx)
	if err != nil {
		return ui.FactorFrame{}, err
	}
	return ui.FactorFrame{
		Page: v.Page(), Client: browser.ClientView(client), Flow: v.Flow.Handle(), CSRF: v.Flow.CSRF, User: browser.UserLabel(&f.user),
	}, nil
}

// ViewCodes serves GET /login/factor/codes.
func (h *Handler) ViewCodes(_ context.Context, v *browser.Visit) error {
	session, err := v.Session()
	if err != nil {
		return err
	}
	if !v.Flow.ShowsCodes(session) {
		return v.Return()
	}
	return v.Render(http.StatusOK, ui.RecoveryCodes(ui.RecoveryCodesView{
		Page: v.Page(), Action: v.Page().Base + paths.FactorCodes, Flow: v.Flow.Handle(), CSRF: v.Flow.CSRF, Codes: v.Flow.Codes,
	}))
}

// SubmitCodes serves POST /login/factor/codes.
func (h *Handler) SubmitCodes(_ context.Context, v *browser.Visit) error {
	v.Flow.Codes = nil
	return v.Return()
}
