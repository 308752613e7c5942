package pg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/internal/testservice"
	"plinto/tenant"
)

// databases makes that many databases, and returns tenants with one each.
func databases(t *testing.T, n int) (all []*tenant.Tenant) {
	t.Helper()
	for range n {
		own := someTenant()
		own.Placement = tenant.Placement{Isolation: tenant.Database, Database: secret.NewString(testservice.Database(t, testservice.Template{Name: "roles and fences", Migrate: func(ctx context.Context, url string) error {
			conn, err := pgx.Connect(ctx, url)
			if err != nil {
				return err
			}
			defer func() { _ = conn.Close(ctx) }()
			for _, role := range []string{AppRole, PlatformRole} {
				if _, err := conn.Exec(ctx, fmt.Sprintf(`DO $$ BEGIN CREATE ROLE %s NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`, role)); err != nil {
					return err
				}
			}
			_, err = conn.Exec(ctx, createFences)
			return err
		}}))}
		all = append(all, own)
	}
	return all
}

// A database that nobody works with is not woken by who only wants to know.
func TestSystem_isAwakeWhileThereIsAConnection(t *testing.T) {
	t.Parallel()
	own := databases(t, 1)[0]
	db := NewDB(database(t))
	db.own = newPools(Options{TenantConns: 4}, time.Minute)
	t.Cleanup(db.Close)
	shared := &System{pool: db.shared, own: db.own}
	apart := shared.At(PlaceOf(own))
	if !shared.Awake() || apart.Awake() {
		t.Errorf("the shared database is awake: %v; one that nobody asked: %v", shared.Awake(), apart.Awake())
	}
	if len(db.own.open) != 0 {
		t.Error("asking whether it is awake opens a pool")
	}
	if _, err := SystemOne(t.Context(), apart, pgx.RowTo[string], `SELECT current_database()`); err != nil {
		t.Fatal(err)
	}
	if !apart.Awake() {
		t.Error("a database that was asked a moment ago is not awake")
	}
}

// Many databases share few connections: each is served, by no more than there may be.
func TestPools_serveMoreDatabasesThanConnections(t *testing.T) {
	t.Parallel()
	const conns, rounds = 4, 5
	tenants := databases(t, 12)
	db := NewDB(database(t))
	db.own = newPools(Options{TenantConns: conns}, time.Minute)
	t.Cleanup(db.Close)
	var most atomic.Int64
	var all sync.WaitGroup
	for range rounds {
		for _, own := range tenants {
			all.Go(func() {
				ctx := tenant.With(t.Context(), own)
				name, err := One(ctx, db, pgx.RowTo[string], `SELECT current_database()`)
				if err != nil || name != databaseOf(own) {
					t.Errorf("answered by %q, %v; want %q", name, err, databaseOf(own))
				}
				if free := db.own.sockets.TryAcquire(conns); free {
					db.own.sockets.Release(conns)
				} else {
					most.Add(1)
				}
			})
		}
	}
	all.Wait()
	var open int32
	for _, p := range db.own.open {
		open += p.Stat().TotalConns()
	}
	if open > conns || most.Load() == 0 {
		t.Errorf("%d connections are open, want %d at most and some", open, conns)
	}
}

// One database that takes no connections keeps nobody from the others.
func TestPools_oneDatabaseThatHangsHoldsUpNobody(t *testing.T) {
	t.Parallel()
	good := databases(t, 1)[0]
	silent := testservice.Listen(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	bad := someTenant()
	bad.Placement = tenant.Placement{Isolation: tenant.Database, Database: secret.NewString("postgres://plinto@" + silent + "/x?sslmode=disable")}
	db := NewDB(database(t))
	db.own = newPools(Options{TenantConns: 4}, time.Minute)
	t.Cleanup(db.Close)
	ctx, cancel := context.WithCancel(t.Context())
	var hanging sync.WaitGroup
	for range 8 {
		hanging.Go(func() {
			if _, err := Exec(tenant.With(ctx, bad), db, `SELECT 1`); err == nil {
				t.Error("a database that says nothing answered")
			}
		})
	}
	for range 20 {
		if _, err := Exec(tenant.With(t.Context(), good), db, `SELECT 1`); err != nil {
			t.Errorf("another database: %v", err)
		}
	}
	cancel()
	hanging.Wait()
}

func databaseOf(t *tenant.Tenant) string {
	config, err := pgx.ParseConfig(t.Placement.Database.Reveal())
	if err != nil {
		return ""
	}
	return config.Database
}

// A database that cannot be reached is not asked again by each request.
func TestPools_letADatabaseRest(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	refusing := testservice.Listen(t, func(c net.Conn) { asked.Add(1); _ = c.Close() })
	bad := someTenant()
	bad.Placement = tenant.Placement{Isolation: tenant.Database, Database: secret.NewString("postgres://plinto@" + refusing + "/x?sslmode=disable")}
	db := NewDB(database(t))
	db.own = newPools(Options{TenantConns: 4}, time.Minute)
	t.Cleanup(db.Close)
	for range 50 {
		_, err := Exec(tenant.With(t.Context(), bad), db, `SELECT 1`)
		if f, ok := fault.As(err); !ok || f.Kind != fault.Unavailable || f.RetryAfter == 0 {
			t.Fatalf("a database that cannot be reached: %v", err)
		}
	}
	if n := asked.Load(); n > 20 {
		t.Errorf("50 requests asked it %d times", n)
	}
}

// ISO-07: a database is looked at before the first statement, and as long as it does not fit.
func TestPools_lookBeforeTheyServe(t *testing.T) {
	t.Parallel()
	own := databases(t, 1)[0]
	db := NewDB(database(t))
	db.own = newPools(Options{TenantConns: 4}, time.Minute)
	t.Cleanup(db.Close)
	var looks atomic.Int64
	var fits atomic.Bool
	db.own.fit = func(context.Context, *System) error {
		if looks.Add(1); fits.Load() {
			return nil
		}
		return errors.New("row-level security is off")
	}
	for range 2 {
		if _, err := Exec(tenant.With(t.Context(), own), db, `SELECT 1`); err == nil {
			t.Error("a database that does not fit is worked with")
		}
	}
	fits.Store(true)
	for range 3 {
		if _, err := Exec(tenant.With(t.Context(), own), db, `SELECT 1`); err != nil {
			t.Error(err)
		}
	}
	if looks.Load() != 3 {
		t.Errorf("looked %d times, want until it fits", looks.Load())
	}
}
