package memory

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Copies may be used while announcements of changes arrive. A silent connection proves
// nothing: either nothing changed, or the network lost the connection. So a question (a
// statement) is sent on the listening connection now and then while copies are in use.
// Postgres sends the announcements of everything committed before it read the question
// ahead of the answer, so the answer shows that they have arrived.
const (
	// MaxLag is how long ago the last question that was answered may have been sent,
	// and so how long after its commit a change may go unnoticed.
	MaxLag = time.Second
	// askEvery is when the next question is sent, early enough that on a busy server
	// nobody waits for its answer.
	askEvery = 300 * time.Millisecond
	// answerWait is how long a request waits for an answer before it asks the database
	// for itself: the first one after some idle time does.
	answerWait = 500 * time.Millisecond
)

// Announcements say up to when changes have been announced. The zero value has received
// nothing and never will. Its methods may be called by many goroutines.
type Announcements struct {
	upTo      atomic.Int64 // everything committed before has been announced, in nanoseconds since began
	wanted    atomic.Int64 // since when an answer is wanted; 0: none is, or nobody listens
	questions chan struct{}
	began     time.Time

	mu       sync.Mutex
	answered chan struct{} // closed by the next answer, or when the connection is given up
	marks    marks
}

// never is upTo before the first answer.
const never = math.MinInt64 / 2

// NewAnnouncements returns Announcements of which none has arrived yet.
func NewAnnouncements() *Announcements {
	a := &Announcements{questions: make(chan struct{}, 1), began: time.Now()}
	a.upTo.Store(never)
	return a
}

func (a *Announcements) since(at time.Time) int64 { return int64(at.Sub(a.began)) }

// Current reports whether everything that changed more than MaxLag ago has been
// announced. It asks for the next answer in time, and waits for one when that is all that
// is missing. What is compared with what was announced has to be read afterwards.
func (a *Announcements) Current() bool {
	if a.questions == nil {
		return false
	}
	age := a.age()
	if age < askEvery {
		return true
	}
	answered := a.next()
	a.Ask()
	if age < MaxLag || a.age() < MaxLag {
		return true
	}
	return a.await(answered)
}

// UpTo is the moment before which every change has been announced.
func (a *Announcements) UpTo() time.Time { return a.began.Add(time.Duration(a.upTo.Load())) }

func (a *Announcements) age() time.Duration {
	return time.Duration(a.since(time.Now()) - a.upTo.Load())
}

// next is closed by the next answer; nil when nobody listens.
func (a *Announcements) next() chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.answered
}

// Ask has the listener send a question, unless one is under way.
func (a *Announcements) Ask() {
	if a.wanted.CompareAndSwap(0, max(1, a.since(time.Now()))) {
		select {
		case a.questions <- struct{}{}:
		default:
		}
	}
}

// Questions are for the listener: each wants one answer.
func (a *Announcements) Questions() <-chan struct{} { return a.questions }

// await waits for an answer that is still to be expected: the first requests after a
// connection fell silent wait for it, the others do not.
func (a *Announcements) await(answered chan struct{}) bool {
	wanted := a.wanted.Load()
	left := answerWait - time.Duration(a.since(time.Now())-wanted)
	if answered == nil || wanted == 0 || left <= 0 {
		return a.age() < MaxLag
	}
	late := time.NewTimer(left)
	defer late.Stop()
	select {
	case <-answered:
	case <-late.C:
	}
	return a.age() < MaxLag
}

// Answered notes that the question sent at that moment was answered. A zero Snapshot says that it is
// not known how far the database had come.
func (a *Announcements) Answered(sent time.Time, s Snapshot) {
	a.upTo.Store(a.since(sent))
	a.turn(make(chan struct{}))
	a.mu.Lock()
	defer a.mu.Unlock()
	a.marks.add(sent, s)
}

// knows reports whether there is an answer to compare with.
func (a *Announcements) knows() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.marks.server != ""
}

func (a *Announcements) asOf(s Snapshot) (time.Time, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.marks.asOf(s)
}

// Lost notes that nobody listens any more.
func (a *Announcements) Lost() {
	a.upTo.Store(never)
	a.turn(nil)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.marks = marks{}
}

func (a *Announcements) turn(next chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.answered != nil {
		close(a.answered)
	}
	a.answered = next
	a.wanted.Store(0)
}
