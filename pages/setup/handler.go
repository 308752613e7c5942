package setup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/displayname"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/organization"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/tenant"
	"plinto/ui"
)

const (
	// TokenPrefix starts a set-up token.
	TokenPrefix = "plot_"
	// operators is the organization of those who may run the installation.
	operators = "operators"
)

var link = browser.Link{
	Path: paths.Setup, Cookie: "plinto_setup", Form: "setup",
	WellFormed: func(token string) bool { return secret.WellFormed(TokenPrefix, token) },
}

// A Handler serves the set-up link.
type Handler struct {
	Tokens        identity.OneTimeTokens
	Directory     *identity.Directory
	Devices       identity.DeviceWrites
	Organizations *organization.Service
	Registrar     *provider.Registrar
	Tx            identity.Transactor
	Browser       *browser.Browser
}

// Hash is how a set-up token is kept.
func Hash(id tenant.ID, token string) []byte { return secret.Hash("one-time/setup", id, token) }

// Show serves GET /setup.
func (h *Handler) Show(w http.ResponseWriter, r *http.Request) error {
	if h.Browser.KeepLink(w, r, &link) {
		return nil
	}
	if _, err := h.token(r); err != nil {
		return h.Browser.LinkUnknown(w, r, err)
	}
	return h.form(w, r, http.StatusOK, ui.SetupAdminView{})
}

// token returns the browser's set-up token while it is good.
func (h *Handler) token(r *http.Request) ([]byte, error) {
	token := h.Browser.LinkToken(r, &link)
	if token == "" {
		return nil, identity.ErrLinkUnknown
	}
	hash := Hash(tenant.Must(r.Context()).ID, token)
	_, err := h.Tokens.Peek(r.Context(), identity.PurposeSetup, hash)
	return hash, err
}

func (h *Handler) form(w http.ResponseWriter, r *http.Request, status int, view ui.SetupAdminView) error {
	view.Page, view.CSRF, view.MaxName, view.Rules = h.Browser.Page(w, r, nil), h.Browser.LinkCSRF(r, &link), maxName, browser.PasswordRules(r.Context(), false)
	return web.Render(w, r, status, ui.SetupAdmin(view))
}

// Submit serves POST /setup.
func (h *Handler) Submit(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	hash, err := h.token(r)
	if err != nil {
		return h.Browser.LinkUnknown(w, r, err)
	}
	if !secret.Equal([]byte(h.Browser.LinkCSRF(r, &link)), []byte(form.Get("csrf"))) {
		return browser.ErrForged
	}
	view := ui.SetupAdminView{Email: strings.TrimSpace(form.Get("email")), Name: displayname.Clean(form.Get("name"))}
	if form.Get("password") == "" {
		view.Password = ui.PasswordMissing
	}
	if err := displayname.Check(view.Name, maxName); err != nil {
		view.Problem = nameProblem(err)
	}
	if view.Problem != "" || view.Password != "" {
		return h.form(w, r, http.StatusUnprocessableEntity, view)
	}
	user := identity.User{Email: view.Email, Profile: identity.Profile{Name: view.Name}}
	device := h.Browser.Device(r)
	made, err := h.make(r.Context(), hash, user, form.Get("password"), device.Named())
	var f *fault.Error
	switch {
	case errors.Is(err, identity.ErrLinkUnknown):
		return h.Browser.LinkUnknown(w, r, err)
	case errors.As(err, &f) && (f.Kind == fault.Invalid || f.Kind == fault.Conflict):
		view.Password, view.Problem = browser.PasswordProblem(err), problem(err)
		return h.form(w, r, http.StatusUnprocessableEntity, view)
	case err != nil:
		return err
	}
	h.Browser.ForgetLink(w, r, &link)
	h.Browser.Remember(w, r, &device, made.ID)
	return web.Render(w, r, http.StatusOK, ui.SetupDone(ui.SetupDoneView{
		Page: h.Browser.Page(w, r, nil), Email: user.Email, Issuer: tenant.Must(r.Context()).Issuer,
	}))
}

// maxName bounds a name, in characters.
const maxName = 200

func nameProblem(err error) ui.SetupProblem {
	if errors.Is(err, displayname.ErrTooLong) {
		return ui.SetupLongName
	}
	return ui.SetupOddName
}

// problem is what the page says of an error that is not about the password.
func problem(err error) ui.SetupProblem {
	switch {
	case browser.PasswordProblem(err) != "":
		return ""
	case errors.Is(err, identity.ErrEmail), errors.Is(err, identity.ErrNoIdentifier):
		return ui.SetupEmail
	case errors.Is(err, identity.ErrEmailTaken):
		return ui.SetupTaken
	default:
		return ui.SetupOther
	}
}

// make spends the link and makes the administrator, all or nothing. They sign in next, in the
// browser of the link, which is known to be theirs.
func (h *Handler) make(ctx context.Context, hash []byte, user identity.User, password string, device []byte) (made identity.User, err error) {
	err = h.Tx.InTx(ctx, func(ctx context.Context) error {
		if _, err := h.Tokens.Spend(ctx, identity.PurposeSetup, hash); err != nil {
			return err
		}
		made, err = h.Directory.Create(ctx, event.Actor{Type: "operator", ID: "setup-link"}, user, password)
		if err != nil {
			return err
		}
		if err := h.Devices.Sight(ctx, identity.Sight(ctx, &made, device)); err != nil {
			return err
		}
		if err := h.Organizations.Roles.Assign(ctx, made.ID, organization.Administrator); err != nil {
			return fmt.Errorf("make administrator: %w", err)
		}
		if _, err := h.Registrar.EnsureCommandLine(ctx); err != nil {
			return fmt.Errorf("make client of the command line: %w", err)
		}
		org, err := h.Organizations.Ensure(ctx, operators, "Operators")
		if err != nil {
			return fmt.Errorf("make operators: %w", err)
		}
		return h.Organizations.SetMember(ctx, org.ID, organization.Member{UserID: made.ID, Roles: []string{"owner"}})
	})
	return made, err
}
