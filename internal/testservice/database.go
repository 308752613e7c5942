package testservice

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A Template is a database that is prepared once and cloned for every test.
type Template struct {
	// Name changes whenever Migrate would make something else: the hash of the
	// migrations, in lower-case letters and digits, at most 40.
	Name string
	// Migrate fills an empty database, named by a superuser's URL. It closes
	// its connections. It runs alone on the cluster, so it may create roles.
	Migrate func(ctx context.Context, adminURL string) error
}

// templateLock serializes the making of templates among all processes.
const templateLock = 0x706c696e746f // "plinto"

// made remembers which templates this process has seen on the shared cluster.
var made struct {
	sync.Mutex
	names map[string]bool
}

// Database clones the template and returns the clone's URL, as superuser. The
// clone is dropped when the test ends, whoever is still connected to it.
func Database(t testing.TB, template Template) string {
	t.Helper()
	return NamedDatabase(t, template, "plinto_test_"+strings.ToLower(rand.Text()))
}

// NamedDatabase is Database with a name.
func NamedDatabase(t testing.TB, template Template, name string) string {
	t.Helper()
	admin := Postgres(t)
	administer(t, func(ctx context.Context, conn *pgx.Conn) error {
		if err := prepare(ctx, conn, admin, template); err != nil {
			return fmt.Errorf("make template database: %w", err)
		}
		_, err := conn.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+template.database()+" STRATEGY file_copy")
		return err
	})
	t.Cleanup(func() {
		administer(t, func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
			return err
		})
	})
	url, err := InDatabase(admin, name)
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// admins are this process's connections to the shared cluster, as superuser: each test makes and drops databases, and
// a connection costs as much as a hundred statements.
var admins = sync.OnceValues(func() (*pgxpool.Pool, error) {
	url, err := sharedPostgres()
	if err != nil {
		return nil, err
	}
	return pgxpool.New(context.Background(), url)
})

// administer does something on a connection of the superuser. Databases cannot be dropped in a transaction.
func administer(t testing.TB, do func(context.Context, *pgx.Conn) error) {
	t.Helper()
	ctx := context.Background() // also when the test is over
	pool, err := admins()
	if err == nil {
		err = pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error { return do(ctx, conn.Conn()) })
	}
	if err != nil {
		t.Fatalf("administer test Postgres: %v", err)
	}
}

func (t Template) database() string { return pgx.Identifier{"plinto_template_" + t.Name}.Sanitize() }

// prepare makes the template unless this cluster has it.
func prepare(ctx context.Context, conn *pgx.Conn, admin string, template Template) error {
	made.Lock()
	defer made.Unlock()
	if made.names[template.Name] {
		return nil
	}
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", templateLock); err != nil {
		return fmt.Errorf("lock templates: %w", err)
	}
	defer conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", templateLock) //nolint:errcheck // without its connection nobody holds it
	var exists bool
	err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)",
		"plinto_template_"+template.Name).Scan(&exists)
	if err != nil {
		return fmt.Errorf("look for template: %w", err)
	}
	if !exists {
		if err := build(ctx, conn, admin, template); err != nil {
			return err
		}
	}
	if made.names == nil {
		made.names = map[string]bool{}
	}
	made.names[template.Name] = true
	return nil
}

// build migrates under another name and renames at the end, so a template that
// exists is complete even when an earlier run was killed.
func build(ctx context.Context, conn *pgx.Conn, admin string, template Template) error {
	const unfinished = "plinto_template_unfinished"
	for _, sql := range []string{
		"DROP DATABASE IF EXISTS " + unfinished + " WITH (FORCE)",
		"CREATE DATABASE " + unfinished + " TEMPLATE template0",
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("create template: %w", err)
		}
	}
	url, err := InDatabase(admin, unfinished)
	if err != nil {
		return err
	}
	if err := template.Migrate(ctx, url); err != nil {
		return fmt.Errorf("migrate template: %w", err)
	}
	if err := settle(ctx, url); err != nil {
		return fmt.Errorf("settle template: %w", err)
	}
	for _, sql := range []string{
		"ALTER DATABASE " + unfinished + " ALLOW_CONNECTIONS false",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + unfinished + "'",
		"ALTER DATABASE " + unfinished + " RENAME TO " + template.database(),
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("finish template: %w", err)
		}
	}
	return nil
}

// settle does once what every clone would have to do: it cleans up the catalogs after the migrations, marks their rows
// as visible to all, and has Postgres write the file of what a new connection reads of them. Tables of ours stay as
// the migrations leave them, without statistics.
func settle(ctx context.Context, url string) error {
	for _, query := range []string{
		`SELECT 'VACUUM (FREEZE) ' || string_agg(oid::regclass::text, ', ') FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r' AND NOT relisshared`,
		`SELECT 'SELECT 1'`, // on a new connection, which writes the file
	} {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		var statement string
		if err = conn.QueryRow(ctx, query).Scan(&statement); err == nil {
			_, err = conn.Exec(ctx, statement)
		}
		if err = errors.Join(err, conn.Close(ctx)); err != nil {
			return err
		}
	}
	return nil
}
