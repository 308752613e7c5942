package schema

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// NameOf is the name of the schema of a tenant that has one of its own.
func NameOf(id tenant.ID) string { return pg.SchemaName(id) }

// MigrateTenant makes the schema of a tenant that has one of its own, where it lacks, and brings it
// up to date, as the database's owner. Migrate must have prepared the database. Like Migrate it is
// safe to run from several places at once and again. It returns what it applied.
func MigrateTenant(ctx context.Context, ownerURL string, id tenant.ID) (applied []string, err error) {
	conn, err := connectOwner(ctx, ownerURL)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	return migrateSchema(ctx, conn, ownSchema{Name: pg.SchemaName(id), Tenant: uuid.UUID(id)})
}

// DropTenant removes the schema of a tenant, unless the tenant is registered.
func DropTenant(ctx context.Context, ownerURL string, id tenant.ID) error {
	registered, err := isRegistered(ctx, ownerURL, id)
	if err != nil || registered {
		return err
	}
	return asOwner(ctx, ownerURL, func(conn *pgx.Conn) error { return dropSchema(ctx, conn, id) })
}

func dropSchema(ctx context.Context, conn *pgx.Conn, id tenant.ID) error {
	// A transaction that is not over yet may hold its tables.
	_, err := conn.Exec(ctx, `SET lock_timeout = '2s'; DROP SCHEMA IF EXISTS `+pgx.Identifier{pg.SchemaName(id)}.Sanitize()+` CASCADE`)
	return pg.Wrap("drop schema", err)
}

// migrateSchema migrates one schema. The search path of the connection is that schema afterwards.
func migrateSchema(ctx context.Context, conn *pgx.Conn, s ownSchema) (applied []string, err error) {
	// Until the connection ends or works on the next one.
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_unlock_all(), set_config('lock_timeout', '`+lockWait+`', false)`); err != nil {
		return nil, fmt.Errorf("prepare the connection: %w", err)
	}
	if err := lockMigrations(ctx, conn, s.Name); err != nil {
		return nil, err
	}
	quoted := pgx.Identifier{s.Name}.Sanitize()
	// The shared tables are not in the path: a name that a migration gets wrong is not found.
	if _, err := conn.Exec(ctx, `CREATE SCHEMA IF NOT EXISTS `+quoted+`; SET search_path = `+quoted); err != nil {
		return nil, fmt.Errorf("create schema: %w", err)
	}
	if applied, err = applyPending(ctx, conn); err != nil {
		return applied, err
	}
	if _, err := conn.Exec(ctx, grantSchema+grantNames+bindFunctions); err != nil {
		return applied, fmt.Errorf("set up schema: %w", err)
	}
	// Foreign keys of the schema end at a row of its own. The registry's is the one that is read.
	if s.Tenant != uuid.Nil {
		_, err = conn.Exec(ctx, `INSERT INTO tenants (id, slug, name) VALUES ($1, $2, $2) ON CONFLICT DO NOTHING`, s.Tenant, s.Tenant.String())
	}
	return applied, pg.Wrap("note tenant in its schema", err)
}

// bindFunctions has functions that name tables of their schema find them, whatever search path
// their caller has. Postgres has no index of tables by schema, so they are looked for once, not for each function.
const bindFunctions = `
DO $$
DECLARE
    f regprocedure;
    names text[] := ARRAY(SELECT '\m' || relname || '\M' FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'S'));
BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proconfig IS NULL AND prosqlbody IS NULL AND prosrc ~ ANY (names)
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', f, current_schema());
    END LOOP;
END $$;`

// An ownSchema is the schema of a tenant; Tenant is zero when the tenant was deleted.
type ownSchema struct {
	Name   string
	Tenant uuid.UUID
}
