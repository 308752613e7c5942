package storagetest

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"plinto/internal/secret"
	"plinto/internal/testservice"
	"plinto/internal/testworld"
	"plinto/storage"
	"plinto/storage/schema"
	"plinto/tenant"
	"plinto/tenant/registry"
)

// LoginRole is the role test servers log in as.
const LoginRole = "plinto_server"

// Public is the public origin of stores of tests.
var Public = &url.URL{Scheme: "https", Host: "id.example.com"}

// URL clones a migrated database for the test and returns its URLs: as the login
// role of a server, and as the superuser.
func URL(t testing.TB) (server, owner string) {
	t.Helper()
	owner = testservice.Database(t, migrated(t))
	u, err := url.Parse(owner)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(LoginRole)
	return u.String(), owner
}

// migrated is the template of databases with our tables.
func migrated(t testing.TB) testservice.Template {
	t.Helper()
	hash, err := schema.Hash()
	if err != nil {
		t.Fatal(err)
	}
	return testservice.Template{Name: hash, Migrate: func(ctx context.Context, url string) error {
		_, err := schema.Migrate(ctx, url, &schema.LoginRole{Name: LoginRole})
		return err
	}}
}

// New opens a store on a database of its own.
func New(t testing.TB, change ...func(*storage.Config)) *storage.Store {
	t.Helper()
	server, owner := URL(t)
	return open(t, server, owner, change)
}

// Open opens a store on a database of URL, which others may have open too.
func Open(t testing.TB, server string, change ...func(*storage.Config)) *storage.Store {
	t.Helper()
	return open(t, server, "", change)
}

func open(t testing.TB, server, owner string, change []func(*storage.Config)) *storage.Store {
	t.Helper()
	cfg := storage.Config{
		Public: Public,
		URL:    secret.NewString(server), Owner: secret.NewString(owner), RedisURL: secret.NewString(testservice.Redis(t)), Workers: true,
		RedisBudget: 2 * time.Second, // on a busy machine 20 ms are nothing
	}
	for _, f := range change {
		f(&cfg)
	}
	if testservice.PoolerOfRun() != "" && cfg.Pooler == "" {
		Pool(t, &cfg)
	}
	s, err := storage.Open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// Pool has a store reach its database through a PgBouncer that pools transactions.
func Pool(t testing.TB, cfg *storage.Config) {
	t.Helper()
	cfg.Pooler, cfg.Direct = storage.PoolsTransactions, cfg.URL
	cfg.URL = secret.NewString(testservice.ThroughPgBouncer(t, cfg.URL.Reveal()))
}

// WithOwner is New, with a connection of the superuser to the database of the store.
func WithOwner(t testing.TB, change ...func(*storage.Config)) (*storage.Store, *pgx.Conn) {
	t.Helper()
	server, owner := URL(t)
	s := open(t, server, owner, change)
	return s, Owner(t, owner)
}

// Run does the background work of a store until the test ends, as a server does.
func Run(t testing.TB, s *storage.Store) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() { defer close(stopped); _ = s.Run(ctx) }()
	t.Cleanup(func() { stop(); <-stopped })
}

// Registry is the service that changes the tenants of a store, as the command line has it.
func Registry(s *storage.Store) *registry.Service {
	return &registry.Service{Tenants: s.Tenants, Writes: s.Tenants, Outbox: s.Tenants, Tx: s.Tenants, Moves: s.TenantMoves}
}

// Create makes a tenant and returns it as it is read.
func Create(t testing.TB, s *storage.Store, made tenant.Tenant) *tenant.Tenant {
	t.Helper()
	if made.Placement.Isolation == tenant.Database && made.Placement.Database.Empty() {
		testservice.NamedDatabase(t, migrated(t), schema.NameOf(made.ID)) // which is quicker than migrating it
	}
	whole, err := Registry(s).Create(t.Context(), made)
	if err != nil {
		t.Fatalf("create tenant: %v", err)
	}
	return whole
}

// Tenant makes a tenant and returns a context that acts for it.
func Tenant(t testing.TB, s *storage.Store, slug string) context.Context {
	t.Helper()
	return testworld.In(Create(t, s, testworld.Tenant(slug)))
}

// Owner connects to a database as its superuser, for what tests look at or break.
func Owner(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}
