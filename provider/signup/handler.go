package signup

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/mailaddr"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/provider/browser"
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
	// Address returns the throttle key of the client's address.
	Address func(*http.Request) string
}

var errClosed = fault.New(fault.NotFound, "sign_up_closed", "Nobody can make an account here.")

// maxName bounds a name, in characters.
const maxName = 200

// Show serves GET /sign-up.
func (h *Handler) Show(w http.ResponseWriter, r *http.Request) error {
	if !h.Open(tenant.Must(r.Context())) {
		return errClosed
	}
	flow, err := h.Browser.Flow(r)
	if err != nil {
		return h.Browser.StartAgain(w, r)
	}
	email := flow.Request.LoginHint
	if flow.SigningUp != nil {
		email = flow.SigningUp.Email
	}
	return h.ask(w, r, flow, http.StatusOK, ui.SignUpView{Email: email})
}

// Submit serves POST /sign-up.
func (h *Handler) Submit(w http.ResponseWriter, r *http.Request) error {
	flow, form, err := h.posted(w, r)
	if flow == nil {
		return err
	}
	if h.left(w, r, flow, form) {
		return nil
	}
	return h.send(w, r, flow, form.Get("email"))
}

// posted returns the flow and the form, or no flow when it has answered itself.
func (h *Handler) posted(w http.ResponseWriter, r *http.Request) (*provider.Flow, web.Form, error) {
	if !h.Open(tenant.Must(r.Context())) {
		return nil, web.Form{}, errClosed
	}
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return nil, form, err
	}
	flow, err := h.Browser.PostedFlow(r, form)
	if err != nil {
		return nil, form, h.Browser.Refused(w, r, err)
	}
	return flow, form, nil
}

// left handles the ways out that every page has, and reports whether it did.
func (h *Handler) left(w http.ResponseWriter, r *http.Request, flow *provider.Flow, form web.Form) bool {
	switch form.Get("action") {
	case "cancel":
		flow.Refused = "access_denied"
	case "sign-in":
		flow.HasAccount, flow.SigningUp = true, nil
	default:
		return false
	}
	h.Browser.Advance(w, r, flow)
	return true
}

// send has a mail sent and goes on to the page that asks for its code.
func (h *Handler) send(w http.ResponseWriter, r *http.Request, flow *provider.Flow, email string) error {
	begun, err := h.SignUps.Begin(r.Context(), email, h.Address(r))
	if status, problem := problemOf(w, err); problem != "" {
		return h.ask(w, r, flow, status, ui.SignUpView{Email: email, Problem: problem, RetryAfter: seconds(err)})
	}
	if err != nil {
		return fmt.Errorf("begin sign-up: %w", err)
	}
	flow.SigningUp = &begun
	h.Browser.SaveFlow(w, r, flow)
	h.Browser.See(w, r, "/sign-up/code", flow.ID)
	return nil
}

// ShowCode serves GET /sign-up/code.
func (h *Handler) ShowCode(w http.ResponseWriter, r *http.Request) error {
	if !h.Open(tenant.Must(r.Context())) {
		return errClosed
	}
	flow, err := h.Browser.Flow(r)
	if err != nil {
		return h.Browser.StartAgain(w, r)
	}
	if flow.SigningUp == nil {
		h.Browser.See(w, r, "/sign-up", flow.ID)
		return nil
	}
	return h.askCode(w, r, flow, http.StatusOK, ui.SignUpCodeView{})
}

// SubmitCode serves POST /sign-up/code.
func (h *Handler) SubmitCode(w http.ResponseWriter, r *http.Request) error {
	flow, form, err := h.posted(w, r)
	if flow == nil {
		return err
	}
	if h.left(w, r, flow, form) {
		return nil
	}
	switch {
	case flow.SigningUp == nil:
		h.Browser.See(w, r, "/sign-up", flow.ID)
		return nil
	case form.Get("action") == "again":
		return h.send(w, r, flow, flow.SigningUp.Email)
	}
	return h.finish(w, r, flow, form)
}

func (h *Handler) finish(w http.ResponseWriter, r *http.Request, flow *provider.Flow, form web.Form) error {
	view := ui.SignUpCodeView{Code: form.Get("code"), Name: strings.TrimSpace(form.Get("name"))}
	password := form.Get("password")
	if utf8.RuneCountInString(view.Name) > maxName {
		view.Problem = ui.SignUpName
		return h.askCode(w, r, flow, http.StatusUnprocessableEntity, view)
	}
	if password == "" {
		view.Problem = ui.SignUpNoPassword
		return h.askCode(w, r, flow, http.StatusUnprocessableEntity, view)
	}
	current, err := h.Browser.Session(w, r)
	if err != nil {
		return err
	}
	in, err := h.SignUps.Finish(r.Context(), *flow.SigningUp, view.Code, identity.Profile{Name: view.Name}, password,
		identity.Attempt{Current: current})
	if status, problem := problemOf(w, err); problem != "" {
		view.Problem, view.RetryAfter = problem, seconds(err)
		if problem == ui.SignUpPassword {
			view.Detail = detail(err)
		}
		return h.askCode(w, r, flow, status, view)
	}
	if err != nil {
		return fmt.Errorf("finish sign-up: %w", err)
	}
	h.Browser.KeepSession(w, r, in.Token, in.Session)
	h.Browser.Remember(w, r, h.Browser.Device(r), in.User.ID)
	flow.Bind(in.User.ID)
	h.Browser.Advance(w, r, flow)
	return nil
}

// problemOf returns the status of an error that the page can tell of, and what it
// says; "" for any other.
func problemOf(w http.ResponseWriter, err error) (int, ui.SignUpProblem) {
	var f *fault.Error
	switch {
	case err == nil:
		return 0, ""
	case errors.Is(err, identity.ErrEmail):
		return http.StatusUnprocessableEntity, ui.SignUpEmail
	case errors.Is(err, identity.ErrSignUpDomain):
		return http.StatusUnprocessableEntity, ui.SignUpDomain
	case errors.Is(err, identity.ErrSignUpReach):
		return http.StatusUnprocessableEntity, ui.SignUpUnreachable
	case errors.Is(err, identity.ErrSignUpCode):
		return http.StatusUnprocessableEntity, ui.SignUpCodeWrong
	case errors.Is(err, identity.ErrEmailTaken):
		// Said to nobody but who reads the address.
		return http.StatusConflict, ui.SignUpTaken
	case !errors.As(err, &f):
		return 0, ""
	case f.Kind == fault.TooMany:
		w.Header().Set("Retry-After", strconv.Itoa(seconds(err)))
		return http.StatusTooManyRequests, ui.SignUpThrottled
	case f.Kind == fault.Unavailable && f.RetryAfter > 0:
		w.Header().Set("Retry-After", strconv.Itoa(seconds(err)))
		return http.StatusServiceUnavailable, ui.SignUpBusy
	case f.Kind == fault.Invalid:
		return http.StatusUnprocessableEntity, ui.SignUpPassword
	}
	return 0, ""
}

func detail(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Message
	}
	return ""
}

// seconds is how long to wait, rounded up.
func seconds(err error) int {
	var f *fault.Error
	if !errors.As(err, &f) {
		return 0
	}
	return max(1, int(math.Ceil(f.RetryAfter.Seconds())))
}

func (h *Handler) ask(w http.ResponseWriter, r *http.Request, flow *provider.Flow, status int, view ui.SignUpView) error {
	frame, err := h.frame(w, r, flow)
	if err != nil {
		return err
	}
	view.SignUpFrame = frame
	return web.Render(w, r, status, ui.SignUp(view))
}

func (h *Handler) askCode(w http.ResponseWriter, r *http.Request, flow *provider.Flow, status int, view ui.SignUpCodeView) error {
	frame, err := h.frame(w, r, flow)
	if err != nil {
		return err
	}
	view.SignUpFrame, view.Email = frame, mailaddr.Display(flow.SigningUp.Email)
	return web.Render(w, r, status, ui.SignUpCode(view))
}

func (h *Handler) frame(w http.ResponseWriter, r *http.Request, flow *provider.Flow) (ui.SignUpFrame, error) {
	client, err := h.Clients.ByClientID(r.Context(), flow.Request.ClientID)
	if err != nil {
		return ui.SignUpFrame{}, fmt.Errorf("find client: %w", err)
	}
	return ui.SignUpFrame{
		Page: h.Browser.Page(w, r, flow), Client: browser.ClientView(client), Flow: flow.ID.String(), CSRF: flow.CSRF,
	}, nil
}
