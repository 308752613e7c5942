package signup

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/tenant"
	"plinto/ui"
)

// A Handler serves the sign-up pages.
type Handler struct {
	Clients provider.Clients
	SignUps *identity.SignUps
	Browser *browser.Browser
	// Open reports whether people may make accounts for themselves.
	Open func(*tenant.Tenant) bool
	// Address returns the client's address.
	Address func(*http.Request) string
}

var errClosed = fault.New(fault.NotFound, "sign_up_closed", "Nobody can create an account here.")

// Show serves GET /sign-up.
func (h *Handler) Show(w http.ResponseWriter, r *http.Request) error {
	flow, err := h.flow(w, r)
	if flow == nil {
		return err
	}
	email := flow.Request.LoginHint
	if flow.SigningUp != nil {
		email = flow.SigningUp.Email
	}
	return h.ask(w, r, flow, http.StatusOK, ui.SignUpView{Email: email})
}

// flow returns the flow of a page, or none when it has answered itself.
func (h *Handler) flow(w http.ResponseWriter, r *http.Request) (*provider.Flow, error) {
	if !h.Open(tenant.Must(r.Context())) {
		return nil, errClosed
	}
	flow, err := h.Browser.Flow(r)
	if err != nil {
		return nil, h.Browser.Refused(w, r, err)
	}
	return flow, nil
}

// Submit serves POST /sign-up.
func (h *Handler) Submit(w http.ResponseWriter, r *http.Request) error {
	flow, form, err := h.posted(w, r)
	if flow == nil {
		return err
	}
	email := form.Get("email")
	status, problem, wait, err := h.send(w, r, flow, email, false)
	if problem == "" {
		return err
	}
	return h.ask(w, r, flow, status, ui.SignUpView{Email: email, Problem: problem, RetryAfter: wait})
}

// posted returns the flow and the form, or no flow when it has answered itself: what is
// posted to leave the pages is done here.
func (h *Handler) posted(w http.ResponseWriter, r *http.Request) (*provider.Flow, web.Form, error) {
	if !h.Open(tenant.Must(r.Context())) {
		return nil, nil, errClosed
	}
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return nil, nil, err
	}
	flow, err := h.Browser.PostedFlow(r, form)
	if err != nil {
		return nil, nil, h.Browser.Refused(w, r, err)
	}
	switch form.Get("action") {
	case "cancel":
		flow.Refused = "access_denied"
	case "sign-in":
		flow.HasAccount, flow.SigningUp = true, nil
	default:
		return flow, form, nil
	}
	return nil, nil, h.Browser.Advance(w, r, flow)
}

// send has a mail sent and goes on to the page that asks for its code, or returns why not.
func (h *Handler) send(w http.ResponseWriter, r *http.Request, flow *provider.Flow, email string, again bool) (status int, problem ui.SignUpProblem, wait int, err error) {
	begun, err := h.SignUps.Begin(r.Context(), email, h.Browser.Page(w, r, flow).Locale.Lang(), h.Address(r))
	if status, problem, wait := problemOf(w, err); problem != "" {
		return status, problem, wait, nil
	}
	if err != nil {
		return 0, "", 0, fmt.Errorf("begin sign-up: %w", err)
	}
	begun.Again = again
	if flow.SigningUp != nil {
		begun.Name = flow.SigningUp.Name
	}
	flow.SigningUp = &begun
	return 0, "", 0, h.Browser.Lead(w, r, flow, pageCode)
}

// problemOf returns the status of an error that the page can tell of, what it says and
// how many seconds to wait; no problem for any other error.
func problemOf(w http.ResponseWriter, err error) (status int, problem ui.SignUpProblem, wait int) {
	var f *fault.Error
	switch {
	case errors.Is(err, identity.ErrEmail):
		return http.StatusUnprocessableEntity, ui.SignUpEmail, 0
	case errors.Is(err, identity.ErrSignUpDomain):
		return http.StatusUnprocessableEntity, ui.SignUpDomain, 0
	case errors.Is(err, identity.ErrSignUpReach):
		return http.StatusUnprocessableEntity, ui.SignUpUnreachable, 0
	case errors.Is(err, identity.ErrSignUpCode):
		return http.StatusUnprocessableEntity, ui.SignUpCodeWrong, 0
	case errors.Is(err, identity.ErrSignUpExpired):
		return http.StatusUnprocessableEntity, ui.SignUpExpired, 0
	case errors.Is(err, identity.ErrEmailTaken):
		// Said to nobody but who reads the address.
		return http.StatusConflict, ui.SignUpTaken, 0
	case browser.PasswordProblem(err) != "":
		return http.StatusUnprocessableEntity, ui.SignUpPassword, 0
	case !errors.As(err, &f):
		return 0, "", 0
	}
	wait = max(1, int(math.Ceil(f.RetryAfter.Seconds())))
	switch {
	case f.Kind == fault.TooMany:
		status, problem = http.StatusTooManyRequests, ui.SignUpThrottled
	case f.Kind == fault.Unavailable && f.RetryAfter > 0:
		status, problem = http.StatusServiceUnavailable, ui.SignUpBusy
	default:
		return 0, "", 0
	}
	w.Header().Set("Retry-After", strconv.Itoa(wait))
	return status, problem, wait
}

func (h *Handler) ask(w http.ResponseWriter, r *http.Request, flow *provider.Flow, status int, view ui.SignUpView) error {
	frame, err := h.frame(w, r, flow)
	if err != nil {
		return err
	}
	view.SignUpFrame = frame
	return web.Render(w, r, status, ui.SignUp(view))
}

func (h *Handler) frame(w http.ResponseWriter, r *http.Request, flow *provider.Flow) (ui.SignUpFrame, error) {
	client, err := h.Clients.ByClientID(r.Context(), flow.Request.ClientID)
	if err != nil {
		return ui.SignUpFrame{}, fmt.Errorf("find client: %w", err)
	}
	return ui.SignUpFrame{
		Page: h.Browser.Page(w, r, flow), Client: browser.ClientView(client), Flow: flow.Handle(), CSRF: flow.CSRF,
	}, nil
}
