package clientauth

import (
	"context"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"plinto/internal/secret"
	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/storage"
	"plinto/storage/storagetest"
	"plinto/tenant"
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
	storagetest.Run(t, w.store)
	w.tenant = storagetest.Create(t, w.store, testworld.Tenant("a"))
	w.ctx = testworld.In(w.tenant)
	root, _ := secret.NewRoot()
	w.Authenticator = New(Dependencies{
		Clients: w.store.Clients, Assertions: w.store.Assertions, Limiter: w.store.Limiter, Secrets: provider.NewSecretHasher(root),
		Now: func() time.Time { return time.Now().Add(time.Duration(w.clock.Load())) },
	})
	return w
}

// later moves the clock.
func (w *world) later(d time.Duration) { w.clock.Add(int64(d)) }

type party = testworld.Party

var form = testworld.Form

// full is a confidential client.
func full() provider.Metadata { return testworld.Web() }

func public() provider.Metadata { return testworld.Public(full()) }

func (w *world) register(id string, m provider.Metadata, change ...func(*provider.Client)) party {
	w.t.Helper()
	p := testworld.NewParty(w.Secrets, w.tenant.ID, id, m, change...)
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

// wants fails the test unless err is that OAuth error.
func wants(t testing.TB, err error, code string) {
	t.Helper()
	if got := testworld.ErrorCode(err); got != code {
		t.Errorf("got %q (%v), want %q", got, err, code)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
