package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"plinto/dispatch"
	"plinto/event"
	"plinto/event/mail"
	"plinto/identity"
	"plinto/internal/clientip"
	"plinto/internal/egress"
	"plinto/internal/operations"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/organization"
	"plinto/pages/browser"
	"plinto/pages/consent"
	"plinto/pages/home"
	"plinto/pages/logout"
	"plinto/pages/setup"
	"plinto/pages/signin"
	"plinto/pages/signup"
	"plinto/provider"
	"plinto/provider/access"
	"plinto/provider/assembly"
	"plinto/provider/authorize"
	"plinto/provider/backchannel"
	"plinto/provider/checksession"
	"plinto/provider/clientkeys"
	"plinto/provider/discovery"
	"plinto/provider/engine"
	"plinto/provider/introspect"
	"plinto/provider/keys"
	"plinto/provider/par"
	"plinto/provider/revoke"
	"plinto/provider/token"
	"plinto/provider/userinfo"
	"plinto/storage"
	"plinto/tenant"
	"plinto/ui"
)

// Config is what an App is made of. Everything is required but Now, Mail and Extra.
type Config struct {
	Public  *url.URL // the installation's public origin: scheme and host
	Root    secret.Root
	Store   *storage.Store
	Hasher  identity.PasswordHasher
	Clients clientip.Policy // whose forwarded addresses to believe
	// AccessLog gets a line a request; nil: none.
	AccessLog *slog.Logger
	Now       func() time.Time
	// Egress says what the server may reach: clients' keys, request objects and
	// logout endpoints are at addresses that others choose.
	Egress egress.Options
	// Mail sends what users have to be told; nil: nobody is told, and nobody can
	// sign up.
	Mail mail.Sender
	// Operations gets the metrics, checks and breakers of the server; nil: they are kept
	// where nobody asks for them.
	Operations *operations.Operations
	// Extra serves paths outside every tenant (the development pages), or is nil.
	Extra map[string]http.Handler
	// Development relaxes what only a loopback installation may: cookies
	// without Secure over plain http, error pages that repeat what was sent.
	Development bool
	// Dir and Program are how a developer calls plinto for this server: error pages of a
	// development server name commands.
	Dir, Program string
}

// An App is the whole server without its listener.
type App struct {
	cfg      Config
	resolver *tenant.Resolver
	health   *health
	metrics  *metrics
	router   *router
	assets   http.Handler
	browser  *browser.Browser

	egress     *egress.Client
	clientKeys *clientkeys.Keys
	keys       *keys.Service
	discovery  *discovery.Handler
	authorize  *authorize.Handler
	signin     *signin.Handler
	signup     *signup.Handler
	consent    *consent.Handler
	logout     *logout.Handler
	session    *checksession.Handler
	setup      *setup.Handler
	home       *home.Handler
	token      http.Handler
	userinfo   http.Handler
	introspect http.Handler
	revoke     http.Handler
	par        http.Handler
}

// New wires an App. It starts nothing: see Run.
func New(cfg Config) (*App, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Operations == nil {
		cfg.Operations = operations.New()
	}
	cfg.Mail = guardMail(cfg.Mail, cfg.Operations.Breakers)
	s := cfg.Store
	a := &App{cfg: cfg, resolver: &tenant.Resolver{Tenants: s.Tenants, Public: cfg.Public}}
	a.keys = &keys.Service{Keys: s.Keys, Root: cfg.Root, Now: cfg.Now, Announced: s.Hears}
	var err error
	if a.egress, err = egress.New(cfg.Egress); err != nil {
		return nil, fmt.Errorf("make egress client: %w", err)
	}
	a.clientKeys = clientkeys.New(a.egress, cfg.Now)
	box, err := secret.NewBox(cfg.Root.Subkey("plinto/browser/v1"))
	if err != nil {
		return nil, fmt.Errorf("make browser box: %w", err)
	}
	b := &browser.Browser{
		Sessions: s.Sessions, Users: s.Users, Clients: s.Clients, Flows: s.Flows, Box: box, DeviceKey: cfg.Root.Subkey("plinto/device/v1"),
		Secure: cfg.Public.Scheme == "https", Development: cfg.Development, Dir: cfg.Dir, Program: cfg.Program, Now: cfg.Now,
	}
	e, err := engine.New(engine.Dependencies{
		Clients: s.Clients, ResourceServers: s.ResourceServers, Codes: s.Codes,
		RefreshTokens: s.RefreshTokens, AccessTokens: s.AccessTokens, Grants: s.Grants,
		Pushed: s.PushedRequests, Signer: a.keys, Keys: a.clientKeys, Assertions: s.Assertions, Tx: s.DB, Limiter: s.Limiter, Root: cfg.Root, Now: cfg.Now,
		Device: func(r *http.Request) string { return b.Device(r).ID }, Hears: s.Hears,
	})
	if err != nil {
		return nil, fmt.Errorf("make engine: %w", err)
	}
	s.OnChange("signing_keys", func(id tenant.ID) { a.keys.Drop(id); e.DropVerified() }, func() { a.keys.DropAll(); e.DropVerified() })
	a.browser = b
	if err := a.pages(b, e); err != nil {
		return nil, err
	}
	a.endpoints(e)
	s.Subscribe(&backchannel.Notifier{
		Clients: s.Clients, Subjects: provider.NewSubjects(cfg.Root), Sealer: e, Transport: func(by egress.Owner) http.RoundTripper { return a.egress.For(by) },
		Outbox: s.Outbox, Tx: s.DB, Now: cfg.Now,
	})
	a.health = newHealth(s)
	a.operate(cfg.Operations)
	a.router, a.assets = a.routes(), ui.Assets()
	return a, nil
}

// pages makes the handlers of what a user sees.
func (a *App) pages(b *browser.Browser, e *engine.Engine) error {
	s, now := a.cfg.Store, a.cfg.Now
	scopes := provider.ScopePolicy{Resources: s.ResourceServers}
	directory := &identity.Directory{Users: s.Users, Writes: s.Users, Sessions: s.Sessions, Hasher: a.cfg.Hasher, Outbox: s.Outbox, Tx: s.DB}
	a.discovery = &discovery.Handler{Locales: ui.Locales(), SignUp: a.signUp}
	assembler := a.assembler(e)
	responder := &authorize.Responder{Engine: e, Pushed: s.PushedRequests, Browser: b, Now: now}
	dispatcher := &dispatch.Dispatcher{
		Clients: s.Clients, Scopes: scopes, Consents: s.Consents, Subjects: provider.NewSubjects(a.cfg.Root),
		Responder: responder, Now: now, Development: b.Development,
	}
	a.authorize = &authorize.Handler{Assembler: assembler, Dispatcher: dispatcher, Responder: responder, Browser: b}
	shadows := a.cfg.Root.Subkey("plinto/shadow/v1")
	passwords := &identity.PasswordProof{
		Users: s.Users, Attempts: s.Attempts, Limiter: s.Limiter, Hasher: a.cfg.Hasher, Outbox: s.Outbox, Tx: s.DB,
		ShadowKey: shadows, Now: now, Leveller: &identity.Leveller{Kinds: s.Users, Hasher: a.cfg.Hasher},
	}
	starter := &identity.SessionStarter{Sessions: s.Sessions, Outbox: s.Outbox, Tx: s.DB}
	a.signin = &signin.Handler{
		Browser: b, SignUp: a.signUp, Address: a.address, Passwords: passwords, Starter: starter, Dispatcher: dispatcher,
	}
	letters, err := secret.NewBox(a.cfg.Root.Subkey("plinto/letter/v1"))
	if err != nil {
		return fmt.Errorf("make letter box: %w", err)
	}
	signUps := &identity.SignUps{
		Directory: directory, Starter: starter, Attempts: s.Attempts, Limiter: s.Limiter, ShadowKey: shadows,
		Codes: s.OneTimeTokens, Box: letters, Now: now, Reaches: a.reaches,
	}
	a.signup = &signup.Handler{SignUps: signUps, Browser: b, Open: a.signUp, Address: a.address}
	a.mail(signUps)
	a.consent = &consent.Handler{
		Scopes: scopes, Development: b.Development,
		Consents: &provider.ConsentService{Consents: s.Consents, Outbox: s.Outbox, Tx: s.DB},
	}
	a.logout = &logout.Handler{
		Clients: s.Clients, Sessions: s.Sessions, Participants: s.Sessions, Subjects: provider.NewSubjects(a.cfg.Root),
		Hints: e, Browser: b, Now: now,
	}
	a.session = &checksession.Handler{Browser: b}
	a.setup = &setup.Handler{Tokens: s.OneTimeTokens, Directory: directory, Tx: s.DB, Browser: b, Organizations: &organization.Service{
		Organizations: s.Organizations, Writes: s.Organizations, Outbox: s.Outbox, Tx: s.DB,
	}}
	a.home = &home.Handler{Users: s.Users, Browser: b}
	return nil
}

// endpoints makes the handlers of what a client calls.
func (a *App) endpoints(e *engine.Engine) {
	a.token = &token.Handler{Engine: e}
	a.userinfo = &userinfo.Handler{Access: &access.Guard{Tokens: e}, Engine: e, Clients: a.cfg.Store.Clients}
	a.introspect = &introspect.Handler{Engine: e}
	a.revoke = &revoke.Handler{Engine: e}
	a.par = &par.Handler{Engine: e, Assembler: a.authorize.Assembler}
}

// assembler makes what checks authorization requests, pushed and not.
func (a *App) assembler(e *engine.Engine) *assembly.Assembler {
	s := a.cfg.Store
	return &assembly.Assembler{
		Clients: s.Clients, Scopes: provider.ScopePolicy{Resources: s.ResourceServers}, Hints: e,
		Keys: a.clientKeys, Fetcher: a.egress, Pushed: s.PushedRequests, Subjects: provider.NewSubjects(a.cfg.Root),
		SignUp: a.signUp, Locales: ui.Supported, Now: a.cfg.Now,
	}
}

// Run keeps the app's background work going until ctx ends.
func (a *App) Run(ctx context.Context) error { return a.cfg.Store.Run(ctx) }

func (a *App) address(r *http.Request) string {
	return a.cfg.Clients.Address(r).String()
}

// origin says where r comes from, to whoever asks.
func (a *App) origin(ctx context.Context, r *http.Request) func() event.Origin {
	return func() event.Origin {
		return event.Origin{
			IP: a.cfg.Clients.Address(r).String(), UserAgent: r.UserAgent(), RequestID: web.RequestID(ctx),
		}
	}
}
