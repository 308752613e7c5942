package explain

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plinto/internal/fault"
	"plinto/internal/gcra"
)

// ErrUnknown reports a request of which nothing is known.
var ErrUnknown = fault.New(fault.NotFound, "request_unknown", "Nothing is known of this request.")

const (
	waiting   = 1024 // trails that wait to be stored
	batch     = 200
	keepEvery = time.Second
	keepIn    = 5 * time.Second
	tenants   = 1 << 12 // whose rates are counted
)

// perTenant is how many trails of a tenant are kept: whoever provokes errors must not fill
// the database, nor take the place of another tenant's.
var perTenant = gcra.Limit{Rate: 20, Period: time.Second, Burst: 200}

// strangers is how many trails are kept of requests to hosts and paths of no tenant, all together: whoever finds the
// server's address can send any number of them.
var strangers = gcra.Limit{Rate: 1, Period: time.Second, Burst: 20}

// A Recorder stores trails after their requests were answered.
type Recorder struct {
	trails  Trails
	queue   chan Trail
	rates   *gcra.Limiter
	dropped prometheus.Counter
	log     *slog.Logger
}

// NewRecorder returns a recorder that counts what it leaves out in
// plinto_explanations_dropped_total.
func NewRecorder(trails Trails, metrics prometheus.Registerer, log *slog.Logger) *Recorder {
	r := &Recorder{
		trails: trails, queue: make(chan Trail, waiting), rates: gcra.New(tenants), log: log,
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "plinto_explanations_dropped_total", Help: "Requests whose decisions were not kept, because there were too many.",
		}),
	}
	metrics.MustRegister(r.dropped)
	return r
}

// Take has a trail stored soon. It never waits: beyond the tenant's rate, and when storing
// is behind, trails are dropped.
func (r *Recorder) Take(t Trail) {
	limit := perTenant
	if t.OfNobody() {
		limit = strangers
	}
	if r.rates.Take(t.At, 1, gcra.Bucket{Key: string(t.Tenant[:]), Limit: limit}) > 0 {
		r.dropped.Inc()
		return
	}
	select {
	case r.queue <- t:
	default:
		r.dropped.Inc()
	}
}

// Run stores trails until ctx ends, and then what is left.
func (r *Recorder) Run(ctx context.Context) {
	for {
		select {
		case t := <-r.queue:
			r.keep(context.WithoutCancel(ctx), r.collect(ctx, t))
		case <-ctx.Done():
			for len(r.queue) > 0 {
				r.keep(context.WithoutCancel(ctx), r.collect(ctx, <-r.queue))
			}
			return
		}
	}
}

// collect waits a little for more trails, so that many are one statement.
func (r *Recorder) collect(ctx context.Context, first Trail) []Trail {
	all := []Trail{first}
	timer := time.NewTimer(keepEvery)
	defer timer.Stop()
	for len(all) < batch {
		if len(r.queue) > 0 { // before the end is looked at: Run is the only reader
			all = append(all, <-r.queue)
			continue
		}
		select {
		case t := <-r.queue:
			all = append(all, t)
		case <-timer.C:
			return all
		case <-ctx.Done():
			return all
		}
	}
	return all
}

func (r *Recorder) keep(ctx context.Context, all []Trail) {
	ctx, cancel := context.WithTimeout(ctx, keepIn)
	defer cancel()
	if err := r.trails.Keep(ctx, all); err != nil {
		r.dropped.Add(float64(len(all)))
		r.log.WarnContext(ctx, "explanations of requests are not kept", "requests", len(all), "error", err)
	}
}
