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

// A Migrated tells what became of the tables that a tenant has of its own.
type Migrated struct {
	Tenant  string // slug; the name of the schema or database when its tenant was deleted
	Applied []string
	Err     error
}

// migrators is how many tenants are migrated at once.
const migrators = 4

// An ownPlace is where a tenant has tables of its own.
type ownPlace struct {
	Tenant     uuid.UUID
	Slug       string
	Registered bool // false: the tenant was deleted
	Isolation  tenant.Isolation
	Sealed     []byte // of its database
}

func (p ownPlace) id() tenant.ID { return tenant.ID(p.Tenant) }

// schema is the schema of the place, with its tenant unless that was deleted.
func (p ownPlace) schema() ownSchema {
	s := ownSchema{Name: pg.SchemaName(p.id())}
	if p.Registered {
		s.Tenant = p.Tenant
	}
	return s
}

// MigrateTenants migrates the schemas and databases of all tenants that have one of their own, several at
// once, and tells of each, in no order. One that fails leaves the others to be; run again, it goes on where
// it was ended.
func MigrateTenants(ctx context.Context, ownerURL string, dbs *Databases, tell func(Migrated)) (err error) {
	all, err := ownPlaces(ctx, ownerURL)
	if err != nil || len(all) == 0 {
		return err
	}
	work := make(chan ownPlace)
	var tells sync.Mutex
	var workers sync.WaitGroup
	failures := make([]error, min(migrators, len(all)))
	for i := range failures {
		workers.Go(func() {
			m := migrator{ownerURL: ownerURL, dbs: dbs}
			failures[i] = m.each(ctx, work, func(m Migrated) {
				tells.Lock()
				defer tells.Unlock()
				tell(m)
			})
		})
	}
	for _, p := range all {
		work <- p
	}
	close(work)
	workers.Wait()
	return errors.Join(failures...)
}

// A migrator migrates tenants one after the other.
type migrator struct {
	ownerURL string
	dbs      *Databases
	conn     *pgx.Conn // for schemas; nil until it is needed
}

// each takes tenants until there are no more, also after an error.
func (m *migrator) each(ctx context.Context, work <-chan ownPlace, tell func(Migrated)) (failed error) {
	for p := range work {
		applied, err := m.migrate(ctx, p)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("migrate tenant %s: %w", p.Slug, err))
		}
		tell(Migrated{p.Slug, applied, err})
	}
	if m.conn != nil {
		failed = errors.Join(failed, m.conn.Close(context.WithoutCancel(ctx)))
	}
	return failed
}

func (m *migrator) migrate(ctx context.Context, p ownPlace) (applied []string, err error) {
	if p.Isolation == tenant.Database {
		if p.Registered {
			return m.dbs.Make(ctx, m.ownerURL, p.id(), p.Sealed)
		}
		url, err := m.dbs.owner(m.ownerURL, p.id(), p.Sealed)
		if err != nil {
			return nil, err
		}
		return Migrate(ctx, url, nil)
	}
	if m.conn == nil || m.conn.IsClosed() {
		if m.conn, err = connectOwner(ctx, m.ownerURL); err != nil {
			return nil, err
		}
	}
	return migrateSchema(ctx, m.conn, p.schema())
}

// A Lack names a tenant with tables of its own that are not up to date.
type Lack struct {
	Tenant string // as in Migrated
	Err    error  // why they could not be looked at; nil: they lack migrations, or are not there
}

// PendingOfTenants returns the tenants whose schema or database is not up to date. It changes nothing.
func PendingOfTenants(ctx context.Context, ownerURL string, dbs *Databases) (lacks []Lack, err error) {
	all, err := ownPlaces(ctx, ownerURL)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	err = asOwner(ctx, ownerURL, func(conn *pgx.Conn) error {
		for _, p := range all {
			var pending bool
			var err error
			if p.Isolation == tenant.Database {
				pending, err = pendingInDatabase(ctx, ownerURL, dbs, p)
			} else {
				pending, err = pendingInSchema(ctx, conn, p)
			}
			if err != nil || pending {
				lacks = append(lacks, Lack{p.Slug, err})
			}
		}
		return nil
	})
	return lacks, err
}

func pendingInDatabase(ctx context.Context, ownerURL string, dbs *Databases, p ownPlace) (bool, error) {
	url, err := dbs.owner(ownerURL, p.id(), p.Sealed)
	if err != nil {
		return false, err
	}
	names, err := Pending(ctx, url)
	return len(names) > 0, err
}

func pendingInSchema(ctx context.Context, conn *pgx.Conn, p ownPlace) (bool, error) {
	var exists bool
	name := pg.SchemaName(p.id())
	if err := conn.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, name+".schema_migrations").Scan(&exists); err != nil || !exists {
		return true, pg.Wrap("look for the schema", err)
	}
	if _, err := conn.Exec(ctx, `SELECT set_config('search_path', $1, false)`, name); err != nil {
		return false, err
	}
	pending, err := unapplied(ctx, conn)
	return len(pending) > 0, err
}

// ownPlaces are those of the registry, and those that are left of deleted tenants.
func ownPlaces(ctx context.Context, url string) (all []ownPlace, err error) {
	err = asOwner(ctx, url, func(conn *pgx.Conn) error {
		var tenants, databases bool
		if err := conn.QueryRow(ctx, `SELECT to_regclass('tenants') IS NOT NULL, to_regclass('tenant_databases') IS NOT NULL`).Scan(&tenants, &databases); err != nil || !tenants {
			return err
		}
		sql := ownSchemasSQL
		if databases { // a version before this one made none
			sql += ownDatabasesSQL
		}
		rows, _ := conn.Query(ctx, sql+` ORDER BY 2`) // the error is also in rows
		all, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ownPlace])
		return err
	})
	return all, pg.Wrap("list tenants with tables of their own", err)
}

const ownSchemasSQL = `
	SELECT id, slug, true, 'schema', NULL::bytea FROM tenants WHERE isolation = 'schema'
	UNION ALL
	SELECT s.id, s.name, false, 'schema', NULL FROM (
		SELECT nspname AS name, substr(nspname, 8)::uuid AS id FROM pg_namespace WHERE nspname ~ '^tenant_[0-9a-f]{32}$') s
	WHERE NOT EXISTS (SELECT FROM tenants WHERE tenants.id = s.id AND isolation = 'schema')`

const ownDatabasesSQL = `
	UNION ALL
	SELECT d.id, coalesce(t.slug, 'tenant_' || replace(d.id::text, '-', '')), t.id IS NOT NULL, 'database', d.url
	FROM tenant_databases d LEFT JOIN tenants t ON t.id = d.id`
