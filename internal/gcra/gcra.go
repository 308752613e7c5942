package gcra

import (
	"container/heap"
	"sync"
	"time"
)

// A Limit allows Burst at once and Rate per Period in the long run. A Limit with
// a value that is not positive allows nothing.
type Limit struct {
	Rate   int
	Period time.Duration
	Burst  int
}

// A Bucket is what one key has of a limit. Keys of different limits must differ.
type Bucket struct {
	Key   string
	Limit Limit
}

// never is the wait that a limit of nothing answers with: long, but no overflow.
const never = time.Hour

// interval is how long one unit takes to be earned back.
func (l Limit) interval() time.Duration { return l.Period / time.Duration(l.Rate) }

func (l Limit) usable() bool {
	return l.Rate > 0 && l.Burst > 0 && l.Period > 0 && l.interval() > 0
}

// A Limiter counts by key. It is safe for concurrent use.
//
// Each key keeps one time, its theoretical arrival time (TAT): when the key is
// as good as new. Memory is bounded: with capacity keys counted, the one that is
// as good as new soonest gives way, so that an attacker with many keys cannot
// wipe out the key that is spent most.
type Limiter struct {
	mu       sync.Mutex
	capacity int
	entries  map[string]*entry
	oldest   entries // by TAT
}

type entry struct {
	key   string
	tat   time.Time
	index int // in the heap
}

// New returns a limiter that counts at most capacity keys, about 150 bytes each.
func New(capacity int) *Limiter {
	return &Limiter{capacity: max(1, capacity), entries: make(map[string]*entry)}
}

// Wait reports how long it takes until every bucket has a unit left. It spends nothing.
func (l *Limiter) Wait(now time.Time, buckets ...Bucket) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(now)
	return l.wait(now, buckets)
}

// Take spends cost units of every bucket if each of them has one left. Otherwise it
// spends nothing and says how long to wait. Looking and spending are one step:
// parallel callers never exceed a limit.
func (l *Limiter) Take(now time.Time, cost int, buckets ...Bucket) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(now)
	if wait = l.wait(now, buckets); wait == 0 {
		l.spend(now, cost, buckets)
	}
	return wait
}

// Spend spends cost units of every bucket, whether or not they are left, and returns
// what Wait would have returned before. No bucket gets emptier than empty: what is
// spent of an empty one delays nobody further.
func (l *Limiter) Spend(now time.Time, cost int, buckets ...Bucket) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(now)
	wait = l.wait(now, buckets)
	l.spend(now, cost, buckets)
	return wait
}

// Raise notes that a bucket, as somebody else counted it, is as good as new at tat at
// the earliest.
func (l *Limiter) Raise(now time.Time, b Bucket, tat time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b.Limit.usable() && tat.After(l.tat(b.Key, now)) {
		l.set(b.Key, tat)
	}
}

// Left returns how many units a bucket has left, and how long it takes until it is as good as new.
func (l *Limiter) Left(now time.Time, b Bucket) (units int, full time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !b.Limit.usable() {
		return 0, never
	}
	full = l.tat(b.Key, now).Sub(now)
	each := b.Limit.interval()
	return max(0, b.Limit.Burst-int((full+each-1)/each)), full
}

// Len returns how many keys are counted.
func (l *Limiter) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}

func (l *Limiter) wait(now time.Time, buckets []Bucket) (longest time.Duration) {
	for _, b := range buckets {
		if !b.Limit.usable() {
			return never
		}
		each := b.Limit.interval()
		due := l.tat(b.Key, now).Add(each - each*time.Duration(b.Limit.Burst))
		longest = max(longest, due.Sub(now))
	}
	return longest
}

func (l *Limiter) spend(now time.Time, cost int, buckets []Bucket) {
	for _, b := range buckets {
		if !b.Limit.usable() || cost <= 0 {
			continue
		}
		each := b.Limit.interval()
		tat, last := l.tat(b.Key, now).Add(each*time.Duration(cost)), now.Add(each*time.Duration(b.Limit.Burst))
		if tat.After(last) {
			tat = last
		}
		l.set(b.Key, tat)
	}
}

// tat returns the theoretical arrival time of a key, which is not before now.
func (l *Limiter) tat(key string, now time.Time) time.Time {
	if e, ok := l.entries[key]; ok && e.tat.After(now) {
		return e.tat
	}
	return now
}

func (l *Limiter) set(key string, tat time.Time) {
	if e, ok := l.entries[key]; ok {
		e.tat = tat
		heap.Fix(&l.oldest, e.index)
		return
	}
	if len(l.entries) >= l.capacity {
		l.drop(l.oldest[0])
	}
	e := &entry{key: key, tat: tat}
	l.entries[key] = e
	heap.Push(&l.oldest, e)
}

// forget drops a few keys that are as good as new: more than one call can add, so
// that the table shrinks by itself.
func (l *Limiter) forget(now time.Time) {
	for range 8 {
		if len(l.oldest) == 0 || l.oldest[0].tat.After(now) {
			return
		}
		l.drop(l.oldest[0])
	}
}

func (l *Limiter) drop(e *entry) {
	heap.Remove(&l.oldest, e.index)
	delete(l.entries, e.key)
}

// entries is a heap by TAT that knows where each entry is.
type entries []*entry

func (h entries) Len() int           { return len(h) }
func (h entries) Less(i, j int) bool { return h[i].tat.Before(h[j].tat) }
func (h entries) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *entries) Push(x any) {
	e := x.(*entry)
	e.index = len(*h)
	*h = append(*h, e)
}

// Pop implements heap.Interface.
func (h *entries) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return e
}
