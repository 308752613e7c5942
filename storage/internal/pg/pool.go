package pg

import (
	"cmp"
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	pgxuuid "github.com/vgarvardt/pgx-google-uuid/v5"
)

// The roles the server works as. The login role becomes one or the other when it
// connects; it inherits nothing.
const (
	AppRole      = "plinto_app"
	PlatformRole = "plinto_platform"
)

const (
	// DefaultConns is how many connections of the app role there are, unless it is said.
	DefaultConns  = 10
	platformConns = 4
)

// Options are how to reach Postgres. URL is required, and is the login role's.
type Options struct {
	URL      string
	Pooler   Pooler // that URL leads to
	Direct   string // the URL that leads to Postgres itself; required with a Pooler
	MaxConns int32  // of the app role's pool; zero: DefaultConns
	// TenantConns is how many connections there are to the databases of tenants together; zero: DefaultTenantConns.
	TenantConns int
	// Fit is asked about each database of a tenant before it is worked with; nil: nobody is.
	Fit    func(context.Context, *System) error
	Tracer pgx.QueryTracer // sees every statement of the app role; nil: none
	Spans  bool            // whether statements of what is traced are spans, of both roles

	fences *fences // of the servers that URLs lead to without a pooler; nil: there are none
}

// Open prepares the pools of both roles: connections are made when they are needed. A URL
// that cannot be read is a *URLError.
func Open(ctx context.Context, o Options) (*DB, *System, error) {
	o.fences = newFences()
	app, err := OpenApp(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	direct := o
	direct.URL, direct.Pooler = cmp.Or(o.Direct, o.URL), ""
	platform, err := openPool(ctx, direct, PlatformRole)
	if err != nil {
		app.Close()
		return nil, nil, err
	}
	db, system := app, NewSystem(platform)
	db.own = newPools(direct, acquireWait)
	db.own.fit = o.Fit
	system.own, system.fences = db.own, o.fences
	return db, system, nil
}

// OpenApp is Open without the platform role.
func OpenApp(ctx context.Context, o Options) (*DB, error) {
	if !o.Pooler.valid() {
		return nil, fmt.Errorf("no pooler works as %q", o.Pooler)
	}
	pool, err := openPool(ctx, o, AppRole)
	if err != nil {
		return nil, err
	}
	db := NewDB(pool)
	db.pooler = o.Pooler
	return db, nil
}

// openPool opens a pool that works as role.
func openPool(ctx context.Context, o Options, role string) (*pgxpool.Pool, error) {
	config, err := poolConfig(o, role)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return pool, nil
}

// poolConfig is that of a pool that works as role. Every connection sets timeouts: a statement
// that hangs must not hold a request for ever.
func poolConfig(o Options, role string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, readURL(err)
	}
	o.Pooler.set(config.ConnConfig, role)
	config.ConnConfig.ConnectTimeout = connectWait
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		pgxuuid.Register(conn.TypeMap())
		if o.Pooler == Transaction {
			return nil // each transaction says it: pooledSettings
		}
		return Durable(ctx, conn)
	}
	config.PingTimeout = pingWait
	if o.fences != nil && o.Pooler == "" {
		o.fences.of(config.ConnConfig).guardPool(config)
	}
	config.MaxConns = platformConns
	if role == PlatformRole {
		config.ShouldPing = shouldPing
	}
	if role == AppRole {
		config.MaxConns = DefaultConns
		if o.MaxConns > 0 {
			config.MaxConns = o.MaxConns
		}
		config.ConnConfig.Tracer = o.Tracer
	}
	if o.Spans {
		config.ConnConfig.Tracer = withSpans(config.ConnConfig.Tracer)
	}
	return config, nil
}
