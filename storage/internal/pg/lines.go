package pg

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// mostTogether is how many statements share a transaction.
	mostTogether = 64
	// patience is how long a statement waits for the transactions before it: one of them may be on a connection
	// that is broken, which takes a statement's whole time to find out.
	patience = 200 * time.Millisecond
)

// A line is of statements that may share a transaction: they have the same text, and the transaction says the same
// of whose rows it sees, where they are and what its commit waits for.
type line struct {
	place  Place
	naming naming
	sql    string
}

// lines has statements share transactions. One goes at once where none is under way. Those that come later wait until
// that is over, and go in one transaction then: the tenant is named once, and the disk is waited for once. Only
// where as many wait as may share a transaction, or one of them has waited for long, do they go beside it. The line of
// one tenant is nobody else's.
type lines struct {
	patience time.Duration
	mu       sync.Mutex
	of       map[line]*queue // those with a transaction under way
}

type queue struct {
	underWay int
	waiting  []*member
}

// A member is a statement that shares a transaction.
type member struct {
	ctx   context.Context // of its request; the transaction does not end with it
	order []byte
	put   statement
	done  chan struct{} // closed when the transaction is over
	err   error         // to be read when done
}

// join puts m in line. It returns who begins a transaction now: m, those of whom it is the last that has room, or nobody.
func (ls *lines) join(l line, m *member) []*member {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	q := ls.of[l]
	if q == nil {
		if ls.of == nil {
			ls.of = map[line]*queue{}
		}
		q = &queue{}
		ls.of[l] = q
	}
	q.waiting = append(q.waiting, m)
	if q.underWay > 0 && len(q.waiting) < mostTogether {
		return nil
	}
	return q.begin()
}

// begin has those who wait begin a transaction.
func (q *queue) begin() []*member {
	members := q.waiting
	q.waiting = nil
	q.underWay++
	return members
}

// tired returns who begins a transaction because m has waited for long: all who wait, or nobody if m does not.
func (ls *lines) tired(l line, m *member) []*member {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if q := ls.of[l]; q != nil && slices.Contains(q.waiting, m) {
		return q.begin()
	}
	return nil
}

// withdraw takes m out of the line unless it is under way.
func (ls *lines) withdraw(l line, m *member) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if q := ls.of[l]; q != nil {
		q.waiting = slices.DeleteFunc(q.waiting, func(one *member) bool { return one == m })
	}
}

// next ends one transaction and returns the members of the one after it; none: there is none.
func (ls *lines) next(l line) []*member {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	q := ls.of[l]
	q.underWay--
	switch {
	case len(q.waiting) > 0:
		return q.begin()
	case q.underWay == 0:
		delete(ls.of, l)
	}
	return nil
}
