package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/tenant"
)

const (
	// turnTime is how long one endpoint is sent to before others have their turn.
	turnTime = 10 * time.Second
	// LeaseTime is how long a turn may last at most: requests that began in it end before.
	LeaseTime = 45 * time.Second
	// narrow is how many requests to an endpoint run at once, and wide to one that answers
	// well and within quick.
	narrow = 2
	wide   = 8
	quick  = time.Second
	// batchPer is how many deliveries are read for each of them.
	batchPer = 16
	// An endpoint that failed so often in a row is asked by few requests only, with a pause.
	probeAfter = 10
	probePause = 30 * time.Second
)

// A Due delivery is one to be sent now.
type Due struct {
	Delivery
	Event   event.Event
	Dropped string // why it is not sent: Erased, EventGone, Unreadable; "" when it is
}

// A Result is what became of a delivery in a turn.
type Result struct {
	ID      uuid.UUID
	State   State
	Reason  string
	DueAt   time.Time
	Attempt *Attempt // nil: it was dropped
}

// Drains keeps how far sending to the endpoints of the context's tenant is.
type Drains interface {
	// Claim takes the lease of an endpoint until then, and reports false when another has it
	// or the endpoint is gone.
	Claim(ctx context.Context, endpoint, lease uuid.UUID, now, until time.Time) (bool, error)
	// Due returns up to limit deliveries that are due.
	Due(ctx context.Context, endpoint uuid.UUID, now time.Time, limit int) ([]Due, error)
	// Record stores results, in the order of their attempts, and returns how the endpoint does.
	Record(ctx context.Context, endpoint uuid.UUID, results []Result, now time.Time) (Health, error)
	// Release gives the lease back. When something is pending it has the endpoint drained
	// again once that is due, and not before.
	Release(ctx context.Context, endpoint, lease uuid.UUID, now, notBefore time.Time) error
}

// A Drainer sends what is due. One turn of one endpoint is one job of the queue.
type Drainer struct {
	Service *Service
	Drains  Drains
	Sender  *Sender
	Log     *slog.Logger
}

// Drain gives an endpoint of the context's tenant a turn. Nothing happens when another has it:
// whoever ends a turn looks again for what came meanwhile.
func (d *Drainer) Drain(ctx context.Context, endpoint uuid.UUID) error {
	lease, now := uuid.New(), d.Service.Now()
	claimed, err := d.Drains.Claim(ctx, endpoint, lease, now, now.Add(LeaseTime))
	if err != nil || !claimed {
		return err
	}
	pause, err := d.turn(ctx, endpoint)
	now = d.Service.Now()
	return errors.Join(err, d.Drains.Release(context.WithoutCancel(ctx), endpoint, lease, now, now.Add(pause)))
}

// turn sends until nothing is due, or the time of the turn is over. It returns how long the
// endpoint is to be left alone.
func (d *Drainer) turn(ctx context.Context, id uuid.UUID) (pause time.Duration, err error) {
	over, width := time.Now().Add(turnTime), narrow
	for time.Now().Before(over) && ctx.Err() == nil {
		e, err := d.Service.ByID(ctx, id)
		if errors.Is(err, ErrNotFound) || err == nil && !e.DisabledAt.IsZero() {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		limit := width * batchPer
		if e.Health.Failures >= probeAfter {
			limit = narrow
		}
		due, err := d.Drains.Due(ctx, id, d.Service.Now(), limit)
		if err != nil || len(due) == 0 {
			return 0, err
		}
		results, well, err := d.sendAll(ctx, &e, due, width, over)
		if err != nil {
			return 0, err
		}
		health, err := d.Drains.Record(context.WithoutCancel(ctx), id, results, d.Service.Now())
		if err != nil {
			return 0, err
		}
		if ended, err := d.disable(ctx, &e, results, health); ended || err != nil {
			return 0, err
		}
		if width = narrow; well {
			width = wide
		}
		if health.Failures >= probeAfter {
			return probePause, nil
		}
	}
	return 0, nil
}

// disable ends sending to an endpoint that says that it is gone, or has failed for days.
func (d *Drainer) disable(ctx context.Context, e *Endpoint, results []Result, h Health) (ended bool, err error) {
	reason := ""
	for _, r := range results {
		if r.Attempt != nil && r.Attempt.Status == statusGone {
			reason = Gone
		}
	}
	if !h.FailingSince.IsZero() && d.Service.Now().Sub(h.FailingSince) >= disableAfter {
		reason = Failing
	}
	if reason == "" {
		return false, nil
	}
	d.Log.WarnContext(ctx, "webhook endpoint disabled", "tenant", tenant.Must(ctx).Slug, "endpoint", e.PublicID(), "reason", reason)
	if err := d.Service.Disable(ctx, e.ID, reason); err != nil && !errors.Is(err, ErrNotFound) {
		return true, fmt.Errorf("disable webhook endpoint: %w", err)
	}
	return true, nil
}

const statusGone = 410

// sendAll sends deliveries, so many at once, and returns what became of those that were sent:
// after the turn's time none is begun. well says that all were delivered quickly.
func (d *Drainer) sendAll(ctx context.Context, e *Endpoint, due []Due, width int, over time.Time) (results []Result, well bool, err error) {
	live, err := d.Service.Vault.Live(tenant.Must(ctx).ID, e, d.Service.Now())
	if err != nil {
		return nil, false, err
	}
	sent := make([]*Result, len(due))
	next := make(chan int)
	var all sync.WaitGroup
	for range min(width, len(due)) {
		all.Go(func() {
			for i := range next {
				sent[i] = d.one(ctx, e, live, &due[i])
			}
		})
	}
	for i := range due {
		if time.Now().After(over) || ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	all.Wait()
	well = true
	for _, r := range sent {
		if r == nil {
			well = false
			continue
		}
		well = well && (r.Attempt == nil || r.Attempt.Error == "" && r.Attempt.Latency < quick)
		results = append(results, *r)
	}
	return results, well, nil
}

// one sends one delivery, and decides what becomes of it; nil when the server stops, and it
// is not known what did.
func (d *Drainer) one(ctx context.Context, e *Endpoint, live []Secrets, due *Due) *Result {
	r := &Result{ID: due.ID, State: Dropped, Reason: due.Dropped, DueAt: due.DueAt}
	if due.Dropped != "" {
		return r
	}
	content, err := payload(tenant.Must(ctx).ID, &due.Event, e.Payload)
	if err != nil {
		r.Reason = Unreadable
		return r
	}
	a := d.Sender.send(ctx, e, live, EventID(due.EventID), content)
	if a.Error != "" && ctx.Err() != nil {
		return nil
	}
	r.Attempt, r.Reason = &a, a.Error
	if a.Error == "" {
		r.State = Delivered
		return r
	}
	r.State = Failed
	if next, more := nextTry(&due.Delivery, due.Attempts+1, a.retryAfter, d.Service.Now()); more {
		r.State, r.DueAt = Pending, next
	}
	return r
}
