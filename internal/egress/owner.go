package egress

import (
	"context"
	"sync"
)

type ownerKey struct{}

// As names on whose behalf requests are made, such as a tenant: what one owner's
// slow servers hold up is that owner's requests only.
func As(ctx context.Context, owner string) context.Context {
	return context.WithValue(ctx, ownerKey{}, owner)
}

func ownerOf(ctx context.Context) string {
	owner, _ := ctx.Value(ownerKey{}).(string)
	return owner
}

// A gate lets a number of requests per owner in at once. Owners without requests
// take no memory.
type gate struct {
	places int

	mu     sync.Mutex
	owners map[string]*places
}

type places struct {
	taken chan struct{}
	users int // in or waiting
}

// enter waits for a place; leave gives it back and is called once.
func (g *gate) enter(ctx context.Context, owner string) (leave func(), err error) {
	p := g.join(owner)
	select {
	case p.taken <- struct{}{}:
		return func() { <-p.taken; g.part(owner, p) }, nil
	case <-ctx.Done():
		g.part(owner, p)
		return nil, ctx.Err()
	}
}

func (g *gate) join(owner string) *places {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.owners == nil {
		g.owners = make(map[string]*places)
	}
	p, ok := g.owners[owner]
	if !ok {
		p = &places{taken: make(chan struct{}, g.places)}
		g.owners[owner] = p
	}
	p.users++
	return p
}

func (g *gate) part(owner string, p *places) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if p.users--; p.users == 0 {
		delete(g.owners, owner)
	}
}
