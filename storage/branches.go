package storage

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"plinto/internal/keyset"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
	"plinto/storage/schema"
	"plinto/tenant"
)

// jobsQueued is what is announced, as if it were a table, when a process that works no queue off has
// queued jobs in a tenant's own database.
const jobsQueued = "jobs"

// branches are the queues in databases of tenants.
func (s *Store) branches(ctx context.Context) ([]queue.Branch, error) {
	databases, err := s.Tenants.databases(ctx)
	all := make([]queue.Branch, len(databases))
	for i, d := range databases {
		all[i] = queue.Branch{Tenant: d.of, Pool: func(ctx context.Context) (*pgxpool.Pool, func(), error) {
			return s.system.At(d.place).Queue(ctx)
		}}
	}
	return all, err
}

// LookAtDatabases makes the checks of Check in each database that a tenant has of its own, and tells of each.
func (s *Store) LookAtDatabases(ctx context.Context, tell func(of tenant.ID, err error)) error {
	all, err := s.Tenants.databases(ctx)
	for _, d := range all {
		_, done, err := s.system.At(d.place).Queue(ctx)
		if err == nil {
			done()
		}
		tell(d.of, err)
	}
	return err
}

// LookAtSchemas looks whether the schema of each tenant that has one is there and has all migrations, and tells of
// each. Check looks at row-level security and roles in all of them.
func (s *Store) LookAtSchemas(ctx context.Context, tell func(of *tenant.Tenant, err error)) error {
	for t, err := range keyset.All(ctx, s.Tenants.List, func(t *tenant.Tenant) string { return t.Slug }) {
		if err != nil {
			return err
		}
		if isolation(t) == tenant.Schema && t.Unreadable == "" {
			tell(&t, schema.FitSchema(ctx, s.system.At(pg.PlaceOf(&t))))
		}
	}
	return nil
}

// queued has jobs in a tenant's own database worked at when they are committed.
func (s *Store) queued(ctx context.Context, id tenant.ID) {
	t, err := tenant.From(ctx)
	if err != nil || isolation(*t) != tenant.Database {
		return
	}
	pg.Afterwards(ctx, func() {
		if s.rotation != nil {
			s.wakeBranch(id)
			return
		}
		// What is not announced is found at the next visit.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_, _ = s.system.Exec(ctx, `SELECT pg_notify('plinto_changes', $1::text || ' ' || $2::text)`, jobsQueued, id.String())
	})
}

// wakeBranch has the queue in the database of a tenant worked off now, where this process does that.
func (s *Store) wakeBranch(id tenant.ID) {
	if s.rotation != nil {
		s.rotation.Wake(id)
	}
}
