package admission

import (
	"errors"
	"math/rand/v2"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"
)

// A request that only computes has its place for as long as it computes. What there is too much of then waits for a
// processor, before it gets to any queue of ours: for that, part of what comes is refused at random, more as long as
// goroutines wait for too long, less when they do not.
const (
	// pressedAt is how long the median goroutine waits for a processor when there is too much to do.
	pressedAt = 500 * time.Millisecond
	// pressureEvery is how often that is looked at, while requests come.
	pressureEvery = 100 * time.Millisecond
	// pressureEvents is of how many goroutines something has to be known: a process that was stopped, or does little,
	// is not asked too much.
	pressureEvents = 200
	// The share that is refused, in thousandths: each look adds or takes away a step, and some are always let in.
	shareMost, shareUp, shareDown = 950, 100, 50
)

// pressure knows which share of requests is refused.
type pressure struct {
	// delays returns how long goroutines waited for a processor since it was called last: the median, and of how many
	// that is. One at a time calls it.
	delays func() (median time.Duration, of uint64)
	now    func() time.Time

	share atomic.Uint32
	next  atomic.Int64 // when it is looked at again, in nanoseconds since 1970

	mu     sync.Mutex
	looked time.Time
	high   bool // at the last look
}

func newPressure() *pressure { return &pressure{delays: schedulerDelays(), now: time.Now} }

// refuses reports whether one request is refused.
func (p *pressure) refuses() bool {
	if now := p.now(); now.UnixNano() >= p.next.Load() && p.mu.TryLock() {
		p.look(now)
		p.mu.Unlock()
	}
	share := p.share.Load()
	return share > 0 && rand.Uint32N(1000) < share //nolint:gosec // no secret
}

// look moves the share. Two looks in a row have to find the goroutines waiting.
func (p *pressure) look(now time.Time) {
	elapsed := min(now.Sub(p.looked), time.Minute)
	p.looked = now
	p.next.Store(now.Add(pressureEvery).UnixNano())
	median, of := p.delays()
	before := p.high
	p.high = median >= pressedAt && of >= pressureEvents
	switch share := p.share.Load(); {
	case p.high && before:
		p.share.Store(min(shareMost, share+shareUp))
	case !p.high:
		p.share.Store(share - min(share, shareDown*uint32(max(1, elapsed/pressureEvery))))
	}
}

// schedulerDelays reads what the runtime counts anyway.
func schedulerDelays() func() (time.Duration, uint64) {
	sample := []metrics.Sample{{Name: "/sched/latencies:seconds"}}
	var before []uint64
	return func() (time.Duration, uint64) {
		metrics.Read(sample)
		if sample[0].Value.Kind() != metrics.KindFloat64Histogram {
			return 0, 0
		}
		h := sample[0].Value.Float64Histogram()
		counts := make([]uint64, len(h.Counts))
		var of uint64
		for i, n := range h.Counts {
			if counts[i] = n; i < len(before) {
				counts[i] -= before[i]
			}
			of += counts[i]
		}
		before = append(before[:0], h.Counts...)
		var passed uint64
		for i, n := range counts {
			if passed += n; n > 0 && passed*2 >= of {
				return time.Duration(max(0, h.Buckets[i]) * float64(time.Second)), of
			}
		}
		return 0, of
	}
}

// overload is why a request was refused. It is counted and not logged: there are many.
type overload struct{ error }

// Counted says that nobody has to be told of each.
func (overload) Counted() bool { return true }

func (o overload) Unwrap() error { return o.error }

var errPressed = errors.New("goroutines wait for a processor")

// Check refuses a request at random, as long as this process cannot keep up with what it has begun. It comes before
// anything else is done for the request. ErrOverloaded.
func (g *Gate) Check() error {
	if g.pressure.refuses() {
		return g.refuse("pressed", errPressed)
	}
	return nil
}
