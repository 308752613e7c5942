package password

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"plinto/internal/fair"
	"plinto/internal/fault"
)

// ErrBusy reports that every slot and every place in the owner's queue is taken, or
// that none became free in time.
var ErrBusy = fault.New(fault.Unavailable, "sign_in_busy", "Too many sign-ins at once. Please try again in a moment.")

// An Owner is on whose behalf a password is hashed. Owners take turns: first the
// tenants, then the networks within one.
type Owner struct {
	Tenant string
	// Network is the largest network of the visitor's address (clientip.Networks): who
	// has a whole network has one turn, however many addresses that is.
	Network string
	// Known is set for a browser that signed the user in before. Those have turns of
	// their own.
	Known bool
	// Strained is set for networks that failed often of late. The others go first.
	Strained bool
}

// queuePerSlot is how many callers wait for each slot: as many as get their turn
// within the wait, at some 60 ms a hash. A waiter costs next to nothing.
const queuePerSlot = 24

// A lane takes turns with the others, so that a flood of sign-ins leaves those who are
// known, and those who set a password, their turn. Strained networks go after the others.
type lane int

const (
	known lane = iota
	signIn
	setting
	strained
)

// name is what the queue knows the lane by.
func (l lane) name() string { return strconv.Itoa(int(l)) }

// lane is where a sign-in waits.
func (o Owner) lane() lane {
	switch {
	case o.Known:
		return known
	case o.Strained:
		return strained
	default:
		return signIn
	}
}

// slots bounds how many hashes run and wait.
type slots struct {
	queue    *fair.Queue
	networks crowd
}

func newSlots(n int, wait time.Duration) slots {
	tenant := fair.Level{Queue: n * queuePerSlot}
	return slots{
		queue:    fair.New(wait, fair.Level{Places: n, Yields: strained.name()}, fair.Level{}, tenant, fair.Level{}),
		networks: crowd{most: n * (queuePerSlot + 1)},
	}
}

// enter waits for a slot. ErrBusy; done gives the slot back and is called once.
func (s *slots) enter(ctx context.Context, l lane, by Owner) (done func(), err error) {
	in := l.name()
	network := in + " " + by.Network
	if !s.networks.join(network) {
		return nil, busy(errors.New("the network has its share of the queues"))
	}
	leave, err := s.queue.Enter(ctx, in, by.Tenant, by.Network)
	if err != nil {
		s.networks.leave(network)
		return nil, busy(err)
	}
	return func() { leave(); s.networks.leave(network) }, nil
}

func busy(cause error) error {
	e := ErrBusy.With(cause)
	e.RetryAfter = time.Second
	return e
}

// A crowd bounds how many of one network run and wait in one lane, for all tenants
// together: taking turns among tenants is no help against a network that is at all of them.
type crowd struct {
	most int
	mu   sync.Mutex
	here map[string]int
}

func (c *crowd) join(network string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.here[network] >= c.most {
		return false
	}
	if c.here == nil {
		c.here = make(map[string]int)
	}
	c.here[network]++
	return true
}

func (c *crowd) leave(network string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.here[network]--; c.here[network] <= 0 {
		delete(c.here, network)
	}
}
