package storage

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	pgxuuid "github.com/vgarvardt/pgx-google-uuid/v5"

	"plinto/event"
	"plinto/internal/secret"
	"plinto/tenant"
)

// Config is how to reach the stores. URL is required.
type Config struct {
	URL      secret.String // Postgres, as the login role of the server
	RedisURL secret.String // Redis; without one everything works, a little slower
	// Root is the installation's root key; copies in Redis are sealed under a subkey
	// of it. Without one no copies are kept, and sessions that this process ends are
	// forgotten by the others all the same.
	Root     secret.Root
	MaxConns int32 // of the app role's pool; zero: 10
	// RedisBudget is how long one call to Redis may take; zero: 20 ms.
	RedisBudget time.Duration
	// Workers says whether this process works the queue off.
	Workers     bool
	Subscribers []event.Subscriber // of events, told by the workers of any process
	Log         *slog.Logger
	// Tracer sees every statement of the app role; for tests and tracing.
	Tracer pgx.QueryTracer
}

const (
	defaultConns  = 10
	platformConns = 4
)

// A Store is every repository on one database and one Redis.
type Store struct {
	DB              *DB
	Tenants         *Tenants
	Users           *Users
	Sessions        *Sessions
	Attempts        *Attempts
	Limiter         *Limiter
	Clients         *Clients
	ResourceServers *ResourceServers
	Codes           *Codes
	PushedRequests  *PushedRequests
	Assertions      *Assertions
	Registrations   *Registrations
	InitialTokens   *InitialTokens
	RefreshTokens   *RefreshTokens
	AccessTokens    *AccessTokens
	Grants          *Grants
	Consents        *Consents
	Flows           *Flows
	Keys            *Keys
	Outbox          *Outbox
	Organizations   *Organizations
	OneTimeTokens   *OneTimeTokens

	system  *System
	redis   *volatile
	changes *changes
	worker  *worker
	log     *slog.Logger
	now     func() time.Time
}

// Open connects and checks that the server may work on this database at all: see
// Check. It does not migrate.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	app, err := openPool(ctx, cfg, appRole)
	if err != nil {
		return nil, err
	}
	platform, err := openPool(ctx, cfg, platformRole)
	if err != nil {
		app.Close()
		return nil, err
	}
	s := &Store{DB: newDB(app), system: &System{pool: platform}, log: cfg.Log, now: time.Now}
	if err := s.build(cfg); err != nil {
		s.Close()
		return nil, err
	}
	findings, err := s.Check(ctx)
	if err != nil {
		s.Close()
		return nil, err
	}
	if err := refuse(findings); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// openPool opens a pool that works as role. Every connection tells Postgres its
// patience: a statement that hangs must not hold a request for ever.
func openPool(ctx context.Context, cfg Config, role string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(cfg.URL.Reveal())
	if err != nil {
		return nil, readURL(err)
	}
	fix(config.ConnConfig)
	params := config.ConnConfig.RuntimeParams
	params["role"] = role
	params["application_name"] = role
	params["statement_timeout"] = "3000"
	params["lock_timeout"] = "1000"
	params["idle_in_transaction_session_timeout"] = "10000"
	config.ConnConfig.ConnectTimeout = connectWait
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		pgxuuid.Register(conn.TypeMap())
		return durable(ctx, conn)
	}
	config.PingTimeout = pingWait
	config.MaxConns = platformConns
	if role == appRole {
		config.MaxConns = defaultConns
		if cfg.MaxConns > 0 {
			config.MaxConns = cfg.MaxConns
		}
		config.ConnConfig.Tracer = cfg.Tracer
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return pool, nil
}

func (s *Store) build(cfg Config) (err error) {
	if s.redis, err = openVolatile(cfg.RedisURL.Reveal(), cmp.Or(cfg.RedisBudget, redisBudget)); err != nil {
		return err
	}
	jobs, err := newQueue(cfg.Subscribers, cfg.Log)
	if err != nil {
		return err
	}
	heard, db := newHearing(), s.DB
	hot, err := newHotCopies(s.redis, cfg.Root)
	if err != nil {
		return fmt.Errorf("make box of session copies: %w", err)
	}
	s.Outbox = newOutbox(db, jobs)
	s.Tenants = newTenants(s.system, heard)
	s.Users, s.Sessions = newUsers(db, hot), newSessions(db, hot, s.Outbox)
	s.Attempts, s.Limiter = newAttempts(db), newLimiter(s.redis)
	s.Clients, s.ResourceServers = newClients(db, heard), newResourceServers(db, heard)
	s.PushedRequests, s.Assertions = newPushedRequests(db), newAssertions(db)
	s.Registrations, s.InitialTokens = newRegistrations(s.Clients), newInitialTokens(db)
	s.Codes, s.RefreshTokens = newCodes(db, s.Outbox), newRefreshTokens(db, s.Outbox)
	s.AccessTokens, s.Grants, s.Consents = newAccessTokens(db, s.Outbox, heard), newGrants(db, s.Outbox), newConsents(db)
	s.Flows = newFlows(db)
	s.Keys, s.Organizations, s.OneTimeTokens = newKeys(db, s.Outbox), newOrganizations(db), newOneTimeTokens(db)
	if cfg.Workers {
		if s.worker, err = newWorker(s.system.pool, s.Tenants.ByID, cfg.Subscribers, cfg.Log); err != nil {
			return err
		}
	}
	s.listen(heard)
	return nil
}

// endingTables are where a change may end tokens.
var endingTables = []string{"clients", "users", "sessions", "grants", "access_tokens", "revoked_jwts"}

// listen connects what changes with what memory holds of it.
func (s *Store) listen(heard *hearing) {
	config := s.system.pool.Config().ConnConfig
	config.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	s.changes = &changes{config: config, hearing: heard, log: s.log, hooks: map[string][]func(tenant.ID){}}
	s.changes.on("tenants", func(tenant.ID) { s.Tenants.cache.dropAll() })
	s.changes.on("clients", s.Clients.cache.drop)
	s.changes.on("client_secrets", s.Clients.cache.drop)
	s.changes.on("resource_servers", s.ResourceServers.cache.drop)
	ended := s.AccessTokens.cache.drop
	for _, table := range endingTables {
		s.changes.on(table, ended)
	}
	s.changes.on("tenants", func(tenant.ID) { s.AccessTokens.cache.dropAll() })
	s.changes.onAll(s.AccessTokens.cache.doubt)
	s.changes.onAll(s.Tenants.cache.doubt)
	s.changes.onAll(s.Clients.cache.doubt)
	s.changes.onAll(s.ResourceServers.cache.doubt)
}

// OnChange calls f when a row of table changed in a tenant, on any instance, and
// onAll when such changes may have been missed.
func (s *Store) OnChange(table string, f func(tenant.ID), onAll func()) {
	s.changes.on(table, f)
	s.changes.onAll(onAll)
}

// Hears reports whether every change of another instance that was committed more than
// a second ago has been heard by those that OnChange tells. What was heard has to be
// looked at afterwards.
func (s *Store) Hears() bool { return s.changes.hearing.fresh() }

// Run listens for changes and works the queue off until ctx ends.
func (s *Store) Run(ctx context.Context) error {
	var all sync.WaitGroup
	var err error
	all.Go(func() { s.changes.run(ctx) })
	all.Go(func() { s.lookAtRedis(ctx) })
	if s.worker != nil {
		all.Go(func() { err = s.worker.run(ctx) })
	}
	all.Wait()
	return err
}

// Close closes every connection.
func (s *Store) Close() {
	s.DB.pool.Close()
	s.system.pool.Close()
	if err := s.redis.close(); err != nil {
		s.log.Warn("close redis", "error", err)
	}
}

// An unfitError is a database that must not be worked with as it is.
type unfitError struct{ findings []Finding }

// Error implements error: each finding is a line.
func (e *unfitError) Error() string {
	var lines []string
	for _, f := range e.findings {
		lines = append(lines, fmt.Sprintf("%s (%s)", f.Cause, f.Remedy))
	}
	return strings.Join(lines, "\n")
}

// refuse turns what must not be into one error that names all of it.
func refuse(findings []Finding) error {
	fatal := slices.DeleteFunc(findings, func(f Finding) bool { return !f.Fatal })
	if len(fatal) == 0 {
		return nil
	}
	return &unfitError{fatal}
}
