package device

import (
	"context"
	"errors"
	"net/http"
	"time"

	"plinto/dispatch"
	"plinto/identity"
	"plinto/identity/device"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/tenant"
	"plinto/ui"
)

// A Handler serves the page.
type Handler struct {
	Check      *device.Check
	Starter    *identity.SessionStarter
	Dispatcher *dispatch.Dispatcher
	Tx         identity.Transactor
	Now        func() time.Time
}

// at returns what was proved before while the flow is at the step; otherwise it goes where the flow
// is, and returns nil. A proof counts for nothing once the user was disabled or their mark has
// moved, as by another password.
func (h *Handler) at(ctx context.Context, v *browser.Visit) (*provider.FirstProof, identity.User, error) {
	none := identity.User{}
	session, err := v.Session()
	if err != nil {
		return nil, none, err
	}
	client, err := v.Client(ctx)
	if err != nil {
		return nil, none, err
	}
	if !h.Dispatcher.AsksDevice(ctx, v.Flow, client, session) {
		return nil, none, v.Return()
	}
	p := v.Flow.Proved
	user, err := v.UserByID(ctx, p.UserID)
	switch gone := errors.Is(err, identity.ErrUserNotFound); {
	case err != nil && !gone:
		return nil, none, err
	case gone, !p.Stands(tenant.Must(ctx), &user):
		v.Flow.Proved = nil
		return nil, none, v.Return()
	}
	return p, user, nil
}

// View serves GET /login/device.
func (h *Handler) View(ctx context.Context, v *browser.Visit) error {
	p, user, err := h.at(ctx, v)
	if p == nil {
		return err
	}
	return h.ask(ctx, v, p, &user, http.StatusOK, ui.DeviceView{})
}

// Submit serves POST /login/device.
func (h *Handler) Submit(ctx context.Context, v *browser.Visit) error {
	if left, err := v.Leaves(); left {
		return err
	}
	p, user, err := h.at(ctx, v)
	if p == nil {
		return err
	}
	switch {
	case !h.Check.Reaches(&user):
		return h.ask(ctx, v, p, &user, http.StatusOK, ui.DeviceView{})
	case p.Mailed == nil, v.Form.Get("action") == "again":
		err = h.again(ctx, v, p, &user)
	default:
		err = h.prove(ctx, v, p, &user)
	}
	if err != nil {
		return h.refused(ctx, v, p, &user, err)
	}
	return nil
}

// again mails another code: the one before counts no more in this browser.
func (h *Handler) again(ctx context.Context, v *browser.Visit, p *provider.FirstProof, user *identity.User) error {
	code, err := h.Check.Begin(ctx, user, v.Device().Knows(user.ID), v.Page().Locale.Lang())
	if err != nil {
		return err
	}
	code.Again = true
	p.Mailed = &code
	return v.Return()
}

// prove checks the code and goes on: to the session, or to the second factor that is added first.
func (h *Handler) prove(ctx context.Context, v *browser.Visit, p *provider.FirstProof, user *identity.User) error {
	spend, err := h.Check.Verify(ctx, user, v.Device().Knows(user.ID), *p.Mailed, v.Form.Get("code"), v.Flow.Request.ClientID)
	if err != nil {
		return err
	}
	if p.Enrol {
		if err := h.Tx.InTx(ctx, spend); err != nil {
			return err
		}
		p.NewDevice, p.Mailed, p.At = false, nil, h.Now()
		return v.Return()
	}
	proof := identity.Proof{User: *user, AMR: p.AMR, At: h.Now(), Upstream: p.Upstream, Spend: spend}
	return v.StartSession(ctx, h.Starter, h.Dispatcher, proof, browser.Start{Remember: p.Remember, Now: h.Now()})
}

// refused shows the form again with what is wrong.
func (h *Handler) refused(ctx context.Context, v *browser.Visit, p *provider.FirstProof, user *identity.User, err error) error {
	status, wait := browser.Wait(v.W, err)
	view := ui.DeviceView{Code: v.Form.Get("code"), RetryAfter: wait}
	switch {
	case errors.Is(err, identity.ErrRefused):
		v.Flow.Proved = nil
		return v.Return()
	case errors.Is(err, device.ErrCode):
		status, view.Problem = web.StatusOf(err), ui.DeviceWrong
	case errors.Is(err, device.ErrTooMany):
		view.Problem = ui.DeviceThrottled
	default:
		return err
	}
	v.Refuse(ctx, status, err)
	return h.ask(ctx, v, p, user, status, view)
}

func (h *Handler) ask(ctx context.Context, v *browser.Visit, p *provider.FirstProof, user *identity.User, status int, view ui.DeviceView) error {
	client, err := v.Client(ctx)
	if err != nil {
		return err
	}
	view.Page, view.Client, view.Flow, view.CSRF = v.Page(), browser.ClientView(client), v.Flow.Handle(), v.Flow.CSRF
	view.Life, view.Unreachable = int(identity.CodeLife.Seconds()), !h.Check.Reaches(user)
	if p.Mailed != nil {
		view.Email, view.Again = p.Mailed.Email, p.Mailed.Again
	}
	return v.Render(status, ui.Device(view))
}
