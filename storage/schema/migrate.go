package schema

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"plinto/internal/ddl"
	"plinto/internal/secret"
	"plinto/migrations"
	"plinto/storage/internal/pg"
)

// A migration is one file of package migrations.
type migration struct {
	name string // "0001_create_core"
	sql  string
	sum  string // hex SHA-256 of sql
}

// LoginRole is the role the server logs in as. It owns nothing; it may become the
// app and the platform role and nothing else.
type LoginRole struct {
	Name     string
	Password secret.String
}

// migrationLock keeps two migrators apart ("plinto" in hex).
const migrationLock = 0x706c696e746f

// ErrSchema reports a database whose schema this binary does not know.
var ErrSchema = errors.New("the database's schema is not one this version knows")

func allMigrations() ([]migration, error) {
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	all := make([]migration, len(names))
	for i, name := range names {
		body, err := fs.ReadFile(migrations.Files, name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(body)
		all[i] = migration{name: strings.TrimSuffix(name, ".sql"), sql: string(body), sum: hex.EncodeToString(sum[:])}
	}
	return all, nil
}

// Hash names the schema of this binary: it changes with any migration.
func Hash() (string, error) {
	all, err := allMigrations()
	if err != nil {
		return "", err
	}
	return hashOf(all), nil
}

// Migrate brings the schema up to date as the database's owner, each migration in
// a transaction of its own unless it is one of ddl.OwnTransactions, and prepares the
// roles of the server. It is safe to run from several places at once and again, also
// where it was killed. It returns what it applied.
func Migrate(ctx context.Context, ownerURL string, login *LoginRole) (applied []string, err error) {
	conn, err := connectOwner(ctx, ownerURL)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if err := Refuse(checkVersion(conn.PgConn())); err != nil {
		return nil, err
	}
	if err := lockMigrations(ctx, conn, ""); err != nil {
		return nil, err
	}
	if err := ensureRoles(ctx, conn); err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, `SET lock_timeout = '`+lockWait+`'`); err != nil {
		return nil, err
	}
	if applied, err = applyPending(ctx, conn); err != nil {
		return applied, err
	}
	queue, err := migrateQueue(ctx, ownerURL)
	if err != nil {
		return applied, err
	}
	applied = append(applied, queue...)
	if _, err := conn.Exec(ctx, grantSchema+grantQueue+tellQueue); err != nil {
		return applied, fmt.Errorf("set up queue: %w", err)
	}
	return applied, ensureLogin(ctx, conn, login)
}

// applyPending applies what the schema of a connection lacks and returns what that was.
func applyPending(ctx context.Context, conn *pgx.Conn) (applied []string, err error) {
	pending, err := pendingOn(ctx, conn)
	if err != nil {
		return nil, err
	}
	return applyAll(ctx, conn, pending)
}

// applyAll applies migrations in their order.
func applyAll(ctx context.Context, conn *pgx.Conn, pending []migration) (applied []string, err error) {
	var used bool // somebody may work with these tables already
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM schema_migrations)`).Scan(&used); err != nil {
		return nil, fmt.Errorf("read schema_migrations: %w", err)
	}
	for _, m := range pending {
		if used && ddl.InOwnTransactions(m.sql) {
			err = applyAlone(ctx, conn, m)
		} else {
			err = apply(ctx, conn, m)
		}
		if err != nil {
			return applied, fmt.Errorf("apply migration %s: %w", m.name, err)
		}
		applied = append(applied, m.name)
	}
	return applied, nil
}

// Pending returns the names of the migrations that a database lacks. It changes nothing.
func Pending(ctx context.Context, url string) (names []string, err error) {
	conn, err := connectOwner(ctx, url)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT to_regclass('schema_migrations') IS NOT NULL`).Scan(&exists); err != nil {
		return nil, fmt.Errorf("look for the schema: %w", err)
	}
	if exists {
		return pendingNames(ctx, conn)
	}
	all, err := allMigrations()
	if err != nil {
		return nil, err
	}
	queue, err := pendingOfQueue(ctx, conn)
	return append(migrationNames(all), queue...), err
}

// pendingNames names what a database that has the table of migrations lacks.
func pendingNames(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	pending, err := unapplied(ctx, conn)
	if err != nil {
		return nil, err
	}
	queue, err := pendingOfQueue(ctx, conn)
	return append(migrationNames(pending), queue...), err
}

func migrationNames(all []migration) []string {
	var names []string
	for _, m := range all {
		names = append(names, m.name)
	}
	return names
}

func connectOwner(ctx context.Context, url string) (*pgx.Conn, error) {
	config, err := pg.OwnerConfig(url)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	if err := pg.Durable(ctx, conn); err != nil {
		return nil, errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
	}
	return conn, nil
}

func pendingOn(ctx context.Context, conn *pgx.Conn) ([]migration, error) {
	_, err := conn.Exec(ctx, `
		CREATE TABLE IF NOT EXISTS schema_migrations (
			name       text        PRIMARY KEY,
			sum        text        NOT NULL,
			applied_at timestamptz NOT NULL DEFAULT now()
		);
		DO $$ BEGIN -- without a lock that a copy by pg_dump keeps away for hours, where the column is there
			IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'schema_migrations'::regclass AND attname = 'runs_from') THEN
				ALTER TABLE schema_migrations ADD COLUMN runs_from text;
			END IF;
		END $$;
		GRANT SELECT ON schema_migrations TO plinto_app, plinto_platform`)
	if err != nil {
		return nil, fmt.Errorf("prepare schema_migrations: %w", err)
	}
	return unapplied(ctx, conn)
}

// An appliedMigration is one that the tables have. Programs that know the migration RunsFrom run on them.
type appliedMigration struct{ Name, Sum, RunsFrom string }

// appliedMigrations also reads tables whose migrations were applied by a version that wrote no runs_from.
const appliedMigrations = `SELECT name, sum, coalesce(to_jsonb(m) ->> 'runs_from', '') FROM schema_migrations m`

// unapplied compares what was applied with what this binary holds.
func unapplied(ctx context.Context, conn *pgx.Conn) ([]migration, error) {
	rows, _ := conn.Query(ctx, appliedMigrations)
	done, err := pgx.CollectRows(rows, pgx.RowToStructByPos[appliedMigration])
	if err != nil {
		return nil, fmt.Errorf("read schema_migrations: %w", err)
	}
	return unappliedOf(done)
}

// unappliedOf returns the migrations that are not among those that were applied. A migration that changed afterwards is
// somebody's mistake to look at, and so is one we do not know, unless it was made for us to run beside.
func unappliedOf(done []appliedMigration) ([]migration, error) {
	all, err := allMigrations()
	if err != nil {
		return nil, err
	}
	known, applied := map[string]bool{}, map[string]string{}
	for _, m := range all {
		known[m.name] = true
	}
	for _, m := range done {
		if applied[m.Name] = m.Sum; !known[m.Name] && !known[m.RunsFrom] {
			return nil, fmt.Errorf("%w: it has migration %s, which a newer version applied", ErrSchema, m.Name)
		}
	}
	var pending []migration
	for _, m := range all {
		switch sum, ok := applied[m.name]; {
		case !ok:
			pending = append(pending, m)
		case sum != m.sum:
			return nil, fmt.Errorf("%w: migration %s was changed after it was applied", ErrSchema, m.name)
		}
	}
	return pending, nil
}

// apply runs one migration. A lock that is not had within two seconds is given up
// rather than queued for: everything behind it would wait too.
func apply(ctx context.Context, conn *pgx.Conn, m migration) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '`+lockWait+`'`); err != nil {
			return err
		}
		sql := m.sql
		if ddl.InOwnTransactions(sql) {
			sql = atOnce(sql)
		}
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, noteMigration, m.name, m.sum, migrations.RunsFrom)
		return err
	})
}

// noteMigration writes down that a migration was applied.
const noteMigration = `INSERT INTO schema_migrations (name, sum, runs_from) VALUES ($1, $2, $3)`

// EnsureDatabase makes a database where there is none, as a superuser. Only
// plinto dev and tests have the server to themselves like that.
func EnsureDatabase(ctx context.Context, url, name string) (err error) {
	conn, err := connectOwner(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&exists); err != nil || exists {
		return pg.Wrap("look for database", err)
	}
	_, err = conn.Exec(ctx, `CREATE DATABASE `+pgx.Identifier{name}.Sanitize())
	return pg.Wrap("create database", err)
}
