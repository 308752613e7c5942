package pg

import (
	"context"
	"slices"
	"sync"
)

const (
	// transactionsAtOnce is how many transactions of a line are under way before others wait: one is in Postgres
	// while the answers of the other go out.
	transactionsAtOnce = 2
	// mostTogether is how many statements share a transaction.
	mostTogether = 64
)

// A line is of statements that may share a transaction: they have the same text, and the transaction says the same
// of whose rows it sees, where they are and what its commit waits for.
type line struct {
	place  Place
	naming naming
	sql    string
}

// lines has statements share transactions. One goes at once where fewer than transactionsAtOnce are under way. Those
// that come later wait until one of these is over, and go in one transaction then: the tenant is named once, and the
// disk is waited for once. Nothing waits for a time to pass. The line of one tenant is nobody else's.
type lines struct {
	mu sync.Mutex
	of map[line]*queue // those with a transaction under way
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

// join reports whether m waits in line; otherwise it goes now, and first sends it.
func (ls *lines) join(l line, m *member) (waits bool) {
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
	if q.underWay < transactionsAtOnce {
		q.underWay++
		return false
	}
	q.waiting = append(q.waiting, m)
	return true
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
	n := min(len(q.waiting), mostTogether)
	if n > 0 {
		members := q.waiting[:n:n]
		q.waiting = q.waiting[n:]
		return members
	}
	if q.underWay--; q.underWay == 0 {
		delete(ls.of, l)
	}
	return nil
}
