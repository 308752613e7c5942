package breaker

import "sync"

// A Group is the breakers of many dependencies of one kind, such as one for each identity provider of a tenant. Metrics count
// them together: their names are not bounded.
type Group struct {
	set     *Set
	options Options
	most    int

	mu  sync.Mutex
	all map[string]*Breaker
}

// Group returns a group whose breakers have those options; Name is the kind. It holds most breakers: beyond, ones that are
// closed are forgotten.
func (s *Set) Group(o Options, most int) *Group {
	g := &Group{set: s, options: o, most: most, all: map[string]*Breaker{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups = append(s.groups, g)
	return g
}

// Of returns the breaker of one dependency, which it makes when it is first asked for.
func (g *Group) Of(name string) *Breaker {
	g.mu.Lock()
	defer g.mu.Unlock()
	if b := g.all[name]; b != nil {
		return b
	}
	for other, b := range g.all {
		if len(g.all) < g.most {
			break
		}
		if b.State() == closed {
			delete(g.all, other)
		}
	}
	o := g.options
	o.Name += " " + name
	b := g.set.make(o, g.options.Name)
	g.all[name] = b
	return b
}

const (
	closed = "closed"
	opened = "open"
)

// unwell returns the breakers that are not closed.
func (g *Group) unwell() (found []*Breaker) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, b := range g.all {
		if b.State() != closed {
			found = append(found, b)
		}
	}
	return found
}

// open returns how many breakers are open.
func (g *Group) open() (n float64) {
	for _, b := range g.unwell() {
		if b.State() == opened {
			n++
		}
	}
	return n
}
