package setup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/displayname"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/organization"
	"plinto/pages/browser"
	"plinto/tenant"
	"plinto/ui"
)

const (
	// TokenPrefix starts a set-up token.
	TokenPrefix = "plot_"
	cookie      = "plinto_setup"
	cookieLife  = 30 * time.Minute
	// operators is the organization of those who may run the installation.
	operators = "operators"
)

// A Handler serves the set-up link.
type Handler struct {
	Tokens        identity.OneTimeTokens
	Directory     *identity.Directory
	Organizations *organization.Service
	Tx            identity.Transactor
	Browser       *browser.Browser
}

// Hash is how a set-up token is kept.
func Hash(id tenant.ID, token string) []byte { return secret.Hash("one-time/setup", id, token) }

// Show serves GET /setup.
func (h *Handler) Show(w http.ResponseWriter, r *http.Request) error {
	if token := r.URL.Query().Get("token"); token != "" {
		if secret.WellFormed(TokenPrefix, token) {
			h.Browser.Cookies(r).Set(w, cookie, token, cookieLife)
		}
		http.Redirect(w, r, tenant.Must(r.Context()).Path+paths.Setup, http.StatusSeeOther)
		return nil
	}
	if _, err := h.token(r); err != nil {
		return h.unknown(w, r, err)
	}
	return h.form(w, r, http.StatusOK, ui.SetupAdminView{})
}

// token returns the browser's set-up token while it is good.
func (h *Handler) token(r *http.Request) ([]byte, error) {
	token, ok := h.Browser.Cookies(r).Read(r, cookie)
	if !ok {
		return nil, identity.ErrLinkUnknown
	}
	hash := Hash(tenant.Must(r.Context()).ID, token)
	_, err := h.Tokens.Peek(r.Context(), identity.PurposeSetup, hash)
	return hash, err
}

func (h *Handler) unknown(w http.ResponseWriter, r *http.Request, err error) error {
	if errors.Is(err, identity.ErrLinkUnknown) {
		return h.Browser.ErrorPage(w, r, http.StatusNotFound, identity.ErrLinkUnknown.Code, identity.ErrLinkUnknown.Message)
	}
	return err
}

func (h *Handler) form(w http.ResponseWriter, r *http.Request, status int, view ui.SetupAdminView) error {
	view.Page, view.CSRF, view.MaxName, view.Rules = h.Browser.Page(w, r, nil), h.csrf(r), maxName, browser.PasswordRules(r.Context(), false)
	return web.Render(w, r, status, ui.SetupAdmin(view))
}

// csrf is what the form repeats: only a page of ours knows it, even if a browser
// sent neither Origin nor Sec-Fetch-Site and the cookie from another site.
func (h *Handler) csrf(r *http.Request) string {
	token, _ := h.Browser.Cookies(r).Read(r, cookie)
	return h.Browser.FormCSRF(r, "setup", token)
}

// Submit serves POST /setup.
func (h *Handler) Submit(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	hash, err := h.token(r)
	if err != nil {
		return h.unknown(w, r, err)
	}
	if !secret.Equal([]byte(h.csrf(r)), []byte(form.Get("csrf"))) {
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
	err = h.make(r.Context(), hash, user, form.Get("password"))
	var f *fault.Error
	switch {
	case errors.Is(err, identity.ErrLinkUnknown):
		return h.unknown(w, r, err)
	case errors.As(err, &f) && (f.Kind == fault.Invalid || f.Kind == fault.Conflict):
		view.Password, view.Problem = browser.PasswordProblem(err), problem(err)
		return h.form(w, r, http.StatusUnprocessableEntity, view)
	case err != nil:
		return err
	}
	h.Browser.Cookies(r).Clear(w, cookie)
	return web.Render(w, r, http.StatusOK, ui.SetupDone(ui.SetupDoneView{Page: h.Browser.Page(w, r, nil), Email: user.Email}))
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

// make spends the link and makes the administrator, both or neither.
func (h *Handler) make(ctx context.Context, hash []byte, user identity.User, password string) error {
	return h.Tx.InTx(ctx, func(ctx context.Context) error {
		if _, err := h.Tokens.Spend(ctx, identity.PurposeSetup, hash); err != nil {
			return err
		}
		made, err := h.Directory.Create(ctx, event.Actor{Type: "operator", ID: "setup-link"}, user, password)
		if err != nil {
			return err
		}
		org, err := h.Organizations.Ensure(ctx, operators, "Operators")
		if err != nil {
			return fmt.Errorf("make operators: %w", err)
		}
		return h.Organizations.SetMember(ctx, org.ID, organization.Member{UserID: made.ID, Roles: []string{"owner"}})
	})
}
