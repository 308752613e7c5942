// Package breaker stops calling a service that does not answer, so that whoever needs it
// learns that at once instead of waiting (circuit breaker). Every outgoing dependency but
// Postgres has one: its state is shown to operators and counted in metrics.
package breaker

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sony/gobreaker/v2"
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
	circuit *gobreaker.CircuitBreaker[struct{}]
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
		if err != nil && ctx.Err() != nil {
			err = &abandonedError{err}
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
	return &Breaker{name: o.Name, timeout: o.Timeout, circuit: gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Name: o.Name, Timeout: pause,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failures },
		IsSuccessful: func(err error) bool { return err == nil || o.Healthy != nil && o.Healthy(err) },
		IsExcluded: func(err error) bool {
			var abandoned *abandonedError
			return errors.As(err, &abandoned)
		},
		OnStateChange: func(name string, from, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				opened.Inc()
			}
			slog.Warn("circuit breaker changed", "dependency", name, "from", from.String(), "to", to.String())
		},
	})}
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
