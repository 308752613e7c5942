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

// Allow spends cost of key if the limit has that much left. Otherwise nothing is
// spent and retryAfter says when it would have. The check and the spending are
// one step: parallel callers never exceed the limit. A cost above the burst is
// never allowed; a cost of zero asks without spending.
func (l *Limiter) Allow(key string, limit Limit, cost int, now time.Time) (allowed bool, retryAfter time.Duration) {
	if !limit.usable() || cost < 0 || cost > limit.Burst {
		return false, never
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(now)
	tat, wait := l.due(key, limit, max(cost, 1), now)
	if wait > 0 {
		return false, wait
	}
	if cost > 0 {
		l.set(key, tat)
	}
	return true, 0
}

// Peek reports how long key has to wait for one unit, and spends nothing.
func (l *Limiter) Peek(key string, limit Limit, now time.Time) (wait time.Duration) {
	_, wait = l.Allow(key, limit, 0, now)
	return wait
}

// Take spends one unit before a check that may fail: zero, or how long to wait.
// A success gives it back by Return.
func (l *Limiter) Take(key string, limit Limit, now time.Time) (wait time.Duration) {
	_, wait = l.Allow(key, limit, 1, now)
	return wait
}

// Return gives one unit back. A key that never took one gains nothing.
func (l *Limiter) Return(key string, limit Limit, now time.Time) {
	if !limit.usable() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.entries[key]
	if !ok {
		return
	}
	if tat := e.tat.Add(-limit.interval()); tat.After(now) {
		l.set(key, tat)
		return
	}
	l.drop(e)
}

// Len returns how many keys are counted.
func (l *Limiter) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}

// due returns the TAT after spending cost, and how long that is too early.
func (l *Limiter) due(key string, limit Limit, cost int, now time.Time) (tat time.Time, wait time.Duration) {
	tat = now
	if e, ok := l.entries[key]; ok && e.tat.After(now) {
		tat = e.tat
	}
	each := limit.interval()
	tat = tat.Add(each * time.Duration(cost))
	return tat, tat.Add(-each * time.Duration(limit.Burst)).Sub(now)
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
	for range 2 {
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
