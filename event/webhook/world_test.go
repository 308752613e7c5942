package webhook_test

import (
	"context"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/event/webhook"
	"plinto/internal/egress"
	"plinto/internal/secret"
	"plinto/storage"
	"plinto/storage/queue"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// A world is a store with a tenant, and all that sends webhooks, at a time that tests move.
type world struct {
	t       testing.TB
	ctx     context.Context // acts for the tenant
	store   *storage.Store
	owner   *pgx.Conn // sees everything
	service *webhook.Service
	hooks   *webhook.Subscriber
	drainer *webhook.Drainer

	mu  sync.Mutex
	now time.Time
}

func newWorld(t testing.TB, change ...func(*egress.Options)) *world {
	t.Helper()
	w := &world{t: t, now: time.Now().Truncate(time.Millisecond)}
	root, _ := secret.NewRoot()
	w.store, w.owner = storagetest.WithOwner(t, func(c *storage.Config) {
		c.Root, c.MaxConns = root, 20
		c.Subscriptions = []event.Subscription{new(webhook.Subscriber).Subscription(), new(webhook.Eraser).Subscription()}
	})
	options := egress.Options{
		AllowLoopback: true, Timeout: time.Second, HeaderTimeout: time.Second, MaxBody: math.MaxInt64 - 1, Idle: 8,
		Places: egress.Places{All: 256, Tenant: 64, Kind: 64, Client: 8},
	}
	for _, f := range change {
		f(&options)
	}
	client, err := egress.New(options)
	if err != nil {
		t.Fatal(err)
	}
	w.service = &webhook.Service{
		Endpoints: w.store.Webhooks, Writes: w.store.Webhooks, Deliveries: w.store.WebhookDeliveries, Vault: webhook.NewVault(root),
		CheckURL: func(string) error { return nil }, Outbox: w.store.Outbox, Tx: w.store.DB, Now: w.clock,
	}
	w.hooks = &webhook.Subscriber{Endpoints: w.store.Webhooks, Deliveries: w.store.WebhookDeliveries, Now: w.clock}
	w.drainer = &webhook.Drainer{
		Service: w.service, Drains: w.store.Webhooks, Log: slog.New(slog.DiscardHandler),
		Sender: &webhook.Sender{Transport: func(by egress.Owner) http.RoundTripper { return client.For(by) }, Now: w.clock},
	}
	w.store.Handle(w.hooks)
	w.store.Handle(&webhook.Eraser{Erase: w.store.Webhooks.Erase})
	w.store.Do(queue.Task{Name: storage.DrainTask, Run: w.drainer.Drain})
	w.ctx = w.tenant("acme")
	return w
}

// tenant makes a tenant and returns a context that acts for it.
func (w *world) tenant(slug string) context.Context {
	w.t.Helper()
	return storagetest.Tenant(w.t, w.store, slug)
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// later moves the clock.
func (w *world) later(by time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(by)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// endpoint makes an endpoint that wants events.
func (w *world) endpoint(ctx context.Context, url string, events ...event.Filter) (webhook.Endpoint, webhook.Secrets) {
	w.t.Helper()
	e, secrets, err := w.service.Create(ctx, webhook.Spec{URL: url, Events: events}, secret.String{})
	must(w.t, err)
	return e, secrets
}

// stored appends an event as a service does and returns it as subscribers get it. The tenant
// is read again: it holds what its endpoints want.
func (w *world) stored(ctx context.Context, e event.Event) event.Event {
	w.t.Helper()
	if e.ID == uuid.Nil {
		e.ID = uuid.Must(uuid.NewV7())
	}
	if e.Outcome == "" {
		e.Outcome = "success"
	}
	t, err := w.store.Tenants.ByID(ctx, tenant.Must(ctx).ID)
	must(w.t, err)
	ctx = tenant.With(ctx, t)
	must(w.t, w.store.DB.InTx(ctx, func(ctx context.Context) error { return w.store.Outbox.Append(ctx, e) }))
	e.OccurredAt = w.clock()
	return e
}

// told has an event stored and handed on to the endpoints that want it.
func (w *world) told(ctx context.Context, e event.Event) event.Event {
	w.t.Helper()
	e = w.stored(ctx, e)
	must(w.t, w.hooks.Handle(ctx, e))
	return e
}

// drain gives an endpoint one turn.
func (w *world) drain(ctx context.Context, e webhook.Endpoint) {
	w.t.Helper()
	must(w.t, w.drainer.Drain(ctx, e.ID))
}

// deliveries lists those of an endpoint, oldest first.
func (w *world) deliveries(ctx context.Context, e webhook.Endpoint) []webhook.Delivery {
	w.t.Helper()
	page, err := w.store.WebhookDeliveries.List(ctx, e.ID, uuid.Nil, "", 1000)
	must(w.t, err)
	for i, j := 0, len(page)-1; i < j; i, j = i+1, j-1 {
		page[i], page[j] = page[j], page[i]
	}
	return page
}

// only returns the one delivery of an endpoint with its attempts.
func (w *world) only(ctx context.Context, e webhook.Endpoint) (webhook.Delivery, []webhook.Attempt) {
	w.t.Helper()
	all := w.deliveries(ctx, e)
	if len(all) != 1 {
		w.t.Fatalf("got %d deliveries, want one: %+v", len(all), all)
	}
	d, attempts, err := w.store.WebhookDeliveries.ByID(ctx, all[0].ID)
	must(w.t, err)
	return d, attempts
}

// count returns what a SELECT count(*) says.
func (w *world) count(sql string, args ...any) (n int) {
	w.t.Helper()
	must(w.t, w.owner.QueryRow(context.Background(), sql, args...).Scan(&n))
	return n
}

// A received is one request that a receiver got.
type received struct {
	header http.Header
	body   []byte
}

// A receiver is a server of an endpoint.
type receiver struct {
	*httptest.Server
	got chan received
}

// receive starts a receiver that answers as it is told; nil: 204.
func (w *world) receive(answer http.HandlerFunc) *receiver {
	r := &receiver{got: make(chan received, 20_000)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.got <- received{req.Header, body}
		if answer == nil {
			rw.WriteHeader(http.StatusNoContent)
			return
		}
		answer(rw, req)
	}))
	w.t.Cleanup(func() { r.CloseClientConnections(); r.Close() })
	return r
}

// next returns the next request.
func (r *receiver) next(t testing.TB) received {
	t.Helper()
	select {
	case got := <-r.got:
		return got
	case <-time.After(30 * time.Second):
		t.Fatal("nothing was received")
		return received{}
	}
}

// status answers with a status.
func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}
