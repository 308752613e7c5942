package storage

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/storage/internal/pg"
	"plinto/storage/queue"
	"plinto/tenant"
)

// everywhere is an upkeep that is done in the shared tables, in each schema and in each database that a
// tenant has of its own.
func everywhere(tenants *Tenants, at func(*System) queue.Upkeep) queue.Upkeep {
	all := at(tenants.System)
	all.Run = func(ctx context.Context) error {
		return tenants.everyPlace(ctx, all.Name, func(ctx context.Context, system *System) error { return at(system).Run(ctx) })
	}
	return all
}

// placesKept is how long what places found is used again: upkeep of many kinds asks at the same moment.
const placesKept = 2 * time.Second

// A placesMemo is what places found last.
type placesMemo struct {
	mu  sync.Mutex
	at  time.Time
	all []pg.Place
}

// forget has places look again.
func (m *placesMemo) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = time.Time{}
}

// placesFound is places, not older than that.
func (s *Tenants) placesFound(ctx context.Context, kept time.Duration) ([]pg.Place, error) {
	s.found.mu.Lock()
	defer s.found.mu.Unlock()
	if time.Since(s.found.at) < kept {
		return s.found.all, nil
	}
	all, err := s.places(ctx)
	if err == nil {
		s.found.all, s.found.at = all, time.Now()
	}
	return all, err
}

// places are where tenants have tables of their own, also those that were deleted: their audit log stays. The old
// copy of one that was moved is left alone.
// One whose URL cannot be read leaves the others to be. Tenants are looked up one by one: of ten thousand, few have
// tables of their own, and a join would read them all.
func (s *Tenants) places(ctx context.Context) ([]pg.Place, error) {
	names, err := pg.SystemQuery(ctx, s.System, pgx.RowTo[string], `
		SELECT nspname FROM pg_namespace WHERE nspname ~ '^tenant_[0-9a-f]{32}$' AND has_schema_privilege(oid, 'USAGE')
			AND coalesce((SELECT isolation = 'schema' FROM tenants WHERE id = substr(nspname, 8)::uuid), true)
		ORDER BY nspname`)
	if err != nil {
		return nil, pg.Wrap("list schemas of tenants", err)
	}
	places := make([]pg.Place, len(names))
	for i, name := range names {
		places[i] = pg.InSchema(name)
	}
	databases, failed := s.databases(ctx)
	for _, d := range databases {
		places = append(places, d.place)
	}
	return places, failed
}

// shares parts places in those of the shared database and others.
func shares(places []pg.Place) (sharing, databases []pg.Place) {
	for _, p := range places {
		if p.Shares() {
			sharing = append(sharing, p)
		} else {
			databases = append(databases, p)
		}
	}
	return sharing, databases
}

// A database is where one tenant is alone.
type database struct {
	of    tenant.ID
	place pg.Place
}

// databases are those of tenants, also of those that were deleted.
func (s *Tenants) databases(ctx context.Context) (all []database, failed error) {
	type row struct {
		ID     uuid.UUID
		Sealed []byte
	}
	rows, err := pg.SystemQuery(ctx, s.System, pgx.RowToStructByPos[row], `
		SELECT id, url FROM tenant_databases d WHERE coalesce((SELECT isolation = 'database' FROM tenants t WHERE t.id = d.id), true) ORDER BY id`)
	if err != nil {
		return nil, pg.Wrap("list databases of tenants", err)
	}
	for _, r := range rows {
		url, err := s.dbs.Open(tenant.ID(r.ID), r.Sealed)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("database of tenant %s: %w", tenant.ID(r.ID), err))
			continue
		}
		all = append(all, database{tenant.ID(r.ID), pg.InDatabase(url)})
	}
	return all, failed
}
