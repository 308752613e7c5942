package setup

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/organization"
	"plinto/provider/browser"
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
	Organizations organization.Organizations
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
		http.Redirect(w, r, tenant.Must(r.Context()).Path+"/setup", http.StatusSeeOther)
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
	view.Page, view.CSRF = h.Browser.Page(w, r, nil), h.csrf(r)
	return web.Render(w, r, status, ui.SetupAdmin(view))
}

// csrf is what the form repeats: only a page of ours knows it, even if a browser
// sent neither Origin nor Sec-Fetch-Site and the cookie from another site.
func (h *Handler) csrf(r *http.Request) string {
	token, _ := h.Browser.Cookies(r).Read(r, cookie)
	sum := secret.MAC(h.Browser.DeviceKey, "setup", tenant.Must(r.Context()).ID.String(), token)
	return base64.RawURLEncoding.EncodeToString(sum[:16])
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
	user := identity.User{Email: form.Get("email"), Profile: identity.Profile{Name: form.Get("name")}}
	err = h.make(r.Context(), hash, user, form.Get("password"))
	var f *fault.Error
	switch {
	case errors.Is(err, identity.ErrLinkUnknown):
		return h.unknown(w, r, err)
	case errors.As(err, &f) && (f.Kind == fault.Invalid || f.Kind == fault.Conflict):
		return h.form(w, r, http.StatusUnprocessableEntity, ui.SetupAdminView{
			Email: user.Email, Name: user.Profile.Name, Error: f.Message, Field: field(f.Code),
		})
	case err != nil:
		return err
	}
	h.Browser.Cookies(r).Clear(w, cookie)
	return web.Render(w, r, http.StatusOK, ui.SetupDone(ui.SetupDoneView{Page: h.Browser.Page(w, r, nil), Email: user.Email}))
}

// field is where on the form an error belongs.
func field(code string) string {
	if strings.HasPrefix(code, "password_") {
		return "password"
	}
	return "email"
}

// make spends the link and makes the administrator, both or neither.
func (h *Handler) make(ctx context.Context, hash []byte, user identity.User, password string) error {
	if password == "" {
		return fault.New(fault.Invalid, "password_missing", "Please choose a password.")
	}
	return h.Tx.InTx(ctx, func(ctx context.Context) error {
		if _, err := h.Tokens.Spend(ctx, identity.PurposeSetup, hash); err != nil {
			return err
		}
		made, err := h.Directory.Create(ctx, event.Actor{Type: "operator", ID: "setup-link"}, user, password)
		if err != nil {
			return err
		}
		org, err := h.Organizations.Put(ctx, organization.Organization{Slug: operators, Name: "Operators"})
		if err != nil {
			return fmt.Errorf("make operators: %w", err)
		}
		return h.Organizations.SetMember(ctx, org, organization.Member{UserID: made.ID, Roles: []string{"owner"}})
	})
}
