package signin

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"plinto/dispatch"
	"plinto/identity"
	"plinto/identity/device"
	"plinto/identity/passkey"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/tenant"
	"plinto/ui"
)

// ByMail signs people in with a code of a mail.
type ByMail interface {
	// Open reports whether it does in a tenant.
	Open(t *tenant.Tenant) bool
	// Send has a code mailed to whom the sign-in form names, and goes on from there.
	Send(ctx context.Context, v *browser.Visit) error
}

// Providers sign people in with accounts that they have at identity providers.
type Providers interface {
	// Buttons are those that the page offers.
	Buttons(ctx context.Context, v *browser.Visit) ([]ui.ProviderButton, error)
	// Leads reports whether the page leads to a provider at once, and to which.
	Leads(ctx context.Context, v *browser.Visit) (slug string, leads bool, err error)
	// Discovers reports whether people are led to providers by their address: the page asks for that alone first.
	Discovers(ctx context.Context, v *browser.Visit) (bool, error)
	// Requires reports whether anybody in the tenant signs in with a provider alone.
	Requires(ctx context.Context) (bool, error)
	// Discover leads whoever typed an address there, and reports whether it did.
	Discover(ctx context.Context, v *browser.Visit, typed string) (bool, error)
	// Begin leads there. hint is what was typed as a name, or "".
	Begin(ctx context.Context, v *browser.Visit, slug, hint string) error
}

// A Handler serves the sign-in pages.
type Handler struct {
	Passwords  *identity.PasswordProof
	Passkeys   *passkey.Service
	Starter    *identity.SessionStarter
	Dispatcher *dispatch.Dispatcher
	Devices    *device.Check
	// SignUp reports whether people may make accounts for themselves.
	SignUp func(*tenant.Tenant) bool
	ByMail ByMail
	// Providers are identity providers.
	Providers Providers
	// Recover says that people who forgot their password can set another one.
	Recover bool
	// Address returns the client's address.
	Address func(*http.Request) string
}

// View serves GET /login.
func (h *Handler) View(ctx context.Context, v *browser.Visit) error {
	slug, leads, err := h.Providers.Leads(ctx, v)
	if err != nil {
		return err
	}
	if leads {
		return h.Providers.Begin(ctx, v, slug, "")
	}
	first, err := h.Providers.Discovers(ctx, v)
	if err != nil {
		return err
	}
	return h.ask(ctx, v, first)
}

// ViewLocal serves GET /login/local: name and password, where the sign-in page asks for a name alone.
func (h *Handler) ViewLocal(ctx context.Context, v *browser.Visit) error { return h.ask(ctx, v, false) }

// ask shows the form with who it is, as far as that is known. first: it asks for no more than that.
func (h *Handler) ask(ctx context.Context, v *browser.Visit, first bool) error {
	view := ui.SignInView{Username: v.Flow.Identifier}
	if view.Username == "" {
		view.Username = v.Flow.Request.LoginHint
	}
	again, err := reauthenticating(ctx, v)
	if err != nil {
		return err
	}
	if view.Username == "" || view.Username == again {
		view.Username, view.ReauthUser = again, again
	}
	if err := h.fill(ctx, v, &view); err != nil {
		return err
	}
	if first {
		return v.Render(http.StatusOK, ui.Identify(ui.IdentifyView{SignInView: view}))
	}
	return v.Render(http.StatusOK, ui.SignIn(view))
}

// reauthenticating names the user who is signed in and only has to confirm it, or nobody.
func reauthenticating(ctx context.Context, v *browser.Visit) (string, error) {
	session, err := v.Session()
	if err != nil || session == nil || v.Flow.Switch {
		return "", err
	}
	user, err := v.User(ctx, session)
	return browser.UserLabel(&user), err
}

// Submit serves POST /login.
func (h *Handler) Submit(ctx context.Context, v *browser.Visit) error {
	switch action := v.Form.Get("action"); {
	case action == "cancel":
		return v.Cancel()
	case action == "mail" && h.ByMail.Open(tenant.Must(ctx)):
		return h.ByMail.Send(ctx, v)
	case action == "provider":
		return h.Providers.Begin(ctx, v, v.Form.Get("connection"), v.Form.Get("username"))
	case action == "identify":
		return h.identify(ctx, v)
	}
	return h.prove(ctx, v)
}

// maxIdentifier bounds what is kept of a name that was typed, in bytes: no account has a longer one.
const maxIdentifier = 254

// identify goes on with a name that was typed alone: to the provider of its domain, or to the password. A password manager may
// have filled that in already.
func (h *Handler) identify(ctx context.Context, v *browser.Visit) error {
	typed := v.Form.Get("username")
	led, err := h.Providers.Discover(ctx, v, typed)
	if led || err != nil {
		return err
	}
	if v.Form.Get("password") != "" {
		return h.prove(ctx, v)
	}
	v.Flow.Identifier = ""
	if len(typed) <= maxIdentifier {
		v.Flow.Identifier = typed
	}
	return v.Lead(paths.LoginLocal)
}

// prove checks name and password.
func (h *Handler) prove(ctx context.Context, v *browser.Visit) error {
	device := v.Device()
	proof, err := h.Passwords.Prove(ctx, identity.Attempt{
		Identifier: v.Form.Get("username"), Password: v.Form.Get("password"),
		Address: h.Address(v.R), Device: device.Hash(), KnownFor: device.Knows, ClientID: v.Flow.Request.ClientID,
		Effort: v.Effort(), Shown: v.Shown(time.Now()),
	})
	if err != nil {
		return h.refused(ctx, v, err)
	}
	if err := v.Admit(ctx, h.Starter, &proof, time.Now()); err != nil {
		return err
	}
	v.OfferPasskey(ctx, time.Since(proof.User.NotBefore) > passkey.Quiet)
	remember := v.Form.Get("remember") != ""
	move, held := h.Dispatcher.Hold(ctx, v.Flow, &proof, remember)
	if !held {
		err = v.StartSession(ctx, h.Starter, h.Dispatcher, proof, browser.Start{Remember: remember, Now: time.Now()})
	} else if err = h.mail(ctx, v, &proof.User); err == nil {
		return v.Follow(move)
	}
	if err != nil {
		v.Flow.Proved = nil
		return h.refused(ctx, v, err)
	}
	return nil
}

// mail has a code mailed to who is asked for one.
func (h *Handler) mail(ctx context.Context, v *browser.Visit, user *identity.User) error {
	p := v.Flow.Proved
	if !p.NewDevice || !h.Devices.Reaches(user) {
		return nil
	}
	code, err := h.Devices.Begin(ctx, user, v.Device().Knows(user.ID), v.Page().Locale.Lang())
	p.Mailed = &code
	return err
}

// refused shows the form again. The page and its status are the same whatever
// was wrong; only waiting is said, because it is the same for unknown names.
func (h *Handler) refused(ctx context.Context, v *browser.Visit, err error) error {
	var f *fault.Error
	v.Refuse(ctx, web.StatusOf(err), err)
	view := ui.SignInView{Username: v.Form.Get("username"), Remember: v.Form.Get("remember") != ""}
	again, lookup := reauthenticating(ctx, v)
	if lookup != nil {
		return lookup
	}
	if again == view.Username {
		view.ReauthUser = again
	}
	if view.Effort = v.EffortOf(ctx, err); view.Effort.Challenge != "" {
		return h.page(ctx, v, http.StatusTooManyRequests, view)
	}
	switch {
	case errors.Is(err, identity.ErrRefused):
		return h.wrong(ctx, v, view)
	case errors.Is(err, fault.TooMany) && errors.As(err, &f):
		view.Problem = ui.SignInThrottled
		return h.wait(ctx, v, http.StatusTooManyRequests, view, f.RetryAfter)
	case errors.Is(err, fault.Unavailable) && errors.As(err, &f):
		view.Problem = ui.SignInBusy
		return h.wait(ctx, v, http.StatusServiceUnavailable, view, f.RetryAfter)
	}
	return err
}

// wrong answers a password that was not taken. It depends on the domain of what was typed alone: one that has a provider alone leads
// there. A right password of somebody who has to sign in so is no other than a wrong one, so every wrong one says how such people
// sign in.
func (h *Handler) wrong(ctx context.Context, v *browser.Visit, view ui.SignInView) error {
	if led, err := v.Demands(ctx, view.Username); led || err != nil {
		return err
	}
	requires, err := h.Providers.Requires(ctx)
	if err != nil {
		return err
	}
	view.Problem = ui.SignInWrong
	if view.SSO = requires; requires {
		if view.Discovers, err = h.Providers.Discovers(ctx, v); err != nil {
			return err
		}
	}
	return h.page(ctx, v, http.StatusUnauthorized, view)
}

func (h *Handler) wait(ctx context.Context, v *browser.Visit, status int, view ui.SignInView, after time.Duration) error {
	seconds := max(1, int(after.Seconds()+0.999))
	v.W.Header().Set("Retry-After", strconv.Itoa(seconds))
	view.RetryAfter = seconds
	return h.page(ctx, v, status, view)
}

func (h *Handler) page(ctx context.Context, v *browser.Visit, status int, view ui.SignInView) error {
	if err := h.fill(ctx, v, &view); err != nil {
		return err
	}
	return v.Render(status, ui.SignIn(view))
}

// fill adds what every form of the page has.
func (h *Handler) fill(ctx context.Context, v *browser.Visit, view *ui.SignInView) error {
	client, err := v.Client(ctx)
	if err != nil {
		return err
	}
	view.Page, view.Client = v.Page(), browser.ClientView(client)
	view.Flow, view.CSRF = v.Flow.Handle(), v.Flow.CSRF
	asked, key := &v.Flow.Organization, &v.Flow.Key
	view.Recover, view.ByMail = h.Recover, h.ByMail.Open(tenant.Must(ctx)) && (!asked.Demands.NoMail || v.Flow.Switch || key.Lacks && !key.Password)
	switch view.Organization = asked.Name; {
	case v.Flow.Switch, key.Lacks: // whoever comes, or makes a passkey next, shows first who they are
	case asked.Demands.NoPassword:
		view.Only, view.Recover = ui.SignInPasskey, false
	case asked.Demands.NoPasskey:
		view.Only = ui.SignInPassword
	}
	if passkey.Available(tenant.Must(ctx)) && view.Only != ui.SignInPassword {
		if view.Passkey.Options, err = h.Passkeys.Request(ctx, v.Ceremony(loginStep, nil), nil); err != nil {
			return err
		}
	}
	if view.Providers, err = h.Providers.Buttons(ctx, v); err != nil {
		return err
	}
	if p := v.Flow.Connecting; p != nil {
		view.Connecting, view.ConnectingLabel = p.Provider, p.Label
	}
	view.SignUp = view.ReauthUser == "" && h.SignUp(tenant.Must(ctx))
	return nil
}
