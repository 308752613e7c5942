package memory

import (
	"container/list"
	"sync"
	"time"
)

// changedScopes bounds the scopes of which a cache knows when they changed last.
const changedScopes = 4096

// A change says up to which count of changes values of a scope have ended, or are to be loaded
// again.
type change[S Scope] struct {
	scope              S
	ended, revalidated uint64
	heard              time.Time // when the last one was
}

// changes remember the last change of each scope. Every change has a number; a value is from
// before a change if the number when its load began was smaller. Only so many scopes are
// remembered: one that is forgotten counts as changed as late as any that was forgotten, so its
// values are loaded again once too often, and never too seldom.
type changes[S Scope] struct {
	mu     sync.RWMutex
	last   uint64 // number of the last change
	of     map[S]*list.Element
	order  list.List // *change[S], the one that changed last in front
	others change[S] // of every scope that is not in of
}

func newChanges[S Scope]() *changes[S] {
	return &changes[S]{of: map[S]*list.Element{}}
}

// now is the number of the last change, and of the last of a scope.
func (c *changes[S]) now(scope S) (last uint64, of change[S]) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if e, ok := c.of[scope]; ok {
		return c.last, *e.Value.(*change[S])
	}
	return c.last, c.others
}

// note counts a change of a scope: its values end, or are to be loaded again.
func (c *changes[S]) note(scope S, ends bool, heard time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	e, ok := c.of[scope]
	if ok {
		c.order.MoveToFront(e)
	} else {
		e = c.order.PushFront(&change[S]{scope, c.others.ended, c.others.revalidated, c.others.heard})
		c.of[scope] = e
	}
	e.Value.(*change[S]).at(c.last, ends, heard)
	if len(c.of) > changedScopes {
		c.forget(c.order.Back())
	}
}

// noteAll is note for every scope.
func (c *changes[S]) noteAll(ends bool, heard time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	c.others.at(c.last, ends, heard)
	for _, e := range c.of {
		e.Value.(*change[S]).at(c.last, ends, heard)
	}
}

func (c *changes[S]) forget(e *list.Element) {
	old := c.order.Remove(e).(*change[S])
	delete(c.of, old.scope)
	c.others.ended = max(c.others.ended, old.ended)
	c.others.revalidated = max(c.others.revalidated, old.revalidated)
	if old.heard.After(c.others.heard) {
		c.others.heard = old.heard
	}
}

func (of *change[S]) at(n uint64, ends bool, heard time.Time) {
	of.heard = heard
	if ends {
		of.ended = n
	} else {
		of.revalidated = n
	}
}
