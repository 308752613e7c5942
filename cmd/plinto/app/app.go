package app

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"plinto/event"
	"plinto/event/explain"
	"plinto/event/mail"
	"plinto/event/refusal"
	"plinto/identity"
	"plinto/identity/passkey"
	"plinto/internal/admission"
	"plinto/internal/clientip"
	"plinto/internal/egress"
	"plinto/internal/operations"
	"plinto/internal/secret"
	"plinto/internal/tracing"
	"plinto/internal/web"
	"plinto/storage"
	"plinto/ui"
)

// Config is what an App is made of. Everything is required but Breaches, PasskeyMetadata, Place, Now, Traces, Mail, SigningKey, the lists for metrics and Extra.
type Config struct {
	Root   secret.Root
	Store  *storage.Store // opened with the public origin
	Hasher identity.PasswordHasher
	// Breaches know passwords that leaked, besides the embedded list; nil: none.
	Breaches identity.Breaches
	// PasskeyMetadata is what is known of authenticators; nil: nothing.
	PasskeyMetadata *passkey.Metadata
	// Place says roughly where an IP address is, in a language (BCP 47), or ""; nil: nobody knows.
	Place   func(address, lang string) string
	Clients clientip.Policy // whose forwarded addresses to believe
	// RequestSlots is how many requests are worked on at once; zero: 32 for each of GOMAXPROCS.
	RequestSlots int
	// Traces begins the trace of each request; nil: nothing is traced.
	Traces *tracing.Tracer
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
	// MetricsTenants are the slugs of tenants that have labels of their own in metrics, and MetricsClients the clients, as
	// slug/client_id; all others are "other".
	MetricsTenants, MetricsClients []string
	// SigningKey makes a private key that tokens of a tenant are signed with; nil: see keys.Service.
	SigningKey func(alg string) (crypto.Signer, error)
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
	*parts
	trails   *explain.Recorder
	refusals *refusal.Recorder
	router   *router
	gate     *admission.Gate
	assets   http.Handler
}

// Settle returns when everything is done that requests left for later.
func (a *App) Settle() { a.later.Wait() }

// New wires an App. It starts nothing: see Run.
func New(cfg Config) (*App, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Store.Public == nil {
		return nil, errors.New("the store does not know the public origin")
	}
	if cfg.Operations == nil {
		cfg.Operations = operations.New()
	}
	cfg.Mail = guardMail(cfg.Mail, cfg.Operations)
	p, err := newParts(cfg)
	if err != nil {
		return nil, err
	}
	if err := p.subscribe(); err != nil {
		return nil, err
	}
	a := &App{parts: p, gate: newGate(&cfg), assets: ui.Assets()}
	a.trails = explain.NewRecorder(cfg.Store.Trails, cfg.Operations.Registry, slog.Default())
	a.refusals = refusal.NewRecorder(refusal.Dependencies{
		Outbox: cfg.Store.Outbox, Tx: cfg.Store.DB, Now: cfg.Now, Metrics: cfg.Operations.Registry, Log: slog.Default(),
	})
	p.measure()
	if a.router, err = a.mount(areas); err != nil {
		return nil, fmt.Errorf("mount areas: %w", err)
	}
	return a, nil
}

// mount makes areas and adds their routes. It fails when two of them claim a path.
func (a *App) mount(all []namedArea) (*router, error) {
	r := newRouter(a.notFound)
	for _, one := range all {
		r.mount(one.name, one.make(a.parts))
	}
	return r, r.err()
}

// Drain makes /readyz say that the server is about to stop.
func (a *App) Drain() { a.draining.Store(true) }

// origin says where r comes from, to whoever asks.
func (a *App) origin(ctx context.Context, r *http.Request) func() event.Origin {
	return func() event.Origin {
		return event.Origin{
			IP: a.cfg.Clients.Address(r).String(), UserAgent: r.UserAgent(), RequestID: web.RequestID(ctx),
		}
	}
}
