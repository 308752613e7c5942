package provider

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/dispatch"
	"plinto/federation"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/tenant"
	"plinto/ui"
)

// A Handler serves the pages.
type Handler struct {
	SignIns    *federation.SignIns
	Logouts    *federation.Logouts
	Realms     *federation.Realms
	Starter    *identity.SessionStarter
	Dispatcher *dispatch.Dispatcher
	Browser    *browser.Browser
	Users      identity.Users
	Limiter    identity.Limiter
	Tx         identity.Transactor
	Now        func() time.Time
	// JWKS returns the public keys of a connection by its slug.
	JWKS func(ctx context.Context, slug string) ([]byte, error)
	// Describe returns what a connection introduces us with by its slug.
	Describe func(ctx context.Context, slug string) ([]byte, error)
	// Address returns the client's address.
	Address func(*http.Request) string
}

// Buttons are the providers that the sign-in page offers in a flow: those of the tenant, and of the organization that the
// flow is for.
func (h *Handler) Buttons(ctx context.Context, v *browser.Visit) ([]ui.ProviderButton, error) {
	all, err := h.SignIns.Offered(ctx)
	if err != nil {
		return nil, err
	}
	takes, err := takes(ctx, v)
	if err != nil {
		return nil, err
	}
	var shown []ui.ProviderButton
	for i := range all {
		c := &all[i]
		if !takes(c.Slug) || c.Hidden && c.Slug != v.Flow.Request.Connection || c.Organization != uuid.Nil && c.Organization != organizationOf(v.Flow) && c.Slug != v.Flow.Request.Connection {
			continue
		}
		shown = append(shown, ui.ProviderButton{Slug: c.Slug, Name: c.Name, Down: !h.SignIns.Available(ctx, c)})
	}
	return shown, nil
}

// organizationOf is the organization that a flow is for, as far as that is known before somebody signs in.
func organizationOf(f *provider.Flow) uuid.UUID {
	if f.Organization.ID != uuid.Nil {
		return f.Organization.ID
	}
	return f.Shown.ID
}

// Leads reports whether the sign-in page leads to a provider at once, because nothing happened yet: the client names it, or the
// domain of its only user.
func (h *Handler) Leads(ctx context.Context, v *browser.Visit) (slug string, leads bool, err error) {
	r := &v.Flow.Request
	if v.Flow.Led || v.Flow.Connecting != nil {
		return "", false, nil
	}
	if r.Connection != "" {
		return r.Connection, true, nil
	}
	realm, err := h.realm(ctx, v, r.DomainHint)
	if err != nil || len(realm.Connections) != 1 {
		return "", false, err
	}
	return realm.Connections[0].Slug, true, nil
}

// Begin leads the browser to a provider. hint is what was typed as a name, or "".
func (h *Handler) Begin(ctx context.Context, v *browser.Visit, slug, hint string) error {
	v.Flow.Led = true
	takes, err := takes(ctx, v)
	if err != nil {
		return err
	}
	c, err := h.SignIns.Enabled(ctx, slug)
	if err == nil && !takes(slug) {
		err = federation.ErrNotFound
	}
	if err != nil {
		return h.failed(ctx, v, "", err)
	}
	ask, err := h.ask(v, hint)
	if err != nil {
		return err
	}
	to, err := h.SignIns.Begin(ctx, &c, federation.RoundHolder{Purpose: federation.ToSignIn, ID: v.Flow.ID}, ask)
	if err != nil {
		return h.failed(ctx, v, c.Name, err)
	}
	if err := v.Save(); err != nil {
		return err
	}
	return h.Browser.Leave(v.W, v.R, to.URL, to.Form)
}

// ask is what the provider is asked for: as much as the client asks us for.
func (h *Handler) ask(v *browser.Visit, hint string) (a federation.Ask, err error) {
	session, err := v.Session()
	if err != nil {
		return a, err
	}
	r := &v.Flow.Request
	a = federation.Ask{LoginHint: hint, MaxAge: r.MaxAge, UILocales: v.Page().Locale.Lang()}
	if a.LoginHint == "" {
		a.LoginHint = r.LoginHint
	}
	switch {
	case r.Prompts("login"): // before the other: only then is there an answer that counts, see fresh
		a.Prompt = "login"
	case v.Flow.Switch, r.Prompts("select_account"):
		a.Prompt = "select_account"
	case session != nil: // who is signed in was asked to show it again
		a.Prompt = "login"
	}
	return a, nil
}

// fresh is how recently the user has to have signed in at the provider: see federation.Round.
func fresh(f *provider.Flow) (maxAge *int64, authTime bool) {
	r := &f.Request
	// Our own account pages are content with a provider that does not say when.
	strict := r.MaxAge != nil && r.ClientID != provider.AccountPages
	if r.Prompts("login") {
		return new(int64), strict
	}
	return r.MaxAge, strict
}

// failed shows what went wrong, and leads back to the sign-in page of the flow.
func (h *Handler) failed(ctx context.Context, v *browser.Visit, name string, err error) error {
	f, ok := fault.As(err)
	if !ok || !slices.Contains(shown, f.Code) {
		return err
	}
	v.Refuse(ctx, web.StatusOf(err), err)
	_, seconds := browser.Wait(v.W, err)
	if err := v.Save(); err != nil {
		return err
	}
	client, lookup := v.Client(ctx)
	if lookup != nil {
		return lookup
	}
	return v.Render(web.StatusOf(err), ui.ProviderProblem(ui.ProviderProblemView{
		Page: v.Page(), Client: browser.ClientView(client), Code: f.Code, Name: name, RetryAfter: seconds,
		Back: tenant.Must(ctx).Path + paths.Login + "?flow=" + v.Flow.Handle(),
	}))
}

// shown are the errors that have a page of ours.
var shown = []string{
	federation.ErrNotFound.Code, federation.ErrDisabled.Code, federation.ErrSuspended.Code, federation.ErrDenied.Code, federation.ErrUnavailable.Code, federation.ErrMisconfigured.Code,
	federation.ErrAnswer.Code, federation.ErrNotAllowed.Code, federation.ErrState.Code, federation.ErrSpent.Code, federation.ErrIdentityTaken.Code,
	federation.ErrTooManyIDs.Code, errThrottled.Code, identity.ErrRefused.Code,
}
