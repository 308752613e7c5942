package mailsignin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"plinto/dispatch"
	"plinto/identity"
	"plinto/identity/mailsignin"
	"plinto/identity/passkey"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/tenant"
	"plinto/ui"
)

// A Handler serves the pages.
type Handler struct {
	SignIns    *mailsignin.Service
	Starter    *identity.SessionStarter
	Dispatcher *dispatch.Dispatcher
	Browser    *browser.Browser
	Tx         identity.Transactor
	Now        func() time.Time
	// Address returns the client's address.
	Address func(*http.Request) string
}

var errClosed = fault.New(fault.NotFound, "mail_sign_in_closed", "Nobody signs in by mail here.")

// WhereOpen refuses every request where nobody signs in by mail.
func (h *Handler) WhereOpen(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !h.Open(tenant.Must(r.Context())) {
			return errClosed
		}
		return next(w, r)
	}
}

// Open reports whether people sign in by mail in a tenant.
func (h *Handler) Open(t *tenant.Tenant) bool { return h.SignIns.Open(t) }

// View serves GET /login/email.
func (h *Handler) View(ctx context.Context, v *browser.Visit) error {
	if v.Flow.ByMail == nil {
		return h.ask(ctx, v, http.StatusOK, ui.MailSignInView{Username: v.Flow.Request.LoginHint})
	}
	return h.askCode(ctx, v, http.StatusOK, ui.RecoverCodeView{})
}

// Submit serves POST /login/email.
func (h *Handler) Submit(ctx context.Context, v *browser.Visit) error {
	switch action := v.Form.Get("action"); {
	case action == "cancel":
		return v.Cancel()
	case action == "other":
		v.Flow.ByMail = nil
		return v.Lead(paths.LoginEmail)
	case action == "send", v.Flow.ByMail == nil:
		return h.Send(ctx, v)
	case action == "again":
		return h.again(ctx, v)
	}
	if err := h.enter(ctx, v, v.Form.Get("code")); err != nil {
		return h.refused(ctx, v, err)
	}
	return nil
}

// Send has a mail sent to whom the form names, and asks for its code. The form of the sign-in page is as
// good as the page's own.
func (h *Handler) Send(ctx context.Context, v *browser.Visit) error {
	view := ui.MailSignInView{Username: v.Form.Get("username"), Remember: v.Form.Get("remember") != ""}
	if view.Username == "" {
		return h.ask(ctx, v, http.StatusOK, view)
	}
	if led, err := v.Demands(ctx, view.Username); led || err != nil {
		return err
	}
	v.OfferPasskey(ctx, false)
	err := h.begin(ctx, v, view.Username, false, view.Remember)
	if view.Effort = v.EffortOf(ctx, err); view.Effort.Challenge != "" {
		return h.ask(ctx, v, http.StatusTooManyRequests, view)
	}
	status, wait := browser.Wait(v.W, err)
	if view.Problem = waits(status); view.Problem == "" {
		return err
	}
	v.Refuse(ctx, status, err)
	view.RetryAfter = wait
	return h.ask(ctx, v, status, view)
}

// again has another mail sent: the code before counts no more in this browser.
func (h *Handler) again(ctx context.Context, v *browser.Visit) error {
	err := h.begin(ctx, v, v.Flow.ByMail.Email, true, v.Flow.ByMail.Remember)
	if asked := v.EffortOf(ctx, err); asked.Challenge != "" {
		return h.askCode(ctx, v, http.StatusTooManyRequests, ui.RecoverCodeView{Effort: asked})
	}
	if err != nil {
		return h.refused(ctx, v, err)
	}
	return nil
}

func (h *Handler) begin(ctx context.Context, v *browser.Visit, name string, again, remember bool) error {
	begun, err := h.SignIns.Begin(ctx, mailsignin.Request{Typed: name, Lang: v.Page().Locale.Lang(), Address: h.Address(v.R), Device: v.Device().Hash(), Flow: v.Flow.Handle(), Effort: v.Effort()})
	if err != nil {
		return fmt.Errorf("begin sign-in by mail: %w", err)
	}
	begun.Again, begun.Remember = again, remember
	v.Flow.ByMail, v.Flow.Recovering, v.Flow.Proved, v.Flow.SigningUp = &begun, nil, nil, nil
	return v.Lead(paths.LoginEmail)
}

// enter signs the user in with the code, or goes on to what else is asked for.
func (h *Handler) enter(ctx context.Context, v *browser.Visit, code string) error {
	pending := v.Flow.ByMail
	proof, err := h.SignIns.Prove(ctx, *pending, code, v.Device().Hash(), v.Flow.Request.ClientID)
	if err != nil {
		return err
	}
	if err := v.Admit(ctx, h.Starter, &proof, h.Now()); err != nil {
		return err
	}
	move, held := h.Dispatcher.Hold(ctx, v.Flow, &proof, pending.Remember)
	if !held {
		return v.StartSession(ctx, h.Starter, h.Dispatcher, proof, browser.Start{Remember: pending.Remember, Now: h.Now()})
	}
	// What is kept in the flow instead of a session takes the code too.
	if err := h.Tx.InTx(ctx, proof.Spend); err != nil {
		v.Flow.Proved = nil
		return err
	}
	v.Flow.ByMail = nil
	return v.Follow(move)
}

// waits is what a page says of an error that says how long to wait, or "".
func waits(status int) ui.RecoverProblem {
	switch status {
	case http.StatusTooManyRequests:
		return ui.RecoverThrottled
	case http.StatusServiceUnavailable:
		return ui.RecoverBusy
	}
	return ""
}

// refused shows the form again with what is wrong.
func (h *Handler) refused(ctx context.Context, v *browser.Visit, err error) error {
	status, wait := browser.Wait(v.W, err)
	view := ui.RecoverCodeView{Code: v.Form.Get("code"), RetryAfter: wait, Problem: waits(status)}
	if wrong(err) {
		status, view.Problem = web.StatusOf(mailsignin.ErrCode), ui.RecoverCodeWrong
	}
	if view.Problem == "" {
		return err
	}
	v.Refuse(ctx, status, err)
	return h.askCode(ctx, v, status, view)
}

// wrong reports whether a code did not do. Of a user who was disabled or signed out everywhere at that
// moment the page says the same.
func wrong(err error) bool {
	return errors.Is(err, mailsignin.ErrCode) || errors.Is(err, identity.ErrRefused)
}

func (h *Handler) ask(ctx context.Context, v *browser.Visit, status int, view ui.MailSignInView) (err error) {
	if view.RecoverFrame, err = frame(ctx, v); err != nil {
		return err
	}
	view.Passkeys = passkey.Available(tenant.Must(ctx))
	return v.Render(status, ui.MailSignIn(view))
}

func (h *Handler) askCode(ctx context.Context, v *browser.Visit, status int, view ui.RecoverCodeView) (err error) {
	if view.RecoverFrame, err = frame(ctx, v); err != nil {
		return err
	}
	view.Username, view.Again, view.Life = v.Flow.ByMail.Email, v.Flow.ByMail.Again, int(identity.CodeLife.Seconds())
	return v.Render(status, ui.MailSignInCode(ui.MailSignInCodeView{RecoverCodeView: view}))
}

func frame(ctx context.Context, v *browser.Visit) (ui.RecoverFrame, error) {
	client, err := v.Client(ctx)
	if err != nil {
		return ui.RecoverFrame{}, err
	}
	return ui.RecoverFrame{Page: v.Page(), Client: browser.ClientView(client), Flow: v.Flow.Handle(), CSRF: v.Flow.CSRF}, nil
}
