package clientauth

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/storage"
	"plinto/storage/storagetest"
	"plinto/tenant"
	"plinto/tenant/registry"
)

// A world is an authenticator on a real store, with one tenant.
type world struct {
	*Authenticator
	t      testing.TB
	store  *storage.Store
	tenant *tenant.Tenant
	ctx    context.Context //nolint:containedctx // a test is one context
	clock  atomic.Int64    // added to the time, in nanoseconds
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t}
	w.store = storagetest.New(t, func(c *storage.Config) {
		c.Workers, c.Log = false, slog.New(slog.NewTextHandler(io.Discard, nil))
	})
	running, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() { defer close(stopped); _ = w.store.Run(running) }()
	t.Cleanup(func() { stop(); <-stopped })
	tenants := &registry.Service{Tenants: w.store.Tenants, Writes: w.store.Tenants, Outbox: w.store.Tenants, Tx: w.store.Tenants}
	var err error
	w.tenant, err = tenants.Create(t.Context(), tenant.Tenant{ID: tenant.ID(uuid.Must(uuid.NewV7())), Slug: "a", Name: "a", Host: "a.example"})
	must(t, err)
	w.ctx = event.WithOrigin(tenant.With(context.Background(), w.tenant), func() event.Origin { return event.Origin{IP: "192.0.2.7"} })
	root, _ := secret.NewRoot()
	w.Authenticator = New(Dependencies{
		Clients: w.store.Clients, Assertions: w.store.Assertions, Limiter: w.store.Limiter, Secrets: provider.NewSecretHasher(root),
		Now: func() time.Time { return time.Now().Add(time.Duration(w.clock.Load())) },
	})
	return w
}

// later moves the clock.
func (w *world) later(d time.Duration) { w.clock.Add(int64(d)) }

// A party is a registered client with its secret.
type party struct {
	*provider.Client
	secret string
}

// full is a confidential client.
func full() provider.Metadata {
	return provider.Metadata{
		RedirectURIs: []string{"https://rp.example/cb"}, TokenEndpointAuthMethod: provider.AuthBasic,
		GrantTypes: []string{provider.GrantCode, provider.GrantRefresh, provider.GrantClientCredentials},
	}
}

func public() provider.Metadata {
	m := full()
	m.TokenEndpointAuthMethod, m.GrantTypes = provider.AuthNone, []string{provider.GrantCode, provider.GrantRefresh}
	return m
}

func (w *world) register(id string, m provider.Metadata, change ...func(*provider.Client)) party {
	w.t.Helper()
	p := party{Client: &provider.Client{ID: uuid.Must(uuid.NewV7()), ClientID: id, Metadata: m.WithDefaults()}, secret: secret.Token(provider.ClientSecretPrefix)}
	for _, f := range change {
		f(p.Client)
	}
	if p.Public() {
		p.secret = ""
	} else {
		p.Secrets = []provider.ClientSecret{{ID: uuid.Must(uuid.NewV7()), Hash: w.Secrets.Hash(w.tenant.ID, id, p.secret)}}
	}
	must(w.t, w.store.Clients.Create(w.ctx, *p.Client))
	return p
}

// stored returns a client as it is stored, with an edit.
func (w *world) stored(p party, edit func(*provider.Client)) *provider.Client {
	w.t.Helper()
	c, err := w.store.Clients.Current(w.ctx, p.ClientID)
	must(w.t, err)
	edit(c)
	return c
}

func form(pairs ...string) web.Form {
	f := web.Form{}
	for i := 0; i < len(pairs); i += 2 {
		f[pairs[i]] = append(f[pairs[i]], pairs[i+1])
	}
	return f
}

// wants fails the test unless err is that OAuth error.
func wants(t testing.TB, err error, code string) {
	t.Helper()
	if got := codeOf(err); got != code {
		t.Errorf("got %q (%v), want %q", got, err, code)
	}
}

// codeOf is what a client would read in "error".
func codeOf(err error) string {
	var o *web.OAuthError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &o):
		return o.Code
	case fault.KindOf(err) == fault.TooMany:
		return "too many"
	}
	return "500: " + err.Error()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
