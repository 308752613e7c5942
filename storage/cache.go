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
)

// hearing says whether announcements of changes arrive.
type hearing struct{ yes atomic.Bool }

func (h *hearing) ttl() time.Duration {
	if h.yes.Load() {
		return cacheHeard
	}
	return cacheDeaf
}

// A cacheKey starts with the tenant, so that no key of one tenant is another's.
type cacheKey struct {
	tenant tenant.ID
	name   string
}

type cached[V any] struct {
	value  V
	loaded time.Time
}

// A cache keeps values that nobody changes once they are in it, bounded by number.
type cache[V any] struct {
	entries *otter.Cache[cacheKey, cached[V]]
	hearing *hearing
	group   singleflight.Group

	mu       sync.Mutex
	versions map[tenant.ID]uint64 // counts invalidations, so that a load they overtake is not kept
	all      uint64
}

func newCache[V any](entries int, h *hearing) *cache[V] {
	return &cache[V]{
		entries:  otter.Must(&otter.Options[cacheKey, cached[V]]{MaximumSize: entries}),
		hearing:  h,
		versions: map[tenant.ID]uint64{},
	}
}

// get returns the value of key, loading it once however many ask. While Postgres
// is away an old value is better than none.
func (c *cache[V]) get(ctx context.Context, key cacheKey, load func(context.Context) (V, error)) (V, error) {
	old, held := c.entries.GetIfPresent(key)
	if held && time.Since(old.loaded) < c.hearing.ttl() {
		return old.value, nil
	}
	v, err, _ := c.group.Do(key.tenant.String()+key.name, func() (any, error) {
		before := c.version(key.tenant)
		// The load is everybody's: no caller's deadline ends it, and it is not
		// part of any caller's transaction.
		ctx, cancel := context.WithTimeout(detach(ctx), cacheLoad)
		defer cancel()
		value, err := load(ctx)
		if err == nil && c.version(key.tenant) == before {
			c.entries.Set(key, cached[V]{value, time.Now()})
		}
		return value, err
	})
	if err != nil {
		if held && away(err) && time.Since(old.loaded) < cacheStale {
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

func (c *cache[V]) version(id tenant.ID) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.versions[id] + c.all
}

// drop forgets what is held of a tenant.
func (c *cache[V]) drop(id tenant.ID) {
	c.mu.Lock()
	c.versions[id]++
	c.mu.Unlock()
	for key := range c.entries.All() {
		if key.tenant == id {
			c.entries.Invalidate(key)
		}
	}
}

// dropAll forgets everything: announcements may have been missed.
func (c *cache[V]) dropAll() {
	c.mu.Lock()
	c.all++
	c.mu.Unlock()
	c.entries.InvalidateAll()
}
