package fair

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Why a place is not had.
var (
	ErrFull = errors.New("the queue is full")
	ErrLate = errors.New("no place became free in time")
)

// A Level is what one owner of a level may have. The first level is everybody.
type Level struct {
	Places int // at once; zero: as many as the level above has
	Queue  int // waiting at once; zero: no bound
	// Yields names the owner below it that has its turn when no other waits, or after
	// eight others; "": none.
	Yields string
}

// turnsBeforeYielding is how many others go before an owner that yields.
const turnsBeforeYielding = 8

// A Queue hands places out. It is safe for concurrent use; owners that have no place
// and do not wait take no memory.
type Queue struct {
	wait   time.Duration
	levels []Level

	mu   sync.Mutex
	root node

	waits, full, late, waited atomic.Int64 // waited in nanoseconds
}

// A Stat is how a queue is, and what has happened since it was made.
type Stat struct {
	In, Waiting int // now
	Waits       int64
	Waited      time.Duration // in all
	Full, Late  int64         // who was sent away
}

// Stat counts who has a place and who waits.
func (q *Queue) Stat() Stat {
	q.mu.Lock()
	s := Stat{In: q.root.in, Waiting: q.root.waiting}
	q.mu.Unlock()
	s.Waits, s.Waited, s.Full, s.Late = q.waits.Load(), time.Duration(q.waited.Load()), q.full.Load(), q.late.Load()
	return s
}

// sentAway counts who got no place.
func (q *Queue) sentAway(why error) {
	switch why {
	case ErrFull: //nolint:errorlint // they are made here
		q.full.Add(1)
	case ErrLate:
		q.late.Add(1)
	}
}

// A node is one owner, or everybody. Its children are the owners below it.
type node struct {
	level    Level
	parent   *node
	name     string
	in       int // places that it and those below it have
	waiting  int // likewise
	children map[string]*node
	turns    []*node   // children that wait, in the order of their turns
	last     *node     // the child that had a turn last
	passed   int       // how many went before the child that yields, since it waits
	line     []*waiter // of the lowest level: first come, first served
}

// A waiter is in or waits.
type waiter struct {
	owner *node
	in    bool          // guarded by the queue's lock
	done  chan struct{} // closed when in, or evicted; nil for one that never waited
}

// New returns a queue in which nobody waits for longer than that; zero: as long as the
// context lets them. There is a level for everybody and one for each name that Enter is
// given.
func New(wait time.Duration, everybody Level, owners ...Level) *Queue {
	return &Queue{wait: wait, levels: owners, root: node{level: everybody}}
}

// Enter waits for a place; leave gives it back and is called once. owner names on whose
// behalf, from the highest level to the lowest. ErrFull, ErrLate, or the context's error.
func (q *Queue) Enter(ctx context.Context, owner ...string) (leave func(), err error) {
	w, err := q.join(owner)
	if err != nil {
		q.sentAway(err)
		return nil, err
	}
	leave = func() { q.leave(w) }
	if w.done == nil {
		return leave, nil
	}
	began := time.Now()
	defer func() { q.waits.Add(1); q.waited.Add(int64(time.Since(began))) }()
	var late <-chan time.Time
	if q.wait > 0 {
		timer := time.NewTimer(q.wait)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-w.done:
		err = ErrFull
	case <-late:
		err = ErrLate
	case <-ctx.Done():
		err = ctx.Err()
	}
	if q.cancel(w) {
		return leave, nil // whatever happened at the same time
	}
	q.sentAway(err)
	return nil, err
}

// join gives a place at once, or puts the owner in line.
func (q *Queue) join(owner []string) (*waiter, error) {
	if len(owner) != len(q.levels) {
		panic("fair: an owner has a name for each level")
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	leaf := q.find(owner)
	w := &waiter{owner: leaf}
	if q.root.waiting == 0 && leaf.mayEnter() {
		w.enter()
		return w, nil
	}
	if !leaf.makeRoom() {
		leaf.forget()
		return nil, ErrFull
	}
	w.done = make(chan struct{})
	leaf.line = append(leaf.line, w)
	for n := leaf; n != nil; n = n.parent {
		if n.waiting++; n.waiting == 1 && n.parent != nil {
			n.parent.addTurn(n)
		}
	}
	q.serve()
	return w, nil
}

// find returns the owner with those names.
func (q *Queue) find(owner []string) *node {
	n := &q.root
	for i, name := range owner {
		child := n.children[name]
		if child == nil {
			child = &node{level: q.levels[i], parent: n, name: name}
			if n.children == nil {
				n.children = make(map[string]*node)
			}
			n.children[name] = child
		}
		n = child
	}
	return n
}

// leave gives a place back.
func (q *Queue) leave(w *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for n := w.owner; n != nil; n = n.parent {
		n.in--
	}
	w.owner.forget()
	q.serve()
}

// cancel takes one out of the line that waits no longer, and reports whether it is in.
func (q *Queue) cancel(w *waiter) (in bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !w.in {
		w.owner.remove(w)
		w.owner.forget()
	}
	return w.in
}

// serve hands out what is free.
func (q *Queue) serve() {
	for w := q.root.next(); w != nil; w = q.root.next() {
		w.owner.remove(w)
		w.enter()
		close(w.done)
	}
}

func (w *waiter) enter() {
	w.in = true
	for n := w.owner; n != nil; n = n.parent {
		if n.in++; n.parent != nil {
			n.parent.last = n
		}
	}
}

// addTurn adds a child to those that take turns: last of all, but before the one that
// had its turn a moment ago.
func (n *node) addTurn(child *node) {
	at := len(n.turns)
	if at > 0 && n.turns[at-1] == n.last {
		at--
	}
	n.turns = slices.Insert(n.turns, at, child)
}

func (n *node) full() bool { return n.level.Places > 0 && n.in >= n.level.Places }

// mayEnter reports whether there is a place for this owner.
func (n *node) mayEnter() bool {
	for ; n != nil; n = n.parent {
		if n.full() {
			return false
		}
	}
	return true
}

// next returns whose turn it is, or nil when nobody can be served, and moves the turn on.
func (n *node) next() *waiter {
	if n.full() {
		return nil
	}
	if len(n.line) > 0 {
		return n.line[0]
	}
	for _, yielding := range []bool{false, true} {
		for i, child := range n.turns {
			if n.yields(child) != yielding {
				continue
			}
			if w := child.next(); w != nil {
				n.turns = append(slices.Delete(n.turns, i, i+1), child)
				n.count(child)
				return w
			}
		}
	}
	return nil
}

// yields reports whether a child lets the others go first.
func (n *node) yields(child *node) bool {
	return n.level.Yields != "" && child.name == n.level.Yields && n.passed < turnsBeforeYielding
}

// count notes for the child that yields whose turn it was.
func (n *node) count(served *node) {
	yielding := n.children[n.level.Yields]
	if n.level.Yields == "" || yielding == nil || yielding == served || yielding.waiting == 0 {
		n.passed = 0
	} else {
		n.passed++
	}
}

// remove takes one out of the line, if it is in it.
func (n *node) remove(w *waiter) {
	i := slices.Index(n.line, w)
	if i < 0 {
		return
	}
	n.line = slices.Delete(n.line, i, i+1)
	for ; n != nil; n = n.parent {
		if n.waiting--; n.waiting == 0 && n.parent != nil {
			n.parent.turns = slices.DeleteFunc(n.parent.turns, func(c *node) bool { return c == n })
		}
	}
}

// makeRoom reports whether one more may wait. In a queue that is full whoever holds the
// most of it gives way to those who hold less: a flood must not keep others out of it.
func (n *node) makeRoom() bool {
	for child := (*node)(nil); n != nil; child, n = n, n.parent {
		if n.level.Queue == 0 || n.waiting < n.level.Queue {
			continue
		}
		longest := n.longest()
		if child == nil || longest == nil || longest.waiting <= child.waiting+1 {
			return false
		}
		longest.evict()
	}
	return true
}

// longest returns the child of which most wait.
func (n *node) longest() (found *node) {
	for _, child := range n.turns {
		if found == nil || child.waiting > found.waiting {
			found = child
		}
	}
	return found
}

// evict removes the waiter who came last, of the owner with the most waiters.
func (n *node) evict() {
	for len(n.turns) > 0 {
		n = n.longest()
	}
	last := n.line[len(n.line)-1]
	n.remove(last)
	close(last.done)
}

// forget drops owners that have no place and do not wait.
func (n *node) forget() {
	for ; n.parent != nil && n.in == 0 && n.waiting == 0; n = n.parent {
		delete(n.parent.children, n.name)
	}
}
