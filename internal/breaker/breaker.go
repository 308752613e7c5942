// Package breaker stops calling a service that does not answer, so that whoever needs it
// learns that at once instead of waiting (circuit breaker). Redis, the mail server, identity
// providers and the service of breached passwords have one each: its state is shown to operators and counted in metrics.
package breaker

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sony/gobreaker/v2"

	"plinto/internal/egress"
)

// ErrOpen reports a call that was not made: the service failed several times in a row, and
// is left alone for a while.
var ErrOpen = errors.New("the service failed repeatedly and is not called for now")

// Options describe one dependency. Name is required.
type Options struct {
	Name    string        // for operators and metrics: lower case, such as "smtp"
	Timeout time.Duration // of one call; zero: the caller's
	// Failures is how many calls in a row have to fail before the breaker opens; zero: 5.
	Failures uint32
	// Pause is how long nothing is called then, before one call tries again; zero: 30 s.
	Pause time.Duration
	// Healthy reports whether an error is about the call and not about the service, such as a
	// refused recipient; nil: none is. A call that its caller gave up counts as neither.
	Healthy func(error) bool
}

const (
	defaultFailures = 5
	defaultPause    = 30 * time.Second
)

// A Breaker guards one dependency. It is safe for use by many goroutines.
type Breaker struct {
	name    string
	timeout time.Duration
	healthy func(error) bool // it says nothing about the service
	circuit *gobreaker.CircuitBreaker[struct{}]
	since   atomic.Int64 // of the state, in nanoseconds since 1970
	failed  atomic.Pointer[Failure]
}

// A Failure is what may be shown of an error.
type Failure struct {
	Class string    `json:"class"` // see egress.Class; "error" of what is none of these
	At    time.Time `json:"at"`
}

// Do calls the service, with the breaker's time limit, unless the breaker is open: ErrOpen.
func (b *Breaker) Do(ctx context.Context, call func(context.Context) error) error {
	_, err := b.circuit.Execute(func() (struct{}, error) {
		limited, cancel := ctx, context.CancelFunc(func() {})
		if b.timeout > 0 {
			limited, cancel = context.WithTimeout(ctx, b.timeout)
		}
		defer cancel()
		err := call(limited)
		switch {
		case err != nil && ctx.Err() != nil:
			err = &abandonedError{err}
		case err != nil && !b.healthy(err):
			b.failed.Store(&Failure{Class(err), time.Now().UTC()})
		}
		return struct{}{}, err
	})
	var abandoned *abandonedError
	switch {
	case errors.As(err, &abandoned):
		return abandoned.err
	case errors.Is(err, gobreaker.ErrOpenState), errors.Is(err, gobreaker.ErrTooManyRequests):
		return ErrOpen
	}
	return err
}

// abandonedError is the error of a call that its caller gave up: it says nothing about the
// service.
type abandonedError struct{ err error }

func (e *abandonedError) Error() string { return e.err.Error() }

// Open is the State of a breaker that lets nothing through.
const Open = "open"

// State returns "closed", "half-open" or Open.
func (b *Breaker) State() string { return b.circuit.State().String() }

// Since returns the State, and since when it is that.
func (b *Breaker) Since() (state string, since time.Time) {
	state = b.State() // which may change it
	return state, time.Unix(0, b.since.Load())
}

// LastFailure is the last of the service, or nil.
func (b *Breaker) LastFailure() *Failure { return b.failed.Load() }

// Class is what may be shown of an error: one of the classes of package egress, or "error".
func Class(err error) string {
	class := egress.Class(err)
	var op *net.OpError
	if class == egress.ClassConnection && !errors.As(err, &op) {
		return "error"
	}
	return class
}

// Name returns Options.Name.
func (b *Breaker) Name() string { return b.name }

// A Set is all breakers of a process.
type Set struct {
	mu     sync.Mutex
	all    []*Breaker
	groups []*Group

	open *prometheus.Desc
	shut *prometheus.CounterVec
}

// NewSet returns a set without breakers, whose metrics are registered with r:
// plinto_breaker_open{name} (1 or 0; of a group, how many are open) and plinto_breaker_opened_total{name}.
func NewSet(r prometheus.Registerer) *Set {
	s := &Set{
		open: prometheus.NewDesc("plinto_breaker_open", "Whether a dependency is not called for now, because it failed repeatedly.", []string{"name"}, nil),
		shut: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plinto_breaker_opened_total", Help: "How often a dependency failed so often in a row that it was left alone.",
		}, []string{"name"}),
	}
	r.MustRegister(s, s.shut)
	return s
}

// New returns the breaker of one dependency. It panics when the set has one of that name.
func (s *Set) New(o Options) *Breaker {
	b := s.make(o, o.Name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(s.all, func(other *Breaker) bool { return other.name == o.Name }) {
		panic("breaker: two dependencies are called " + o.Name)
	}
	s.all = append(s.all, b)
	return b
}

// make returns a breaker, which is counted as kind.
func (s *Set) make(o Options, kind string) *Breaker {
	failures, pause := o.Failures, o.Pause
	if failures == 0 {
		failures = defaultFailures
	}
	if pause == 0 {
		pause = defaultPause
	}
	opened := s.shut.WithLabelValues(kind)
	b := &Breaker{name: o.Name, timeout: o.Timeout, healthy: func(err error) bool { return o.Healthy != nil && o.Healthy(err) }}
	b.since.Store(time.Now().UnixNano())
	b.circuit = gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Name: o.Name, Timeout: pause,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failures },
		IsSuccessful: func(err error) bool { return err == nil || b.healthy(err) },
		IsExcluded: func(err error) bool {
			var abandoned *abandonedError
			return errors.As(err, &abandoned)
		},
		OnStateChange: func(name string, from, to gobreaker.State) {
			b.since.Store(time.Now().UnixNano())
			if to == gobreaker.StateOpen {
				opened.Inc()
			}
			slog.Warn("circuit breaker changed", "dependency", name, "from", from.String(), "to", to.String())
		},
	})
	return b
}

// All returns the breakers by name, and of groups those that are not closed.
func (s *Set) All() []*Breaker {
	s.mu.Lock()
	all, groups := slices.Clone(s.all), slices.Clone(s.groups)
	s.mu.Unlock()
	for _, g := range groups {
		all = append(all, g.unwell()...)
	}
	slices.SortFunc(all, func(a, b *Breaker) int { return strings.Compare(a.name, b.name) })
	return all
}

// Describe implements prometheus.Collector.
func (s *Set) Describe(ch chan<- *prometheus.Desc) { ch <- s.open }

// Collect implements prometheus.Collector.
func (s *Set) Collect(ch chan<- prometheus.Metric) {
	s.mu.Lock()
	all, groups := slices.Clone(s.all), slices.Clone(s.groups)
	s.mu.Unlock()
	for _, g := range groups {
		ch <- prometheus.MustNewConstMetric(s.open, prometheus.GaugeValue, g.open(), g.options.Name)
	}
	for _, b := range all {
		value := 0.0
		if b.circuit.State() == gobreaker.StateOpen {
			value = 1
		}
		ch <- prometheus.MustNewConstMetric(s.open, prometheus.GaugeValue, value, b.name)
	}
}
