package schema

import (
	"context"
	"errors"
	"fmt"
	"sync"

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
func DropTenant(ctx context.Context, ownerURL string, id tenant.ID) (err error) {
	conn, err := connectOwner(ctx, ownerURL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	var registered bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM tenants WHERE id = $1)`, uuid.UUID(id)).Scan(&registered); err != nil || registered {
		return pg.Wrap("look for tenant", err)
	}
	// A transaction that is not over yet may hold its tables.
	_, err = conn.Exec(ctx, `SET lock_timeout = '2s'; DROP SCHEMA IF EXISTS `+pgx.Identifier{pg.SchemaName(id)}.Sanitize()+` CASCADE`)
	return pg.Wrap("drop schema", err)
}

// migrateSchema migrates one schema. The search path of the connection is that schema afterwards.
func migrateSchema(ctx context.Context, conn *pgx.Conn, s ownSchema) (applied []string, err error) {
	// Until the connection ends or works on the next one.
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_unlock_all(), pg_advisory_lock(hashtextextended($1, $2))`, s.Name, int64(migrationLock)); err != nil {
		return nil, fmt.Errorf("take migration lock: %w", err)
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
// their caller has.
const bindFunctions = `
DO $$
DECLARE f regprocedure;
BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proconfig IS NULL AND prosqlbody IS NULL
        AND EXISTS (SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'S') AND prosrc ~ ('\m' || relname || '\M'))
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', f, current_schema());
    END LOOP;
END $$;`

// A Migrated tells what became of the schema of a tenant.
type Migrated struct {
	Tenant  string // slug; the name of the schema when its tenant was deleted
	Applied []string
	Err     error
}

// migrators is how many schemas are migrated at once.
const migrators = 4

// An ownSchema is the schema of a tenant; Tenant is zero when the tenant was deleted.
type ownSchema struct {
	Name, Slug string
	Tenant     uuid.UUID
}

// MigrateTenants migrates the schemas of all tenants that have one of their own, several at once, and
// tells of each, in no order. One that fails leaves the others to be; run again, it goes on where it was
// ended.
func MigrateTenants(ctx context.Context, ownerURL string, tell func(Migrated)) (err error) {
	all, err := ownSchemas(ctx, ownerURL)
	if err != nil || len(all) == 0 {
		return err
	}
	work := make(chan ownSchema)
	var tells sync.Mutex
	var workers sync.WaitGroup
	failures := make([]error, min(migrators, len(all)))
	for i := range failures {
		workers.Go(func() {
			failures[i] = migrateEach(ctx, ownerURL, work, func(m Migrated) {
				tells.Lock()
				defer tells.Unlock()
				tell(m)
			})
		})
	}
	for _, s := range all {
		work <- s
	}
	close(work)
	workers.Wait()
	return errors.Join(failures...)
}

// migrateEach takes schemas until there are no more, also after an error.
func migrateEach(ctx context.Context, ownerURL string, work <-chan ownSchema, tell func(Migrated)) (failed error) {
	var conn *pgx.Conn
	for s := range work {
		var err error
		if conn == nil || conn.IsClosed() {
			conn, err = connectOwner(ctx, ownerURL)
		}
		m := Migrated{Tenant: s.Slug, Err: err}
		if err == nil {
			m.Applied, m.Err = migrateSchema(ctx, conn, s)
		}
		if m.Err != nil {
			failed = errors.Join(failed, fmt.Errorf("migrate tenant %s: %w", s.Slug, m.Err))
		}
		tell(m)
	}
	if conn != nil {
		failed = errors.Join(failed, conn.Close(context.WithoutCancel(ctx)))
	}
	return failed
}

// PendingOfTenants names the tenants whose schema lacks migrations or is not there. It changes nothing.
func PendingOfTenants(ctx context.Context, url string) (slugs []string, err error) {
	all, err := ownSchemas(ctx, url)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	conn, err := connectOwner(ctx, url)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	for _, s := range all {
		var exists bool
		if err := conn.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, s.Name+".schema_migrations").Scan(&exists); err != nil {
			return nil, fmt.Errorf("look for the schema of %s: %w", s.Slug, err)
		}
		pending := []migration{{}}
		if exists {
			if _, err = conn.Exec(ctx, `SELECT set_config('search_path', $1, false)`, s.Name); err == nil {
				pending, err = unapplied(ctx, conn)
			}
			if err != nil {
				return nil, fmt.Errorf("tenant %s: %w", s.Slug, err)
			}
		}
		if len(pending) > 0 {
			slugs = append(slugs, s.Slug)
		}
	}
	return slugs, nil
}

// ownSchemas are those of the registry, and those that are left of deleted tenants.
func ownSchemas(ctx context.Context, url string) (_ []ownSchema, err error) {
	conn, err := connectOwner(ctx, url)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT to_regclass('tenants') IS NOT NULL`).Scan(&exists); err != nil || !exists {
		return nil, pg.Wrap("look for tenants", err)
	}
	rows, _ := conn.Query(ctx, `
		WITH registered AS (SELECT 'tenant_' || replace(id::text, '-', '') AS name, slug, id FROM tenants WHERE isolation = 'schema')
		SELECT name, slug, id FROM registered
		UNION ALL
		SELECT nspname, nspname, '00000000-0000-0000-0000-000000000000' FROM pg_namespace WHERE nspname ~ '^tenant_[0-9a-f]{32}$' AND nspname NOT IN (SELECT name FROM registered)
		ORDER BY 2`) // the error is also in rows
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ownSchema])
	return all, pg.Wrap("list schemas of tenants", err)
}
