package storage

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// What memory holds may be used while we know that what changed elsewhere has reached
// us. A silent connection says nothing about that: it may be peace, or a network that
// lost it. So the listening connection is asked now and then, and only while somebody
// wants to use what is held: Postgres sends the announcements of everything that was
// committed before it read the question ahead of the answer.
const (
	// unheardMost is how long ago the last question that was answered may have been
	// sent, and so how long after its commit a change may go unnoticed.
	unheardMost = time.Second
	// beatEvery is when the next question is sent, early enough that on a busy server
	// nobody waits for its answer.
	beatEvery = 300 * time.Millisecond
	// beatWait is how long a request waits for an answer before it asks Postgres for
	// itself: the first one after some idle time does.
	beatWait = 500 * time.Millisecond
)

// A hearing says up to when announcements of changes have been heard. The zero value
// has heard nothing and never will.
type hearing struct {
	upTo   atomic.Int64 // all that was committed before this moment has been heard, in nanoseconds since began
	wanted atomic.Int64 // since when an answer is wanted; 0: none is, or nobody listens
	ask    chan struct{}
	began  time.Time

	mu       sync.Mutex
	answered chan struct{} // closed by the next answer, or when the connection is given up
}

// never is upTo before anything was heard.
const never = math.MinInt64 / 2

func newHearing() *hearing {
	h := &hearing{ask: make(chan struct{}, 1), began: time.Now()}
	h.upTo.Store(never)
	return h
}

func (h *hearing) since(at time.Time) int64 { return int64(at.Sub(h.began)) }

// fresh reports whether everything that changed more than unheardMost ago has been
// heard. It asks for the next answer in time, and waits for one when that is all that
// is missing. What is compared with what was heard has to be read afterwards.
func (h *hearing) fresh() bool {
	if h.ask == nil {
		return false
	}
	age := h.age()
	if age < beatEvery {
		return true
	}
	answered := h.next()
	h.want()
	if age < unheardMost || h.age() < unheardMost {
		return true
	}
	return h.await(answered)
}

func (h *hearing) age() time.Duration {
	return time.Duration(h.since(time.Now()) - h.upTo.Load())
}

// next is closed by the next answer; nil when nobody listens.
func (h *hearing) next() chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.answered
}

// want has the listener send a question, unless one is out.
func (h *hearing) want() {
	if h.wanted.CompareAndSwap(0, max(1, h.since(time.Now()))) {
		select {
		case h.ask <- struct{}{}:
		default:
		}
	}
}

// await waits for an answer that is still to be expected: the first requests after a
// connection fell silent wait for it, the others do not.
func (h *hearing) await(answered chan struct{}) bool {
	wanted := h.wanted.Load()
	left := beatWait - time.Duration(h.since(time.Now())-wanted)
	if answered == nil || wanted == 0 || left <= 0 {
		return h.age() < unheardMost
	}
	late := time.NewTimer(left)
	defer late.Stop()
	select {
	case <-answered:
	case <-late.C:
	}
	return h.age() < unheardMost
}

// heard notes that the question sent at that moment was answered.
func (h *hearing) heard(sent time.Time) {
	h.upTo.Store(h.since(sent))
	h.turn(make(chan struct{}))
}

// deaf notes that nobody listens any more.
func (h *hearing) deaf() {
	h.upTo.Store(never)
	h.turn(nil)
}

func (h *hearing) turn(next chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.answered != nil {
		close(h.answered)
	}
	h.answered = next
	h.wanted.Store(0)
}
