package admission

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plinto/internal/fair"
	"plinto/internal/fault"
)

// ErrOverloaded refuses a request for which there is no place, and none became free in time.
var ErrOverloaded = fault.New(fault.Unavailable, "overloaded", "There are too many requests at the moment. Please try again in a moment.")

// Options of a Gate.
type Options struct {
	// Places is how many requests are worked on at once; required.
	Places int
	// Wait is how long a request waits for a place; zero: half a second.
	Wait time.Duration
}

const (
	defaultWait = 500 * time.Millisecond
	// queuePerPlace bounds how many wait: as many as have a chance to get a place in time, at some
	// 30 ms each.
	queuePerPlace = 16
	// retryMost is how long the refused are told to wait at most, in seconds. Each is told another
	// time, so that they do not all come back at once.
	retryMost = 3
)

// A Gate hands out the places of a process. It is safe for concurrent use.
type Gate struct {
	queue   *fair.Queue
	quick   int64 // places that are given without a look at who asks
	hurried atomic.Int64
	waiting atomic.Int64
	in      atomic.Int64
	refused *prometheus.CounterVec

	pressure *pressure
}

// New returns a gate whose metrics are registered with r: plinto_requests_in_work,
// plinto_requests_places and plinto_requests_shed_total{reason}.
//
// Half of the places are given to whoever comes first, while nobody waits. Of the others one tenant
// gets seven eighths at most, so that whoever comes for another one finds one free. Networks of a
// tenant have no such limit: all visitors may come through one proxy.
func New(o Options, r prometheus.Registerer) *Gate {
	if o.Wait == 0 {
		o.Wait = defaultWait
	}
	fairly := o.Places - o.Places/2
	g := &Gate{
		pressure: newPressure(), quick: int64(o.Places / 2),
		queue: fair.New(o.Wait, fair.Level{Places: fairly, Queue: o.Places * queuePerPlace}, fair.Level{Places: max(1, fairly-max(1, fairly/8))}, fair.Level{}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plinto_requests_shed_total", Help: "Requests that were refused because of too many others: full (too many wait), late (none was done in time), pressed (too many compute).",
		}, []string{"reason"}),
	}
	for _, reason := range []string{"full", "late", "pressed"} {
		g.refused.WithLabelValues(reason)
	}
	r.MustRegister(g.refused,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "plinto_requests_waiting", Help: "Requests that wait for a place."}, func() float64 { return float64(g.waiting.Load()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "plinto_requests_in_work", Help: "Requests that have a place."}, func() float64 { return float64(g.in.Load()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "plinto_requests_places", Help: "How many requests are worked on at once."}, func() float64 { return float64(o.Places) }))
	return g
}

// A place is what a request has while it is worked on.
type place struct {
	of    *Gate
	left  atomic.Bool
	leave func() // nil: it was given quickly
}

type placeKey struct{}

// TryEnter gives a place at once, if there is one and nobody waits. The returned context is for the
// request; done is called at its end.
func (g *Gate) TryEnter(ctx context.Context) (_ context.Context, done func(), ok bool) {
	if g.waiting.Load() > 0 {
		return nil, nil, false
	}
	if g.hurried.Add(1) > g.quick {
		g.hurried.Add(-1)
		return nil, nil, false
	}
	ctx, done = g.give(ctx, nil)
	return ctx, done, true
}

// Enter waits for a place. The returned context is for the request; done is called at its end.
// ErrOverloaded, or the context's error.
func (g *Gate) Enter(ctx context.Context, tenant, network string) (_ context.Context, done func(), err error) {
	g.waiting.Add(1)
	leave, err := g.queue.Enter(ctx, tenant, network)
	g.waiting.Add(-1)
	switch {
	case errors.Is(err, fair.ErrFull):
		return nil, nil, g.refuse("full", err)
	case errors.Is(err, fair.ErrLate):
		return nil, nil, g.refuse("late", err)
	case err != nil:
		return nil, nil, err
	}
	ctx, done = g.give(ctx, leave)
	return ctx, done, nil
}

func (g *Gate) give(ctx context.Context, leave func()) (context.Context, func()) {
	g.in.Add(1)
	p := &place{of: g, leave: leave}
	return context.WithValue(ctx, placeKey{}, p), p.release
}

func (g *Gate) refuse(reason string, cause error) error {
	g.refused.WithLabelValues(reason).Inc()
	e := ErrOverloaded.With(overload{cause})
	e.RetryAfter = time.Duration(1+rand.IntN(retryMost)) * time.Second //nolint:gosec // no secret: it spreads those who come back
	return e
}

func (p *place) release() {
	if p.left.Swap(true) {
		return
	}
	p.of.in.Add(-1)
	if p.leave == nil {
		p.of.hurried.Add(-1)
		return
	}
	p.leave()
}

// Release gives the place of the request of ctx back, for good: it is about to wait for something
// that has a queue of its own, and must not keep others out meanwhile. What it does afterwards is
// bounded by that queue. Without a place, or called again, it does nothing.
func Release(ctx context.Context) {
	if p, ok := ctx.Value(placeKey{}).(*place); ok {
		p.release()
	}
}
