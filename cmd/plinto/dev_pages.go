package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"plinto/internal/mailcatcher"
	"plinto/internal/paths"
	"plinto/internal/playground"
	"plinto/internal/web"
	"plinto/organization"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/tenant"
	"plinto/ui"
	"plinto/ui/preview"
)

// devPages are the pages under /dev, which only plinto dev has.
type devPages struct {
	public    *url.URL
	seed      string // name of the manifest
	mails     *mailcatcher.Catcher
	tenants   *devTenants
	command   func(args ...string) string // a line for a shell
	transport http.RoundTripper           // to this server

	mu       sync.Mutex
	browsers map[string]*devBrowser // by the cookie
}

// routes returns the pages by path.
func (p *devPages) routes() map[string]http.Handler {
	m := http.NewServeMux()
	handle := func(pattern string, h web.Handler) { m.Handle(pattern, web.JSON(h)) }
	handle("GET /dev", p.home)
	handle("GET /dev/{$}", p.home)
	p.mailRoutes(handle)
	p.authenticatorRoutes(handle)
	p.previewRoutes(handle)
	p.playgroundRoutes(handle)
	m.Handle("/", web.JSON(p.missing))
	forged := web.JSON(func(http.ResponseWriter, *http.Request) error { return browser.ErrForged })
	return map[string]http.Handler{"/dev": web.SameSiteForms(m, forged)}
}

// missing answers every other address.
func (p *devPages) missing(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusNotFound, ui.DevMissing(ui.DevMissingView{Page: p.page(r)}))
}

func (p *devPages) page(r *http.Request) ui.Page { return ui.Page{Nonce: web.Nonce(r.Context())} }

// mostUsers is how many users of a tenant are listed.
const mostUsers = 10

func (p *devPages) home(w http.ResponseWriter, r *http.Request) error {
	all, err := p.tenants.list(r.Context())
	if err != nil {
		return err
	}
	v := ui.DevHomeView{
		Page: p.page(r), Seed: p.seed,
		Links: []ui.Link{
			{Title: "Playground", URL: playgroundPath, Text: "sign in and see every request and answer"},
			{Title: "Mail", URL: "/dev/mail", Text: "what would have been sent"},
			{Title: "Authenticator", URL: authenticatorPath, Text: "codes for a second step, without a phone"},
			{Title: "Preview", URL: preview.Path, Text: "every page in every language, theme, window and brand"},
		},
	}
	for _, t := range all {
		v.Tenants = append(v.Tenants, p.tenant(t))
	}
	if err := p.operators(r.Context(), &v); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, ui.DevHome(v))
}

// operators adds what administrators can do.
func (p *devPages) operators(ctx context.Context, v *ui.DevHomeView) error {
	system, err := p.tenants.store.Tenants.BySlug(ctx, tenant.SystemSlug)
	if err != nil {
		return fmt.Errorf("find the operators: %w", err)
	}
	_, err = p.tenants.store.Organizations.BySlug(tenant.With(ctx, system), "operators")
	if v.Waits = errors.Is(err, organization.ErrNotFound); err != nil && !v.Waits {
		return fmt.Errorf("find administrators: %w", err)
	}
	own := keyOf(playground.Client{Issuer: system.Issuer, ID: provider.PlaygroundClientID})
	v.Login = p.command("login", system.Issuer)
	v.Operators = []ui.Link{
		{Title: "Account pages", URL: system.URL(paths.Account), Text: "of the operators’ tenant, with their API keys"},
		{Title: "Management API", URL: system.URL(paths.ManagementDocs), Text: "its reference"},
		{Title: "A token of the API", URL: playgroundPath + "?" + url.Values{"client": {own}}.Encode(), Text: "sign in here with “Token of the management API”: the page calls it, and shows the token"},
	}
	return nil
}

func (p *devPages) tenant(t devTenant) ui.DevTenant {
	shown := ui.DevTenant{Name: t.Name, Issuer: t.Issuer, Discovery: t.Issuer + paths.OpenIDConfiguration}
	if p.tenants.elsewhere(t) {
		shown.Problem = "It answers on " + t.Host + " only, and this server is at " + p.public.String() + ": change its host in the seed, or start plinto dev with --listen."
	}
	users := t.users()
	for _, u := range users[:min(len(users), mostUsers)] {
		shown.Users = append(shown.Users, ui.DevUser{Name: u.name, Password: u.password})
	}
	shown.More = len(users) - len(shown.Users)
	return shown
}
