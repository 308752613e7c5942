package memory

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

// A Scope is what changes are announced for: the values of one scope end together.
type Scope interface {
	comparable
	String() string
}

// A Key starts with the scope, so that no key of one tenant is another's.
type Key[S Scope] struct {
	Scope S
	Name  string
}

// Limits say how long a value may be served.
type Limits struct {
	Announced   time.Duration // while changes are announced
	Unannounced time.Duration // while they are not
	Away        time.Duration // while the database is away, if nothing changed that was announced
}

// Options of a Cache.
type Options struct {
	Name   string // of the cache in its metrics
	Limits Limits
	// Current reports whether changes are announced of what the caller's context is about, see
	// Announcements; nil: they are not.
	Current func(context.Context) bool
	// Shares reports whether values of what the caller's context is about are shared with other processes, see
	// Share; nil: they are.
	Shares func(context.Context) bool
	// Away reports whether a load failed because the database is away; nil: never.
	Away func(error) bool
	// LoadTimeout bounds one load; zero: three seconds.
	LoadTimeout time.Duration
	// Context makes the context of a load from the caller's. Several callers share a load,
	// so it must have neither the deadline nor the transaction of one of them. nil:
	// context.WithoutCancel.
	Context func(context.Context) context.Context
	// Now is the clock; nil: time.Now.
	Now func() time.Time
}

const (
	// retryAway is how long the database is not asked again for what is held after it was
	// found away: one that is silent, not refusing, would hold up everybody.
	retryAway = 2 * time.Second
	// loadTimeout is the default of LoadTimeout.
	loadTimeout = 3 * time.Second
)

type held[V any] struct {
	value  V
	loaded time.Time // every change that was committed before is in it
	known  time.Time // nothing was committed before that is not in it, as far as was announced; not before loaded
	change uint64    // the number of the last change then
	bytes  uint32
}

func (h *held[V]) size() uint32 { return h.bytes }

// A Cache keeps values that nobody changes once they are in it. Its methods may be called
// by many goroutines.
type Cache[S Scope, V any] struct {
	options Options
	space   *Space[S]
	usage   *usage
	group   singleflight.Group
	changes *changes[S]
	sharing *sharing[S, V] // nil: nobody else has values
	retryAt atomic.Int64   // when the database is asked again, in nanoseconds since 1970
}

// New makes a Cache in a Space; nil: in one of its own.
func New[S Scope, V any](space *Space[S], o Options) *Cache[S, V] {
	if space == nil {
		space = NewSpace[S](0)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Context == nil {
		o.Context = context.WithoutCancel
	}
	if o.LoadTimeout == 0 {
		o.LoadTimeout = loadTimeout
	}
	return &Cache[S, V]{options: o, space: space, usage: space.join(o.Name), changes: newChanges[S]()}
}

// find returns what is held of key, of whatever age; nil: nothing.
func (c *Cache[S, V]) find(key Key[S]) *held[V] {
	found, ok := c.space.entries.GetIfPresent(place[S]{c.usage, key})
	if !ok {
		return nil
	}
	return found.(*held[V])
}

// Get returns the value of key, loading it once however many ask. While the database is
// away an old value may be better than none.
func (c *Cache[S, V]) Get(ctx context.Context, key Key[S], load func(context.Context) (V, error)) (V, error) {
	return c.get(ctx, key, "", always[V], always[V], load)
}

// A Use says which values serve a caller.
type Use[V any] struct {
	// Name tells uses apart whose loads bring different values.
	Name string
	// Fits reports whether a value is of use at all, Due whether it wants to be loaded again
	// although nothing changed.
	Fits, Due func(V) bool
}

// GetFor is Get for a use of the value. A value that does not fit is loaded; one that is
// due is, too, and does while the database is away.
func (c *Cache[S, V]) GetFor(ctx context.Context, key Key[S], use Use[V], load func(context.Context) (V, error)) (V, error) {
	return c.get(ctx, key, use.Name, use.Fits, func(v V) bool { return !use.Due(v) }, load)
}

// Fresh returns the value of key that GetFor would return without loading anything.
func (c *Cache[S, V]) Fresh(ctx context.Context, key Key[S], fits, due func(V) bool) (value V, ok bool) {
	if old, ok := c.fresh(ctx, key); ok && fits(old.value) && !due(old.value) {
		c.usage.hits.Add(1)
		return old.value, true
	}
	return value, false
}

// Held returns the value of key that Get would return without loading anything. It costs no
// memory, as making the function does that loads.
func (c *Cache[S, V]) Held(ctx context.Context, key Key[S]) (value V, ok bool) {
	if old, ok := c.fresh(ctx, key); ok {
		c.usage.hits.Add(1)
		return old.value, true
	}
	return value, false
}

// Peek returns the value of key that is held, of whatever age.
func (c *Cache[S, V]) Peek(key Key[S]) (value V, ok bool) {
	if old := c.find(key); old != nil {
		return old.value, true
	}
	return value, false
}

// fresh returns what is held of key, whether it ended or not, and whether it may be served.
func (c *Cache[S, V]) fresh(ctx context.Context, key Key[S]) (old *held[V], ok bool) {
	if old = c.find(key); old == nil {
		return nil, false
	}
	serves := c.serves(ctx, old.loaded) // before what was announced is looked at
	_, of := c.changes.now(key.Scope)
	if old.change < of.ended {
		return nil, false
	}
	return old, serves && old.change >= of.revalidated
}

func always[V any](V) bool { return true }

func (c *Cache[S, V]) get(ctx context.Context, key Key[S], use string, fits, wanted func(V) bool, load func(context.Context) (V, error)) (V, error) {
	old, fresh := c.fresh(ctx, key)
	fit := old != nil && fits(old.value)
	if fit && fresh && wanted(old.value) {
		c.usage.hits.Add(1)
		return old.value, nil
	}
	standIn := fit && c.options.Now().Sub(old.loaded) < c.options.Limits.Away
	if standIn && c.options.Now().UnixNano() < c.retryAt.Load() {
		c.usage.standIns.Add(1)
		return old.value, nil
	}
	found, err := c.load(ctx, key, use, load)
	if err != nil {
		if standIn && c.options.Away != nil && c.options.Away(err) {
			c.retryAt.Store(c.options.Now().Add(retryAway).UnixNano())
			c.usage.standIns.Add(1)
			return old.value, nil
		}
		var zero V
		return zero, err
	}
	return found.value, nil
}

// serves reports whether a value of that age may be served if nothing changed.
func (c *Cache[S, V]) serves(ctx context.Context, loaded time.Time) bool {
	age := c.options.Now().Sub(loaded)
	return age < c.options.Limits.Unannounced ||
		age < c.options.Limits.Announced && c.options.Current != nil && c.options.Current(ctx)
}

// load reads from the database, once for all concurrent callers. A load that started before
// a change may return the old value, so a caller that came after the change does not join it.
func (c *Cache[S, V]) load(ctx context.Context, key Key[S], use string, load func(context.Context) (V, error)) (*held[V], error) {
	oldest := c.options.Now().Add(-MaxLag)
	for {
		found, err := c.loadOnce(ctx, key, use, load)
		if err != nil || found.known.After(oldest) {
			return found, err
		}
	}
}

func (c *Cache[S, V]) loadOnce(ctx context.Context, key Key[S], use string, load func(context.Context) (V, error)) (*held[V], error) {
	v, err, _ := c.group.Do(key.Scope.String()+key.Name+"\x00"+use, func() (any, error) {
		ctx, cancel := context.WithTimeout(c.options.Context(ctx), c.options.LoadTimeout)
		defer cancel()
		if found, ok := c.take(ctx, key); ok {
			c.space.set(place[S]{c.usage, key}, found)
			return found, nil
		}
		// A change that overtakes the load ends its value at once.
		last, _ := c.changes.now(key.Scope)
		began := c.options.Now()
		c.usage.loads.Add(1)
		var in Snapshot
		value, err := load(context.WithValue(ctx, snapshotKey{}, &in))
		if err != nil {
			c.usage.failures.Add(1)
			return nil, err
		}
		found := &held[V]{value: value, loaded: began, known: began, change: last, bytes: weigh(key.Name, value)}
		c.space.set(place[S]{c.usage, key}, found)
		c.give(ctx, key, value, in)
		return found, nil
	})
	if err != nil {
		return nil, err
	}
	return v.(*held[V]), nil
}

// Invalidate forgets the values of a scope: something in it changed.
func (c *Cache[S, V]) Invalidate(scope S) { c.changes.note(scope, true, c.options.Now()) }

// Revalidate has the values of a scope loaded again. What was held is still good enough
// while the database is away.
func (c *Cache[S, V]) Revalidate(scope S) { c.changes.note(scope, false, c.options.Now()) }

// RevalidateAll has everything loaded again: announcements may have been missed.
func (c *Cache[S, V]) RevalidateAll() { c.changes.noteAll(false, c.options.Now()) }

// InvalidateAll forgets everything.
func (c *Cache[S, V]) InvalidateAll() { c.changes.noteAll(true, c.options.Now()) }
