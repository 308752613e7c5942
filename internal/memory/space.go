package memory

import (
	"math"
	"sync"
	"sync/atomic"

	"github.com/maypok86/otter/v2"
)

// DefaultSpace is how many bytes the copies of a process take.
const DefaultSpace = 64 << 20

// entryBytes is what an entry costs besides its name and its value: those of the hash table, of
// the policy that evicts, and of the counters (measured: TestSpace_countsWhatTheHeapHolds).
const entryBytes = 320

// A Space is the memory that the caches of a process share. It has one bound in bytes for all of
// them, so nothing grows with the number of tenants; what is used least makes room, whosever it
// is. Its methods may be called by many goroutines.
type Space[S Scope] struct {
	entries entries[S]
	most    uint64

	mu     sync.Mutex
	usages []*usage
}

// A place is where a value is in a Space. No key of one cache is another's.
type place[S Scope] struct {
	of *usage
	Key[S]
}

// An item is a *held of any type of value.
type item interface{ size() uint32 }

// entries is the part of otter.Cache that is used. With the concrete type in its place
// every package that imports this one compiles all of otter's methods again.
type entries[S Scope] interface {
	GetIfPresent(key place[S]) (item, bool)
	Set(key place[S], value item) (item, bool)
	WeightedSize() uint64
	CleanUp()
}

// NewSpace returns a Space of that many bytes; zero: DefaultSpace.
func NewSpace[S Scope](bytes uint64) *Space[S] {
	if bytes == 0 {
		bytes = DefaultSpace
	}
	return &Space[S]{most: bytes, entries: otter.Must(&otter.Options[place[S], item]{
		MaximumWeight: bytes,
		Weigher:       func(_ place[S], v item) uint32 { return v.size() },
		OnAtomicDeletion: func(e otter.DeletionEvent[place[S], item]) {
			e.Key.of.entries.Add(-1)
			e.Key.of.bytes.Add(-int64(e.Value.size()))
			if e.WasEvicted() {
				e.Key.of.evictions.Add(1)
			}
		},
	})}
}

// usage counts what one cache does in a Space.
type usage struct {
	name                                       string
	hits, loads, failures, standIns, evictions atomic.Uint64
	entries, bytes                             atomic.Int64
	sharedUsage
}

// Usage is what one cache did since it was made, and what it holds.
type Usage struct {
	Name      string
	Hits      uint64 // answers from memory
	Loads     uint64 // answers that were loaded, however many waited for one
	Failures  uint64 // loads that failed; what is not found is one
	StandIns  uint64 // old answers in place of a load that failed
	Evictions uint64 // values that made room for others
	Entries   int64
	Bytes     int64

	Shared   uint64 // answers that another process had loaded
	Puts     uint64 // values that other processes may take
	PutBytes uint64
}

func (s *Space[S]) join(name string) *usage {
	u := &usage{name: name}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.usages = append(s.usages, u)
	return u
}

// Usages returns what each cache of the Space does.
func (s *Space[S]) Usages() []Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Usage, 0, len(s.usages))
	for _, u := range s.usages {
		all = append(all, Usage{
			Name: u.name, Hits: u.hits.Load(), Loads: u.loads.Load(), Failures: u.failures.Load(), StandIns: u.standIns.Load(),
			Evictions: u.evictions.Load(), Entries: u.entries.Load(), Bytes: u.bytes.Load(),
			Shared: u.shared.Load(), Puts: u.puts.Load(), PutBytes: u.putBytes.Load(),
		})
	}
	return all
}

// Most is how many bytes the Space may hold.
func (s *Space[S]) Most() uint64 { return s.most }

func (s *Space[S]) set(at place[S], v item) {
	at.of.entries.Add(1)
	at.of.bytes.Add(int64(v.size()))
	s.entries.Set(at, v)
}

// weigh returns what a value of that name takes in a Space.
func weigh[V any](name string, v V) uint32 {
	return uint32(min(entryBytes+uint64(len(name))+uint64(sizeOf(v)), math.MaxUint32))
}
