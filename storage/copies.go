package storage

import (
	"context"
	"time"

	"plinto/internal/memory"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// copies hold values of tenants in memory.
type copies[V any] = memory.Cache[tenant.ID, V]

// copyKey names a value of a tenant; tenants themselves are under the zero ID.
type copyKey = memory.Key[tenant.ID]

// How long a copy may be served at most. Changes are announced by the database and the
// copies dropped within milliseconds. While announcements do not arrive, nothing is served
// that is older than a second: what was changed is changed everywhere by then, whatever
// the network does.
const (
	copyAnnounced   = time.Minute
	copyUnannounced = time.Second
	// copyAway is how long one may still be served when Postgres is away.
	copyAway = 24 * time.Hour
	// copyTokens bounds what is held of tokens. While changes cannot be heard nothing
	// is: somebody's sign-out must show at once.
	copyTokens = 5 * time.Second
)

// announced reports whether changes of what a context is about are announced to this process.
type announced func(context.Context) bool

// heardBy hears what changes in the database that tenants share. Of those that have one of their own, what changes
// there has to be heard too: own says so; nil: it is not.
func heardBy(a *memory.Announcements, own func(*tenant.Tenant) bool) announced {
	return func(ctx context.Context) bool {
		t, err := tenant.From(ctx)
		if err != nil || t.Placement.Isolation != tenant.Database {
			return a.Current()
		}
		return own != nil && a.Current() && own(t)
	}
}

// ofSharedDatabase reports whether what a context is about is in the database that tenants share: what processes take
// from each other is compared with the changes there.
func ofSharedDatabase(ctx context.Context) bool {
	t, err := tenant.From(ctx)
	return err != nil || t.Placement.Isolation != tenant.Database
}

// copyOptions are what the copies of a process have in common.
type copyOptions struct {
	space *memory.Space[tenant.ID] // nil: one for each kind
	heard announced
	// shared are the copies that other processes may take; nil: none.
	shared *memory.Shared[tenant.ID]
}

// newCopies holds copies of one kind.
func newCopies[V any](on copyOptions, kind string, limits memory.Limits) *copies[V] {
	return memory.New[tenant.ID, V](on.space, memory.Options{Name: kind, Limits: limits, Current: on.heard, Shares: ofSharedDatabase, Away: pg.Away, Context: detach})
}

// detach keeps the tenant of ctx and nothing else: a load is part of no transaction.
func detach(ctx context.Context) context.Context {
	t, err := tenant.From(ctx)
	if err != nil {
		return context.Background()
	}
	return tenant.With(context.Background(), t)
}
