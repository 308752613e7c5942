package phc

import (
	"context"
	"errors"
	"time"

	"plinto/internal/fault"
)

// ErrBusy reports that every slot and every place in the queue is taken, or that
// none became free in time.
var ErrBusy = fault.New(fault.Unavailable, "sign_in_busy", "Too many sign-ins at once. Please try again in a moment.")

// queuePerSlot is how many callers wait for each slot: as many as get their turn
// within the wait, at some 60 ms a hash. A waiter costs next to nothing.
const queuePerSlot = 24

// The lanes. Each has its own queue, so that a flood of sign-ins leaves those who
// set a password their turn.
const (
	signIn = iota
	setting
	laneCount
)

// slots bounds how many hashes run and wait.
type slots struct {
	wait   time.Duration
	run    chan struct{}
	queues [laneCount]chan struct{} // running and waiting
}

func newSlots(n int, wait time.Duration) slots {
	s := slots{wait: wait, run: make(chan struct{}, n)}
	for lane := range s.queues {
		s.queues[lane] = make(chan struct{}, n*(queuePerSlot+1))
	}
	return s
}

// enter waits for a slot. ErrBusy; done gives the slot back and is called once.
func (s *slots) enter(ctx context.Context, lane int) (done func(), err error) {
	queue := s.queues[lane]
	select {
	case queue <- struct{}{}:
	default:
		return nil, busy(errors.New("the queue is full"))
	}
	timer := time.NewTimer(s.wait)
	defer timer.Stop()
	select {
	case s.run <- struct{}{}:
		return func() { <-s.run; <-queue }, nil
	case <-timer.C:
		<-queue
		return nil, busy(errors.New("no slot became free"))
	case <-ctx.Done():
		<-queue
		return nil, busy(ctx.Err())
	}
}

func busy(cause error) error {
	e := ErrBusy.With(cause)
	e.RetryAfter = time.Second
	return e
}
