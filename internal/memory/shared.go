package memory

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"time"
)

// A SharedStore keeps values where other processes of the installation find them. What comes from it is
// what was put there under the same scope and name, at whatever time; it may lose everything. No
// call takes long.
type SharedStore[S Scope] interface {
	Find(ctx context.Context, scope S, name string) ([]byte, bool)
	Put(ctx context.Context, scope S, name string, value []byte)
}

// A Codec writes values down and reads them. A value that must not leave the process is an error.
type Codec[V any] struct {
	// Format counts the ways of writing them down. Values of another format are not found, and
	// neither are those of another type: see formatOf.
	Format int
	Encode func(V) ([]byte, error)
	Decode func([]byte) (V, error)
}

// putsAtOnce bounds how many values are put into the store at once. Others are not put there.
const putsAtOnce = 16

// Shared are the values that processes share. None is used because of what it says itself, and none
// has to be deleted when it ends: a process takes one only if it has every change that the process
// has heard of. Whoever puts an older value back gains nothing.
type Shared[S Scope] struct {
	store         SharedStore[S]
	announcements *Announcements
	puts          chan struct{}
}

// NewShared shares values by a store.
func NewShared[S Scope](store SharedStore[S], a *Announcements) *Shared[S] {
	return &Shared[S]{store: store, announcements: a, puts: make(chan struct{}, putsAtOnce)}
}

// A sharedValue is what is in the store.
type sharedValue struct {
	Snapshot Snapshot // in which the value was read
	Value    json.RawMessage
}

// find returns what is in the store, and the moment before which every change was committed that
// it is known to have.
func (s *Shared[S]) find(ctx context.Context, scope S, name string) (value []byte, asOf time.Time, ok bool) {
	if !s.announcements.knows() {
		return nil, time.Time{}, false
	}
	text, ok := s.store.Find(ctx, scope, name)
	if !ok {
		return nil, time.Time{}, false
	}
	var p sharedValue
	if json.Unmarshal(text, &p) != nil {
		return nil, time.Time{}, false
	}
	asOf, ok = s.announcements.asOf(p.Snapshot)
	return p.Value, asOf, ok
}

// put puts a value into the store; nobody waits for it.
func (s *Shared[S]) put(ctx context.Context, scope S, name string, write func() ([]byte, error)) {
	select {
	case s.puts <- struct{}{}:
	default:
		return
	}
	go func() {
		defer func() { <-s.puts }()
		if text, err := write(); err == nil {
			s.store.Put(ctx, scope, name, text)
		}
	}()
}

// sharing is how one cache uses Shared.
type sharing[S Scope, V any] struct {
	with   *Shared[S]
	codec  Codec[V]
	prefix string // of names: cache, format and shape
}

// Share has the cache look for values among those that other processes have, before it loads them.
// It must come before the first Get; nil: with nobody.
func (c *Cache[S, V]) Share(with *Shared[S], codec Codec[V]) {
	if with != nil {
		c.sharing = &sharing[S, V]{with, codec, formatOf[V](c.options.Name, codec.Format)}
	}
}

// shares reports whether the value that a caller wants may be another process's.
func (c *Cache[S, V]) shares(ctx context.Context) bool {
	return c.sharing != nil && (c.options.Shares == nil || c.options.Shares(ctx)) && c.options.Current != nil && c.options.Current(ctx)
}

// take returns a value that another process loaded, if it may be served and has every change that
// was heard here.
func (c *Cache[S, V]) take(ctx context.Context, key Key[S]) (*held[V], bool) {
	if !c.shares(ctx) { // before what was announced is looked at
		return nil, false
	}
	known := c.sharing.with.announcements.UpTo()
	last, of := c.changes.now(key.Scope)
	text, asOf, ok := c.sharing.with.find(ctx, key.Scope, c.sharing.prefix+key.Name)
	if !ok || !asOf.After(of.heard) || c.options.Now().Sub(asOf) >= c.options.Limits.Announced {
		return nil, false
	}
	value, err := c.sharing.codec.Decode(text)
	if err != nil {
		return nil, false
	}
	c.usage.shared.Add(1)
	return &held[V]{value: value, loaded: asOf, known: known, change: last, bytes: weigh(key.Name, value)}, true
}

// give has the others take a value that was loaded, if it is known in which snapshot.
func (c *Cache[S, V]) give(ctx context.Context, key Key[S], value V, in Snapshot) {
	if in.Server == "" || !c.shares(ctx) {
		return
	}
	c.sharing.with.put(context.WithoutCancel(ctx), key.Scope, c.sharing.prefix+key.Name, func() ([]byte, error) {
		text, err := c.sharing.codec.Encode(value)
		if err != nil {
			return nil, err
		}
		text, err = json.Marshal(sharedValue{in, text})
		if err != nil {
			return nil, err
		}
		c.usage.puts.Add(1)
		c.usage.putBytes.Add(uint64(len(text)))
		return text, nil
	})
}

// sharedUsage counts what goes over the store.
type sharedUsage struct{ shared, puts, putBytes atomic.Uint64 }
