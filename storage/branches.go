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

// In how many databases is looked at once, and in how many schemas, which share few connections.
const (
	looksAtOnce = 8
	looksShared = 2
)

// A Looked is how many there are of something, and how many of them were looked at in time.
type Looked struct{ N, Of int }

// lookAt looks at all, at each for no longer than wait, and tells of each in the order in which they are given. One that was not through when
// ctx ended was not looked at.
func lookAt[T any](ctx context.Context, wait time.Duration, atOnce int, all []T, look func(context.Context, T) error, tell func(T, error)) Looked {
	at, found, looked := make([]int, len(all)), make([]error, len(all)), make([]bool, len(all))
	for i := range all {
		at[i] = i
	}
	inTurn(ctx, atOnce, at, func(i int) {
		within, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		found[i] = look(within, all[i])
		looked[i] = found[i] == nil || ctx.Err() == nil
	})
	n := 0
	for i, one := range all {
		if looked[i] {
			n++
			tell(one, found[i])
		}
	}
	return Looked{n, len(all)}
}

// LookAtDatabases makes the checks of Check in each database that a tenant has of its own, and tells of each.
func (s *Store) LookAtDatabases(ctx context.Context, tell func(of tenant.ID, err error)) (Looked, error) {
	all, failed := s.Tenants.databases(ctx)
	return lookAt(ctx, s.Tenants.rounds.look, looksAtOnce, all, func(ctx context.Context, d database) error {
		_, done, err := s.system.At(d.place).Queue(ctx)
		if err == nil {
			done()
		}
		return err
	}, func(d database, err error) { tell(d.of, err) }), failed
}

// LookAtSchemas looks whether the schema of each tenant that has one is there and has all migrations, and tells of
// each. Check looks at row-level security and roles in all of them.
func (s *Store) LookAtSchemas(ctx context.Context, tell func(of *tenant.Tenant, err error)) (Looked, error) {
	var all []*tenant.Tenant
	for t, err := range keyset.All(ctx, s.Tenants.List, func(t *tenant.Tenant) string { return t.Slug }) {
		if err != nil {
			return Looked{}, err
		}
		if isolation(t) == tenant.Schema && t.Unreadable == "" {
			all = append(all, &t)
		}
	}
	return lookAt(ctx, s.Tenants.rounds.look, looksShared, all, func(ctx context.Context, t *tenant.Tenant) error {
		return schema.FitSchema(ctx, s.system.At(pg.PlaceOf(t)))
	}, tell), nil
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
