package plintotest

import (
	"cmp"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	sdk "go.opentelemetry.io/otel/sdk/trace"

	"plinto/cmd/plinto/app"
	"plinto/event"
	"plinto/event/explain"
	"plinto/event/mail"
	"plinto/identity"
	"plinto/identity/device"
	"plinto/internal/clientip"
	"plinto/internal/egress"
	"plinto/internal/mailcatcher"
	"plinto/internal/operations"
	"plinto/internal/password"
	"plinto/internal/secret"
	"plinto/internal/testworld"
	"plinto/organization/domain"
	"plinto/provider"
	"plinto/storage"
	"plinto/storage/storagetest"
	"plinto/tenant"
	"plinto/tenant/registry"
)

// accessLog gets a line for every request to a server, or is nil.
var accessLog *slog.Logger

// Password is every test user's.
const Password = "correct horse battery staple"

// A Server is a running Plinto with one tenant that answers on its own host.
type Server struct {
	*httptest.Server
	App       *app.App
	Store     *storage.Store
	Tenant    *tenant.Tenant
	Root      secret.Root
	Hasher    *password.Hasher
	Mails     *mailcatcher.Catcher // with Options.Mail
	Isolation tenant.Isolation     // of tenants that are made
	t         testing.TB
	Owner     *pgx.Conn // of the tenant's database: it sees all tenants there and may do everything
	shared    *pgx.Conn // likewise, of the database that tenants share
	canary    *canary
}

// Options change how a Server is started.
type Options struct {
	Now      func() time.Time
	Settings tenant.Settings
	Tracer   pgx.QueryTracer  // sees every statement of the server
	Spans    sdk.SpanExporter // gets the spans of the server
	Hasher   *password.Hasher // nil: one that is quick
	Mail     bool             // whether mails are sent, to Server.Mails
	Database string           // URL of a migrated database of the test's own; "" for another
	Redis    string           // URL of a Redis database of the test's own; "" for another
	Replicas []string         // URLs of replicas of Database
	// ReplicaLag is how far they may be behind; zero: an hour.
	ReplicaLag time.Duration
	Pooled     bool // whether a PgBouncer is between the server and its database
	// Host is the tenant's, where passkeys need a domain: "example.com", which the server's own
	// browsers find; "localhost", with the server's port; "": its address.
	Host     string
	Proxied  bool      // whether X-Forwarded-For of tests is believed
	Breached *Breached // what leaked; nil: nothing
	// Place says where addresses are, in a language; nil: nobody knows.
	Place func(address, lang string) string
	DNS   domain.Resolver
	// Operations gets the metrics; nil: nobody looks at them. MetricsTenants and MetricsClients have labels of their own.
	Operations                     *operations.Operations
	MetricsTenants, MetricsClients []string
	// Isolation is that of tenants that NewTenant makes; "": of the variable PLINTO_TEST_ISOLATION, or shared.
	Isolation tenant.Isolation
}

// isolationVariable has every server of tests keep its tenants apart in another way.
const isolationVariable = "PLINTO_TEST_ISOLATION"

// Breached are passwords that leaked, by the list that a server asks.
type Breached struct {
	all   sync.Map
	asked atomic.Int32
	added atomic.Int32
	away  atomic.Bool
}

// Add has a password leak, in another edition of the list.
func (b *Breached) Add(password string) {
	b.all.Store(password, true)
	b.added.Add(1)
}

// Away has the list not answer.
func (b *Breached) Away(away bool) { b.away.Store(away) }

// Asked is how often the list was asked.
func (b *Breached) Asked() int { return int(b.asked.Load()) }

// Leaked implements identity.Breaches.
func (b *Breached) Leaked(ctx context.Context, password string) bool {
	leaked, _ := b.Look(ctx, password)
	return leaked
}

// Look implements identity.Breaches.
func (b *Breached) Look(_ context.Context, password string) (leaked bool, err error) {
	b.asked.Add(1)
	if b.away.Load() {
		return false, errors.New("the list does not answer")
	}
	_, leaked = b.all.Load(password)
	return leaked, nil
}

// Edition implements identity.Breaches.
func (b *Breached) Edition() string { return fmt.Sprint("edition ", b.added.Load()) }

// ourselves is the network of every test's requests.
var ourselves = clientip.Policy{Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}

// catching is a mail.Sender that keeps mails.
type catching struct{ to *mailcatcher.Catcher }

// Send implements mail.Sender.
func (c catching) Send(_ context.Context, m mail.Message) error {
	c.to.Catch(mailcatcher.Mail{To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML})
	return nil
}

// Start starts a server; it stops with the test.
func Start(t testing.TB, opts ...Options) *Server {
	t.Helper()
	var o Options
	if len(opts) > 0 {
		o = opts[0]
	}
	watched := watch(t, o.Spans)
	root, _ := secret.NewRoot()
	listener := httptest.NewUnstartedServer(nil)
	public := o.public(listener.Listener.Addr().String())
	store, owner := storagetest.WithOwner(t, func(c *storage.Config) {
		c.DNS = o.DNS
		c.Tracer, c.Root, c.Public, c.Subscriptions = o.Tracer, root, public, app.Subscriptions()
		c.Traces = watched.traces
		if o.Database != "" {
			c.URL, c.Owner = secret.NewString(o.Database), ownerOf(t, o.Database, c.Owner)
		}
		for _, replica := range o.Replicas {
			c.Replicas, c.ReplicaLag = append(c.Replicas, secret.NewString(replica)), cmp.Or(o.ReplicaLag, time.Hour)
		}
		if o.Redis != "" {
			c.RedisURL = secret.NewString(o.Redis)
		}
		if o.Pooled {
			storagetest.Pool(t, c)
		}
	})
	s := &Server{t: t, Root: root, Store: store, Server: listener, Owner: owner, shared: owner, canary: watched}
	if s.Hasher = o.Hasher; s.Hasher == nil {
		s.Hasher = password.New(password.Options{Cost: password.Cost{Memory: 64, Time: 1}, Pepper: password.Pepper{ID: "t"}})
	}
	var err error
	s.App, err = app.New(s.config(&o))
	if err != nil {
		t.Fatalf("wire app: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		if err := s.App.Run(ctx); err != nil && ctx.Err() == nil {
			t.Errorf("background work: %v", err)
		}
	}()
	s.Config.Handler = watched.handler(s.App.Handler())
	s.StartTLS()
	s.at(public)
	t.Cleanup(func() {
		s.Close()
		cancel()
		<-stopped
		if o.Database == "" {
			explained(t, owner)
		}
	})
	s.Isolation = cmp.Or(o.Isolation, tenant.Isolation(os.Getenv(isolationVariable)))
	s.Tenant = s.NewTenant("main", public.Host, o.Settings)
	s.ownTables()
	return s
}

// config is what the server's parts are made from.
func (s *Server) config(o *Options) app.Config {
	config := app.Config{
		Root: s.Root, Store: s.Store, Hasher: s.Hasher, Now: o.Now, AccessLog: accessLog, Place: o.Place, SigningKey: testworld.SigningKeys(s.t),
		Egress: egress.Options{AllowLoopback: true, CAFile: authority(s.t)}, Operations: o.Operations, MetricsTenants: o.MetricsTenants, MetricsClients: o.MetricsClients,
	}
	if s.canary != nil {
		config.Traces = s.canary.traces
		if o.Operations != nil {
			s.canary.operations = o.Operations
		}
		config.Operations = s.canary.operations
	}
	if o.Breached != nil {
		config.Breaches = o.Breached
	}
	if o.Proxied {
		config.Clients = ourselves
	}
	if o.Mail {
		s.Mails = &mailcatcher.Catcher{}
		config.Mail = catching{s.Mails}
	}
	return config
}

// public is where a server at an address says that it is.
func (o *Options) public(address string) *url.URL {
	u := &url.URL{Scheme: "https", Host: address}
	switch o.Host {
	case "":
	case "localhost":
		u.Host = net.JoinHostPort(o.Host, u.Port())
	default:
		u.Host = o.Host
	}
	return u
}

// at has the server's own browsers find it there: its certificate is for example.com.
func (s *Server) at(public *url.URL) {
	s.URL = public.String()
	if public.Hostname() == "localhost" {
		s.Server.Client().Transport.(*http.Transport).TLSClientConfig.ServerName = "example.com"
	}
}

// explained reports errors that a test provoked and that plinto explain has no words for.
func explained(t testing.TB, owner *pgx.Conn) {
	t.Helper()
	rows, _ := owner.Query(context.Background(), `
		SELECT DISTINCT body ->> 'code', coalesce(body ->> 'detail', '') FROM request_trails WHERE body ? 'code'`) // the error is also in rows
	type refusal struct{ Code, Detail string }
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[refusal])
	if err != nil {
		return // the test took the database away
	}
	for _, r := range all {
		if !explain.Known(r.Code, r.Detail) {
			t.Errorf("the error %s (%s) cannot be explained: event/explain has no words for it", r.Code, r.Detail)
		}
	}
}

// authority writes the certificate of every httptest server to a file.
func authority(t testing.TB) string {
	t.Helper()
	any := httptest.NewTLSServer(nil)
	defer any.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: any.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// NewTenant makes another tenant; host "" makes it a path tenant. No code is asked for in new
// browsers unless settings say so: each test signs in in one.
func (s *Server) NewTenant(slug, host string, settings tenant.Settings) *tenant.Tenant {
	s.t.Helper()
	settings.Devices.Check = cmp.Or(settings.Devices.Check, tenant.CheckOff)
	return storagetest.Create(s.t, s.Store, testworld.Tenant(slug, func(t *tenant.Tenant) {
		t.Host, t.Settings, t.Placement.Isolation = host, settings, s.Isolation
	}))
}

// Registry returns the service that changes tenants, as the command line has it.
func (s *Server) Registry() *registry.Service {
	return storagetest.Registry(s.Store)
}

// In returns a context that acts for the server's tenant.
func (s *Server) In() context.Context { return tenant.With(context.Background(), s.Tenant) }

// Issuer returns the tenant's issuer.
func (s *Server) Issuer() string { return s.Tenant.Issuer }

// Client registers a client in the server's tenant with the shipped defaults for
// what m leaves out, and returns it with its secret ("" for a public one).
func (s *Server) Client(m provider.Metadata, change ...func(*provider.Client)) (*provider.Client, string) {
	s.t.Helper()
	return s.ClientIn(s.Tenant, m, change...)
}

// ClientIn is Client in another tenant.
func (s *Server) ClientIn(t *tenant.Tenant, m provider.Metadata, change ...func(*provider.Client)) (*provider.Client, string) {
	s.t.Helper()
	p := testworld.NewParty(provider.NewSecretHasher(s.Root), t.ID, "", m, change...)
	if err := s.Registrar().Create(testworld.In(t), *p.Client); err != nil {
		s.t.Fatalf("create client: %v", err)
	}
	s.canary.publish(p.ClientID)
	return p.Client, p.Secret
}

// FirstParty makes a client the tenant's own.
func FirstParty(c *provider.Client) { c.FirstParty = true }

// User makes a user with every standard claim and Password.
func (s *Server) User(email string) identity.User {
	s.t.Helper()
	return s.UserIn(s.Tenant, email)
}

// Directory returns the service that changes users, as the command line has it.
func (s *Server) Directory() *identity.Directory {
	return &identity.Directory{
		Users: s.Store.Users, Writes: s.Store.Users, Deletions: s.Store.Users, Sessions: s.Store.Sessions, Hasher: s.Hasher, Outbox: s.Store.Outbox, Tx: s.Store.DB,
	}
}

// Devices returns the service that revokes browsers of users, as the command line has it.
func (s *Server) Devices() *device.Service {
	return app.NewDevices(s.Store)
}

// Registrar returns the service that changes clients, as the command line has it.
func (s *Server) Registrar() *provider.Registrar {
	return app.NewRegistrar(s.Store, s.Root)
}

// UserIn is User in another tenant.
func (s *Server) UserIn(t *tenant.Tenant, email string) identity.User {
	s.t.Helper()
	return s.makeIn(t, testworld.FullUser(email))
}

// Make makes any user, with Password.
func (s *Server) Make(u identity.User) identity.User {
	s.t.Helper()
	return s.makeIn(s.Tenant, u)
}

func (s *Server) makeIn(t *tenant.Tenant, u identity.User) identity.User {
	s.t.Helper()
	u, err := s.Directory().Create(tenant.With(context.Background(), t), event.Actor{Type: "operator"}, u, Password)
	if err != nil {
		s.t.Fatalf("create user: %v", err)
	}
	return u
}

// HTTP returns a client that trusts the server and follows no redirects.
func (s *Server) HTTP() *http.Client {
	return &http.Client{
		Transport:     s.Server.Client().Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
