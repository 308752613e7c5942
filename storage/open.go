package storage

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/federation"
	"plinto/internal/breaker"
	"plinto/internal/memory"
	"plinto/internal/secret"
	"plinto/internal/tracing"
	"plinto/organization"
	"plinto/organization/domain"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
	"plinto/storage/schema"
	"plinto/tenant"
)

// Config is how to reach the stores. URL is required.
type Config struct {
	URL secret.String // Postgres, as the login role of the server
	// Pooler says how a pooler that URL leads to works; "": it leads to Postgres itself.
	Pooler Pooler
	// Direct leads to Postgres itself, where there is a pooler: for announcements of changes, the queue and
	// what crosses tenants.
	Direct   secret.String
	RedisURL secret.String // Redis; without one everything works, a little slower
	// Root is the installation's root key; copies in Redis are sealed under a subkey
	// of it. Without one no copies are kept, and sessions that this process ends are
	// forgotten by the others all the same.
	Root secret.Root
	// Keepers seal the root key, which is in the database, where Root is not given: see RootKeys.
	Keepers []secret.Keeper
	Looks   bool // makes no root key where there is none yet: nothing is to be changed
	// Public is the installation's public origin, which names the issuers of tenants; nil:
	// their issuers are not known.
	Public *url.URL
	// Replicas are the URLs of copies of the database, as the login role of the server, that answer what
	// is read to be shown, while they are at most ReplicaLag behind; zero: ReplicaLagMost.
	Replicas   []secret.String
	ReplicaLag time.Duration
	// Owner is the URL of the role that owns the tables, where this process may make tenants that have
	// tables of their own.
	Owner    secret.String
	MaxConns int32 // of the app role's pool; zero: 10
	// TenantConns is how many connections there are to the databases of tenants together; zero: 50.
	TenantConns int
	// RedisBudget is how long one call to Redis may take; zero: 20 ms.
	RedisBudget time.Duration
	// Breakers get that of Redis; nil: nobody looks at it.
	Breakers *breaker.Set
	Workers  bool // whether this process works the queue off
	// AuditRetention is how long the audit log is kept, at least AuditRetentionMin; 0: for ever.
	AuditRetention time.Duration
	// Subscriptions are all there are, also those that this process does not handle.
	Subscriptions []event.Subscription
	Log           *slog.Logger
	// DNS is asked about the domains of organizations; nil: the machine's.
	DNS domain.Resolver
	// Tracer sees every statement of the app role; for tests and tracing.
	Tracer pgx.QueryTracer
	// Traces begins the traces of jobs; nil: nothing is traced.
	Traces *tracing.Tracer
}

// DB is the database as one tenant sees it.
type DB = pg.DB

// Pooler says how what stands between a server and Postgres shares out sessions.
type Pooler = pg.Pooler

// PoolsTransactions is a Pooler that gives a session to a transaction and takes it back at its end.
const PoolsTransactions = pg.Transaction

// System is the database across tenants.
type System = pg.System

// A Store is every repository on one database and one Redis.
type Store struct {
	DB              *DB
	Tenants         *Tenants
	TenantMoves     *TenantMoves
	Backups         *Backups
	Users           *Users
	Factors         *Factors
	Sessions        *Sessions
	Devices         *Devices
	Passkeys        *Passkeys
	Efforts         *Efforts
	Emails          *Emails
	Attempts        *Attempts
	Limiter         *Limiter
	Clients         *Clients
	ResourceServers *ResourceServers
	Logos           *Logos
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
	Roles           *Roles
	Memberships     *Memberships
	Brandings       *OrganizationBrandings
	APIKeys         *APIKeys
	Domains         *OrganizationDomains
	Invitations     *OrganizationInvitations
	OneTimeTokens   *OneTimeTokens
	Trails          *Trails
	Statistics      *Statistics
	AuditLog        *AuditLog
	AuditSeals      *AuditSeals
	Webhooks        *Webhooks
	Connections     *Connections
	Identities      *Identities
	Realms          *Realms

	WebhookDeliveries *WebhookDeliveries
	IdempotencyKeys   *IdempotencyKeys
	Jobs              *Jobs
	ManagedRows       *ManagedRows
	RootKeys          *RootKeys

	// Public is the installation's public origin, or nil: see Config.
	Public *url.URL
	// DNS is whom to ask about the domains of organizations, and DNSTurns when.
	DNS      domain.Resolver
	DNSTurns *domain.Turns
	// Providers has the metadata of identity providers read; nil: nobody here does. It is set before Run.
	Providers *federation.Service

	// Memory is where copies are held.
	Memory *memory.Space[tenant.ID]
	// Announced reports whether every change of another instance that was committed more than a
	// second ago to the tenant of a context has been heard by those that OnChange tells. What was
	// heard has to be looked at afterwards.
	Announced func(context.Context) bool

	system        *System
	replicas      *pg.Replicas // nil: none
	redis         *volatile
	changes       *pg.Listener
	own           *pg.TenantListeners // to databases of tenants' own
	announcements *memory.Announcements
	survey        *survey
	subscribers   *queue.Subscribers
	worker        *queue.Worker
	rotation      *queue.Rotation // over the queues of tenants with a database of their own; nil without workers
	log           *slog.Logger
	now           func() time.Time
}

// Open connects and checks that the server may work on this database at all: see
// Check. It does not migrate.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.DNS == nil {
		cfg.DNS = &domain.DNS{}
	}
	options := pg.Options{URL: cfg.URL.Reveal(), Pooler: cfg.Pooler, Direct: cfg.Direct.Reveal(), MaxConns: cfg.MaxConns, TenantConns: cfg.TenantConns, Fit: schema.Fit, Tracer: cfg.Tracer, Spans: cfg.Traces != nil}
	db, system, err := pg.Open(ctx, options)
	if err != nil {
		return nil, err
	}
	s := &Store{DB: db, Public: cfg.Public, DNS: cfg.DNS, DNSTurns: domain.NewTurns(), system: system, log: cfg.Log, now: time.Now}
	if err := s.openReplicas(ctx, &cfg, options); err != nil {
		s.Close()
		return nil, err
	}
	findings, err := s.Check(ctx)
	if err == nil {
		err = schema.Refuse(findings)
	}
	s.RootKeys = &RootKeys{s.system, s.DB, cfg.Root}
	if err == nil && len(cfg.Keepers) > 0 {
		err = s.RootKeys.open(ctx, cfg.Keepers, cfg.Looks)
		cfg.Root = s.RootKeys.root
	}
	if err == nil {
		err = s.build(cfg) //nolint:contextcheck // announcements outlive the start
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// build makes everything of a store whose database can be worked with.
func (s *Store) build(cfg Config) (err error) {
	if err = s.openRedis(&cfg); err != nil {
		return err
	}
	subscribers, err := queue.NewSubscribers(cfg.Subscriptions, cfg.Workers)
	if err != nil {
		return err
	}
	jobs, err := queue.New(cfg.Log)
	if err != nil {
		return err
	}
	jobs.On(s.queued, s.wakeBranch)
	db := s.DB
	on, ofTenants, err := s.copies(cfg.Root)
	if err != nil {
		return fmt.Errorf("make box of row copies: %w", err)
	}
	hot, err := newHotCopies(s.redis, cfg.Root)
	if err != nil {
		return fmt.Errorf("make box of session copies: %w", err)
	}
	s.Outbox = newOutbox(db, subscribers, jobs)
	s.Tenants = newTenants(s.system, cfg.Public, ofTenants)
	s.Tenants.log, s.Tenants.outbox, s.Tenants.owner, s.Tenants.root = cfg.Log, s.Outbox, cfg.Owner, cfg.Root
	s.TenantMoves, s.Backups = &TenantMoves{s.Tenants}, &Backups{s.Tenants}
	db.OnMoved(s.Tenants.cache.InvalidateAll)
	if s.Tenants.dbs, err = schema.NewDatabases(cmp.Or(cfg.Direct, cfg.URL), cfg.Root); err != nil {
		return fmt.Errorf("make box of database URLs: %w", err)
	}
	s.repositories(jobs, on, hot)
	s.survey, s.subscribers = newSurvey(s.Tenants, cfg.Log, time.Now), subscribers
	s.deleteInSteps()
	if cfg.Workers {
		if err := s.work(cfg, subscribers); err != nil {
			return err
		}
	}
	s.listen()
	return nil
}

// repositories makes those of what tenants have. They share copies: on says which, hot those of sessions.
func (s *Store) repositories(jobs *queue.Queue, on copyOptions, hot *hotCopies) {
	db := s.DB
	s.Users, s.Sessions, s.Factors, s.Devices = newUsers(db, hot), newSessions(db, hot), &Factors{db, hot}, &Devices{db}
	s.Passkeys, s.Efforts, s.Logos, s.Emails = &Passkeys{db, hot}, &Efforts{db}, &Logos{db}, &Emails{db}
	s.Attempts, s.Limiter = newAttempts(db), newLimiter(s.redis)
	s.Clients, s.ResourceServers = newClients(db, on), newResourceServers(db, on)
	s.PushedRequests, s.Assertions = newPushedRequests(db), newAssertions(db)
	s.Registrations, s.InitialTokens = newRegistrations(s.Clients), newInitialTokens(db)
	s.Codes, s.RefreshTokens = &Codes{db}, &RefreshTokens{db}
	s.AccessTokens, s.Grants, s.Consents = newAccessTokens(db, on), &Grants{db}, newConsents(db)
	s.Jobs = &Jobs{db, jobs, s.system}
	s.Flows, s.Trails = newFlows(db), &Trails{db, s.system, s.Tenants}
	s.Keys, s.Organizations, s.Roles, s.APIKeys, s.OneTimeTokens = &Keys{db}, newOrganizations(db), &Roles{DB: db, owners: roleOwners(db)}, &APIKeys{db}, newOneTimeTokens(db)
	s.Statistics, s.IdempotencyKeys, s.ManagedRows = &Statistics{DB: db, system: s.system, tenants: s.Tenants}, &IdempotencyKeys{db}, &ManagedRows{db}
	s.Memberships, s.Brandings = &Memberships{db}, &OrganizationBrandings{db}
	s.Domains, s.Invitations = &OrganizationDomains{db}, &OrganizationInvitations{db}
	s.AuditLog, s.AuditSeals = &AuditLog{db}, newAuditSeals(s.system, s.Tenants)
	s.Webhooks = newWebhooks(db, s.system, s.Tenants, jobs, on)
	s.Outbox.endpoints = s.Webhooks
	s.Connections, s.Identities, s.Realms = newConnections(db, on), &Identities{db}, &Realms{db}
	s.WebhookDeliveries = &WebhookDeliveries{s.Webhooks}
}

func (s *Store) openRedis(cfg *Config) (err error) {
	s.redis, err = openVolatile(cfg.RedisURL.Reveal(), cmp.Or(cfg.RedisBudget, redisBudget), cfg.Breakers)
	if err == nil && s.redis != nil && cfg.Traces != nil {
		s.redis.client.AddHook(redisSpans{})
	}
	return err
}

// work prepares what works the queues off.
func (s *Store) work(cfg Config, subscribers *queue.Subscribers) error {
	upkeep, err := s.upkeep(cfg)
	if err != nil {
		return err
	}
	if s.worker, err = queue.NewWorker(s.system.Pool(), &jobSource{s.system, s.Tenants}, subscribers, upkeep, queue.Reports{Log: cfg.Log, Traces: cfg.Traces}); err != nil {
		return err
	}
	s.rotation = queue.NewRotation(s.branches, &jobSource{s.system, s.Tenants}, subscribers, queue.Reports{Log: cfg.Log, Traces: cfg.Traces})
	return nil
}

// copies are what the copies of this process have in common: those of what a tenant has, and those of tenants.
func (s *Store) copies(root secret.Root) (on, ofTenants copyOptions, err error) {
	s.announcements = memory.NewAnnouncements()
	s.Announced, s.Memory = heardBy(s.announcements, func(t *tenant.Tenant) bool { return s.own.Current(t) }), memory.NewSpace[tenant.ID](memory.DefaultSpace)
	shared, err := newShared(s.redis, root, s.announcements)
	on = copyOptions{space: s.Memory, heard: s.Announced, shared: shared}
	ofTenants = copyOptions{space: s.Memory, heard: func(context.Context) bool { return s.announcements.Current() }, shared: shared}
	return on, ofTenants, err
}

// deleteInSteps has this process delete, and end, what there is very much of.
func (s *Store) deleteInSteps() {
	s.Clients.jobs, s.Users.jobs, s.Organizations.jobs, s.Sessions.jobs, s.Connections.jobs = s.Jobs, s.Jobs, s.Jobs, s.Jobs, s.Jobs
	s.Webhooks.deletions, s.Roles.deletions = s.Jobs, s.Jobs
	s.Users.ender = s.Endings().Ender
	s.Sessions.stands = s.Connections.stands
	s.Connections.ender, s.Connections.begun, s.Organizations.connections = s.Users.ender, s.Sessions, s.Connections
	s.Connections.roles = &federation.RoleGiver{Given: s.Identities, Roles: &organization.RoleService{Store: s.Roles, Outbox: s.Outbox, Tx: s.DB}}
	for _, t := range (ending{s.Users.ender, s.Jobs}).tasks() {
		s.Do(t)
	}
	s.Do(queue.Task{Name: ClientDeletionTask, Run: s.Clients.GoOnDeleting})
	s.Do(queue.Task{Name: UserDeletionTask, Run: s.Users.GoOnDeleting})
	s.Do(queue.Task{Name: OrganizationDeletionTask, Run: s.Organizations.GoOnDeleting})
	s.Do(queue.Task{Name: ConnectionDeletionTask, Run: s.Connections.GoOnDeleting})
	s.Do(queue.Task{Name: WebhookDeletionTask, Run: s.Webhooks.GoOnDeleting})
	s.Do(queue.Task{Name: RoleDeletionTask, Run: s.Roles.GoOnDeleting})
	s.Do(queue.Task{Name: ConnectionSessionsTask, Run: s.Connections.GoOnEnding})
	s.Do(queue.Task{Name: IdentitySessionsTask, Run: unlinked{s.Endings().Ender, s.Sessions}.run})
}

// endingTables are where a change may end tokens.
var endingTables = []string{"clients", "users", "sessions", "grants", "access_tokens", "revoked_jwts", "memberships", "organizations", "connections", "user_identities"}

// listen connects what changes with what memory holds of it.
func (s *Store) listen() {
	s.changes = pg.NewListenerOf(s.system.Pool(), s.announcements, s.log)
	s.own = s.DB.NewTenantListeners(s.changes)
	s.changes.OnShared("tenants", func(tenant.ID) { s.Tenants.cache.InvalidateAll() })
	s.changes.OnShared(untold, func(tenant.ID) { s.Sessions.hot.distrust() })
	s.changes.On("clients", s.Clients.cache.Invalidate)
	s.changes.On("client_secrets", s.Clients.cache.Invalidate)
	s.changes.On("resource_servers", s.ResourceServers.cache.Invalidate)
	s.changes.On("webhook_endpoints", s.Webhooks.forget)
	s.changes.On("connections", s.Connections.cache.Invalidate)
	s.changes.On("organizations", s.Connections.cache.Invalidate) // those of one that is suspended sign nobody in
	ended := s.AccessTokens.cache.Invalidate
	for _, table := range endingTables {
		s.changes.On(table, ended)
	}
	s.changes.OnShared("tenants", func(tenant.ID) { s.AccessTokens.cache.InvalidateAll() })
	s.changes.OnShared("audit_trees", func(tenant.ID) { s.Statistics.sealed() })
	s.changes.OnMissed(s.Statistics.sealed)
	if s.rotation != nil {
		s.changes.OnShared(jobsQueued, s.rotation.Wake)
		s.changes.OnMissed(s.worker.Look)
	}
	s.changes.OnMissed(s.AccessTokens.cache.RevalidateAll)
	s.changes.OnMissed(s.Tenants.cache.RevalidateAll)
	s.changes.OnMissed(s.Clients.cache.RevalidateAll)
	s.changes.OnMissed(s.ResourceServers.cache.RevalidateAll)
	s.changes.OnMissed(s.Webhooks.cache.RevalidateAll)
	s.changes.OnMissed(s.Connections.cache.RevalidateAll)
}
