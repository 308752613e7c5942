package storage

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"plinto/tenant"
)

// How long a cached value may be served at most. Changes are announced by the
// database and dropped within milliseconds; these are for when an announcement
// cannot be heard.
const (
	cacheHeard = time.Minute // while announcements are heard
	cacheDeaf  = time.Second // while they are not
	// cacheStale is how long a value may still be served when Postgres is away.
	cacheStale = 24 * time.Hour
	// cacheTokens bounds what is held of tokens. While changes cannot be heard
	// nothing is: somebody's sign-out must show at once.
	cacheTokens = 5 * time.Second
	// cacheRest is how long Postgres is not asked again for what is held after it
	// was found away: one that is silent, not refusing, would hold up everybody.
	cacheRest = 2 * time.Second
)

// hearing says whether announcements of changes arrive.
type hearing struct{ yes atomic.Bool }

// A cacheKey starts with the tenant, so that no key of one tenant is another's.
type cacheKey struct {
	tenant tenant.ID
	name   string
}

type cached[V any] struct {
	value    V
	loaded   time.Time
	revision uint64 // of the tenant, when it was loaded
	doubts   uint64 // then, too
}

// revisions count the changes of tenants. Counting up ends every value that was
// loaded before, without looking for them.
type revisions struct {
	tenants sync.Map // tenant.ID → *atomic.Uint64
	all     atomic.Uint64
}

func (r *revisions) of(id tenant.ID) *atomic.Uint64 {
	if n, ok := r.tenants.Load(id); ok {
		return n.(*atomic.Uint64)
	}
	n, _ := r.tenants.LoadOrStore(id, new(atomic.Uint64))
	return n.(*atomic.Uint64)
}

func (r *revisions) current(id tenant.ID) uint64 { return r.of(id).Load() + r.all.Load() }

// entries is the part of otter.Cache that is used. With the concrete type in its
// place every package that imports this one compiles all of otter's methods again.
type entries[V any] interface {
	GetIfPresent(key cacheKey) (cached[V], bool)
	Set(key cacheKey, value cached[V]) (cached[V], bool)
	InvalidateAll()
}

// A cache keeps values that nobody changes once they are in it, bounded by number.
type cache[V any] struct {
	entries   entries[V]
	hearing   *hearing
	group     singleflight.Group
	revisions revisions
	doubts    atomic.Uint64
	limits    limits
	rest      atomic.Int64 // until when not to ask again, in nanoseconds since 1970
}

// limits say how long a value may be served.
type limits struct {
	heard time.Duration // while changes are heard
	deaf  time.Duration // while they are not
	stale time.Duration // while Postgres is away
}

func (c *cache[V]) ttl() time.Duration {
	if c.hearing.yes.Load() {
		return c.limits.heard
	}
	return c.limits.deaf
}

func newCache[V any](size int, h *hearing) *cache[V] {
	return &cache[V]{
		entries: otter.Must(&otter.Options[cacheKey, cached[V]]{MaximumSize: size}),
		hearing: h, limits: limits{heard: cacheHeard, deaf: cacheDeaf, stale: cacheStale},
	}
}

// get returns the value of key, loading it once however many ask. While Postgres
// is away an old value may be better than none.
func (c *cache[V]) get(ctx context.Context, key cacheKey, load func(context.Context) (V, error)) (V, error) {
	old, held := c.entries.GetIfPresent(key)
	held = held && old.revision == c.revisions.current(key.tenant)
	if held && old.doubts == c.doubts.Load() && time.Since(old.loaded) < c.ttl() {
		return old.value, nil
	}
	standIn := held && time.Since(old.loaded) < c.limits.stale
	if standIn && time.Now().UnixNano() < c.rest.Load() {
		return old.value, nil
	}
	v, err, _ := c.group.Do(key.tenant.String()+key.name, func() (any, error) {
		// A change that overtakes the load ends its value at once.
		revision, doubts := c.revisions.current(key.tenant), c.doubts.Load()
		// The load is everybody's: no caller's deadline ends it, and it is not
		// part of any caller's transaction.
		ctx, cancel := context.WithTimeout(detach(ctx), cacheLoad)
		defer cancel()
		value, err := load(ctx)
		if err == nil {
			c.entries.Set(key, cached[V]{value, time.Now(), revision, doubts})
		}
		return value, err
	})
	if err != nil {
		if standIn && away(err) {
			c.rest.Store(time.Now().Add(cacheRest).UnixNano())
			return old.value, nil
		}
		var zero V
		return zero, err
	}
	return v.(V), nil
}

const cacheLoad = 3 * time.Second

// detach keeps the tenant of ctx and nothing else.
func detach(ctx context.Context) context.Context {
	t, err := tenant.From(ctx)
	if err != nil {
		return context.Background()
	}
	return tenant.With(context.Background(), t)
}

// drop forgets what is held of a tenant.
func (c *cache[V]) drop(id tenant.ID) { c.revisions.of(id).Add(1) }

// doubt has everything loaded again: announcements may have been missed. What was
// held is still good enough while Postgres is away.
func (c *cache[V]) doubt() { c.doubts.Add(1) }

// dropAll forgets everything.
func (c *cache[V]) dropAll() {
	c.revisions.all.Add(1)
	c.entries.InvalidateAll()
}
