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

// newCopies holds that many values; announced is memory.Announcements.Current.
func newCopies[V any](size int, announced func() bool, limits memory.Limits) *copies[V] {
	return memory.New[tenant.ID, V](memory.Options{Size: size, Limits: limits, Current: announced, Away: pg.Away, Context: detach})
}

// detach keeps the tenant of ctx and nothing else: a load is part of no transaction.
func detach(ctx context.Context) context.Context {
	t, err := tenant.From(ctx)
	if err != nil {
		return context.Background()
	}
	return tenant.With(context.Background(), t)
}
