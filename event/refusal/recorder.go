package refusal

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plinto/event"
	"plinto/internal/clientip"
	"plinto/tenant"
)

const (
	// together is how long refusals of a kind are counted before they are one row.
	together = 5 * time.Minute
	// kinds is how many a tenant may have at a time. Whatever comes beyond is counted as one.
	kinds    = 64
	waiting  = 1024 // rows that wait to be written
	atOnce   = 100  // rows of one transaction
	recordIn = 5 * time.Second
)

// other is the reason of what is counted beyond the kinds of a tenant.
const other = "other"

// A kind is what is counted together.
type kind struct {
	tenant                  tenant.ID
	fact                    event.Type
	endpoint, actor, client string
	network, reason, method string
}

// A window counts the refusals of a kind that no row tells of yet.
type window struct {
	kind   kind
	last   Request
	ends   time.Time
	untold int
}

// A row is what is to be written.
type row struct {
	tenant *tenant.Tenant
	event  event.Event
}

// Dependencies are what a Recorder is made of. All are required.
type Dependencies struct {
	Outbox event.Outbox
	Tx     interface {
		InTx(ctx context.Context, fn func(context.Context) error) error
	}
	Now     func() time.Time
	Metrics prometheus.Registerer
	Log     *slog.Logger
}

// A Recorder writes what was refused to the audit log.
type Recorder struct {
	Dependencies
	queue   chan row
	dropped prometheus.Counter

	mu   sync.Mutex
	open map[kind]*window
	line []*window // those that are open, the oldest first
	of   map[tenant.ID]int
}

// NewRecorder returns a recorder that counts what it could not write in
// plinto_refusals_dropped_total.
func NewRecorder(d Dependencies) *Recorder {
	r := &Recorder{
		Dependencies: d, queue: make(chan row, waiting), open: map[kind]*window{}, of: map[tenant.ID]int{},
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "plinto_refusals_dropped_total", Help: "Rows about refused requests that could not be written to the audit log.",
		}),
	}
	d.Metrics.MustRegister(r.dropped)
	return r
}

// Take records a refusal soon, when it is one that is recorded. It never waits.
func (r *Recorder) Take(q Request) {
	fact := q.fact(1)
	if fact == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	k := kindOf(&q, fact)
	w := r.open[k]
	if w == nil && r.of[k.tenant] >= kinds {
		q.other = true
		k = kind{tenant: k.tenant, fact: k.fact, reason: other}
		w = r.open[k]
	}
	if w != nil {
		w.last = q
		w.untold++
		return
	}
	w = &window{kind: k, last: q, ends: r.Now().Add(together)}
	r.open[k] = w
	r.line = append(r.line, w)
	r.of[k.tenant]++
	select {
	case r.queue <- row{q.Tenant, q.event(1)}:
	default:
		w.untold++ // told when the window ends
	}
}

func kindOf(q *Request, f event.Fact) kind {
	k := kind{
		tenant: q.Tenant.ID, fact: f.Type(), actor: q.actor().Type, client: q.client(), network: clientip.KeyOf(q.Origin.IP),
		reason: q.reason(), method: q.Method,
	}
	switch f := f.(type) {
	case event.ClientAuthenticationFailed:
		k.endpoint = f.Endpoint
	case event.RequestRefused:
		k.endpoint = f.Endpoint
	}
	return k
}

// Run writes rows until ctx ends, and then all that is left. While nothing is refused it
// does not wake.
func (r *Recorder) Run(ctx context.Context) {
	timer := time.NewTimer(together)
	timer.Stop()
	armed := false
	for {
		select {
		case first := <-r.queue:
			r.write(context.WithoutCancel(ctx), r.collect(first))
			if !armed {
				timer.Reset(together)
				armed = true
			}
		case <-timer.C:
			rows, left := r.end(r.Now())
			r.write(context.WithoutCancel(ctx), rows)
			if armed = left > 0; armed {
				timer.Reset(left)
			}
		case <-ctx.Done():
			var rows []row
			for len(r.queue) > 0 {
				rows = append(rows, <-r.queue)
			}
			counted, _ := r.end(r.Now().Add(2 * together))
			r.write(context.WithoutCancel(ctx), append(rows, counted...))
			return
		}
	}
}

func (r *Recorder) collect(first row) []row {
	rows := []row{first}
	for len(rows) < atOnce && len(r.queue) > 0 { // Run is the only reader
		rows = append(rows, <-r.queue)
	}
	return rows
}

// end closes the windows that are over and returns what they counted, and how long it is
// until the next is over; 0 when none is open.
func (r *Recorder) end(now time.Time) (rows []row, left time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.line) > 0 && !now.Before(r.line[0].ends) {
		w := r.line[0]
		r.line[0] = nil
		r.line = r.line[1:]
		delete(r.open, w.kind)
		if r.of[w.kind.tenant]--; r.of[w.kind.tenant] == 0 {
			delete(r.of, w.kind.tenant)
		}
		if w.untold > 0 {
			rows = append(rows, row{w.last.Tenant, w.last.event(w.untold)})
		}
	}
	if len(r.line) > 0 {
		left = max(r.line[0].ends.Sub(now), time.Second)
	}
	return rows, left
}

// write stores rows, in one transaction a tenant at most so many.
func (r *Recorder) write(ctx context.Context, rows []row) {
	byTenant := map[tenant.ID][]row{}
	for _, one := range rows {
		byTenant[one.tenant.ID] = append(byTenant[one.tenant.ID], one)
	}
	for _, all := range byTenant {
		for len(all) > 0 {
			n := min(len(all), atOnce)
			r.writeSome(ctx, all[0].tenant, all[:n])
			all = all[n:]
		}
	}
}

func (r *Recorder) writeSome(ctx context.Context, t *tenant.Tenant, rows []row) {
	ctx, cancel := context.WithTimeout(tenant.With(ctx, t), recordIn)
	defer cancel()
	events := make([]event.Event, len(rows))
	for i := range rows {
		events[i] = rows[i].event
	}
	err := r.Tx.InTx(ctx, func(ctx context.Context) error { return r.Outbox.Append(ctx, events...) })
	if err != nil {
		r.dropped.Add(float64(len(rows)))
		r.Log.WarnContext(ctx, "refused requests are not in the audit log", "tenant", t.Slug, "rows", len(rows), "error", err)
	}
}
