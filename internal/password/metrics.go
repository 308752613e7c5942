package password

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plinto/internal/fair"
)

// meters are the metrics of a Hasher.
type meters struct {
	wait, took prometheus.Histogram
	refused    *prometheus.CounterVec
}

func newMeters() meters {
	m := meters{
		wait: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "plinto_hash_wait_seconds", Help: "How long passwords waited to be hashed, also those that were refused in the end.",
			Buckets: []float64{.001, .01, .05, .1, .25, .5, 1, 2},
		}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "plinto_hash_duration_seconds", Help: "How long one hash of a password took.",
			Buckets: []float64{.01, .025, .05, .075, .1, .15, .25, .5, 1},
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plinto_hash_refusals_total", Help: "Passwords that were not hashed because too many waited (`full`), or none got its turn in time (`late`).",
		}, []string{"reason"}),
	}
	for _, reason := range []string{"full", "late"} {
		m.refused.WithLabelValues(reason)
	}
	return m
}

// Register adds the metrics of hashing to r: plinto_hash_slots, _slots_used, _waiting, _wait_seconds, _duration_seconds and
// _refusals_total{reason}.
func (h *Hasher) Register(r prometheus.Registerer) {
	gauge := func(name, help string, value func() int) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(value()) }))
	}
	gauge("plinto_hash_slots", "How many passwords are hashed at once at most.", func() int { return h.opts.Slots })
	gauge("plinto_hash_slots_used", "How many passwords are being hashed.", func() int { return h.slots.queue.Stat().In })
	gauge("plinto_hash_waiting", "How many passwords wait to be hashed.", func() int { return h.slots.queue.Stat().Waiting })
	r.MustRegister(h.meters.wait, h.meters.took, h.meters.refused)
}

// waited notes how long somebody waited for a slot, and whether they got one.
func (m *meters) waited(began time.Time, err error) {
	m.wait.Observe(time.Since(began).Seconds())
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded): // whoever left
	case errors.Is(err, fair.ErrLate):
		m.refused.WithLabelValues("late").Inc()
	case errors.Is(err, ErrBusy):
		m.refused.WithLabelValues("full").Inc()
	}
}
