package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/tenant"
	"plinto/ui"
)

// A Handler serves the sign-in pages.
type Handler struct {
	Clients   provider.Clients
	Passwords *identity.PasswordProof
	Starter   *identity.SessionStarter
	Users     identity.Users
	Browser   *browser.Browser
	// SignUp reports whether people may make accounts for themselves.
	SignUp func(*tenant.Tenant) bool
	// Arrive prepares what comes after somebody signs in.
	Arrive func(context.Context, *provider.Flow) (Arrival, error)
	// Address returns the client's address.
	Address func(*http.Request) string
}

// An Arrival is what comes after somebody signs in: decided in the transaction that
// starts the session, and answered when it is committed.
type Arrival interface {
	Decide(context.Context, *identity.Session) error
	Answer(http.ResponseWriter, *http.Request) error
}

// Show serves GET /login.
func (h *Handler) Show(w http.ResponseWriter, r *http.Request) error {
	flow, err := h.Browser.Flow(r)
	if err != nil {
		return h.Browser.Refused(w, r, err)
	}
	view := ui.SignInView{Username: flow.Request.LoginHint}
	again, err := h.again(w, r, flow)
	if err != nil {
		return err
	}
	if view.Username == "" || view.Username == again {
		view.Username, view.ReauthUser = again, again
	}
	return h.page(w, r, flow, http.StatusOK, view)
}

// again names the user who is signed in and only has to confirm it, or nobody.
func (h *Handler) again(w http.ResponseWriter, r *http.Request, flow *provider.Flow) (string, error) {
	session, err := h.Browser.Session(w, r)
	if err != nil || session == nil || flow.Switch {
		return "", err
	}
	user, err := h.Users.ByID(r.Context(), session.UserID)
	if err != nil {
		return "", fmt.Errorf("find user: %w", err)
	}
	return browser.UserLabel(&user), nil
}

// Submit serves POST /login.
func (h *Handler) Submit(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	flow, err := h.Browser.PostedFlow(r, form)
	if err != nil {
		return h.Browser.Refused(w, r, err)
	}
	if form.Get("action") == "cancel" {
		flow.Refused = "access_denied"
		return h.Browser.Advance(w, r, flow)
	}
	current, err := h.Browser.Session(w, r)
	if err != nil {
		return err
	}
	next, err := h.Arrive(r.Context(), flow)
	if err != nil {
		return fmt.Errorf("look ahead: %w", err)
	}
	device := h.Browser.Device(r)
	proof, err := h.Passwords.Prove(r.Context(), identity.Attempt{
		Identifier: form.Get("username"), Password: form.Get("password"),
		Address: h.Address(r), Device: device.ID, KnownFor: device.Knows,
	})
	if err != nil {
		return h.refused(w, r, flow, form, err)
	}
	in, err := h.Starter.Start(r.Context(), proof, identity.Browser{
		Current: current, Remember: form.Get("remember") != "", Known: device.Knows(proof.User.ID),
		Then: func(ctx context.Context, in *identity.SignedIn) error {
			flow.Bind(&in.Session)
			return next.Decide(ctx, &in.Session)
		},
	})
	if err != nil {
		return h.refused(w, r, flow, form, err)
	}
	h.Browser.KeepSession(w, r, in.Token, in.Session)
	h.Browser.Remember(w, r, device, in.User.ID)
	return next.Answer(w, r)
}

// refused shows the form again. The page and its status are the same whatever
// was wrong; only waiting is said, because it is the same for unknown names.
func (h *Handler) refused(w http.ResponseWriter, r *http.Request, flow *provider.Flow, form web.Form, err error) error {
	var f *fault.Error
	view := ui.SignInView{Username: form.Get("username"), Remember: form.Get("remember") != ""}
	again, lookup := h.again(w, r, flow)
	if lookup != nil {
		return lookup
	}
	if again == view.Username {
		view.ReauthUser = again
	}
	switch {
	case errors.Is(err, identity.ErrRefused):
		view.Problem = ui.SignInWrong
		return h.page(w, r, flow, http.StatusUnauthorized, view)
	case errors.Is(err, fault.TooMany) && errors.As(err, &f):
		view.Problem = ui.SignInThrottled
		return h.wait(w, r, flow, http.StatusTooManyRequests, view, f.RetryAfter)
	case errors.Is(err, fault.Unavailable) && errors.As(err, &f):
		view.Problem = ui.SignInBusy
		return h.wait(w, r, flow, http.StatusServiceUnavailable, view, f.RetryAfter)
	}
	return err
}

func (h *Handler) wait(w http.ResponseWriter, r *http.Request, flow *provider.Flow, status int, view ui.SignInView, after time.Duration) error {
	seconds := max(1, int(after.Seconds()+0.999))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	view.RetryAfter = seconds
	return h.page(w, r, flow, status, view)
}

func (h *Handler) page(w http.ResponseWriter, r *http.Request, flow *provider.Flow, status int, view ui.SignInView) error {
	client, err := h.Clients.ByClientID(r.Context(), flow.Request.ClientID)
	if err != nil {
		return fmt.Errorf("find client: %w", err)
	}
	view.Page = h.Browser.Page(w, r, flow)
	view.Client = browser.ClientView(client)
	view.Flow, view.CSRF = flow.Handle(), flow.CSRF
	view.SignUp = view.ReauthUser == "" && h.SignUp(tenant.Must(r.Context()))
	return web.Render(w, r, status, ui.SignIn(view))
}

// Choose serves GET /account.
func (h *Handler) Choose(w http.ResponseWriter, r *http.Request) error {
	flow, err := h.Browser.Flow(r)
	if err != nil {
		return h.Browser.Refused(w, r, err)
	}
	session, err := h.Browser.Session(w, r)
	if err != nil {
		return err
	}
	if session == nil {
		return h.Browser.Advance(w, r, flow)
	}
	user, err := h.Users.ByID(r.Context(), session.UserID)
	if err != nil {
		return fmt.Errorf("find user: %w", err)
	}
	client, err := h.Clients.ByClientID(r.Context(), flow.Request.ClientID)
	if err != nil {
		return fmt.Errorf("find client: %w", err)
	}
	return web.Render(w, r, http.StatusOK, ui.AccountChooser(ui.AccountChooserView{
		Page: h.Browser.Page(w, r, flow), Client: browser.ClientView(client),
		Flow: flow.Handle(), CSRF: flow.CSRF, RedirectHost: provider.RedirectHost(flow.Request.RedirectURI),
		Accounts: []ui.Account{{ID: user.PublicID(), Name: user.Profile.Name, Identifier: browser.UserLabel(&user)}},
	}))
}

// Chosen serves POST /account.
func (h *Handler) Chosen(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	flow, err := h.Browser.PostedFlow(r, form)
	if err != nil {
		return h.Browser.Refused(w, r, err)
	}
	session, err := h.Browser.Session(w, r)
	if err != nil {
		return err
	}
	switch form.Get("action") {
	case "cancel":
		flow.Refused = "access_denied"
	case "other":
		flow.SwitchUser()
	default:
		if session != nil && form.Get("account") == publicID(session.UserID) {
			flow.UserID, flow.Chosen = session.UserID, true
		}
	}
	return h.Browser.Advance(w, r, flow)
}

func publicID(id uuid.UUID) string {
	u := identity.User{ID: id}
	return u.PublicID()
}
