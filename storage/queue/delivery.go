package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"plinto/event"
	"plinto/tenant"
)

const (
	// strangerWait is how long a job waits for a process that knows its subscriber: a
	// newer version that is being rolled out beside this one.
	strangerWait = 15 * time.Minute
	strangerLook = 30 * time.Second // how often it looks
	// movedLook is how long a job waits at least whose tenant is being moved, and half of how long at most.
	movedLook = 2 * time.Second
	// unreadableLook is the same of a tenant that somebody has to mend.
	unreadableLook = time.Minute
)

// A deliveryWorker tells a subscriber of an event, at least once.
type deliveryWorker struct {
	river.WorkerDefaults[delivery]
	of          tenant.ID // whose jobs it works; zero: everybody's
	source      Source
	subscribers *Subscribers
	lanes       *lanes
	log         *slog.Logger
}

// Work implements river.Worker. What the subscriber fails at is tried again, for it alone.
func (w *deliveryWorker) Work(ctx context.Context, job *river.Job[delivery]) error {
	return whenNowhere(w.deliver(ctx, job))
}

func (w *deliveryWorker) deliver(ctx context.Context, job *river.Job[delivery]) error {
	if err := foreign(w.of, job.Args.TenantID); err != nil {
		return err
	}
	subscription := w.subscribers.find(job.Args.Subscriber)
	if subscription == nil {
		return w.unknown(ctx, job)
	}
	handler := w.subscribers.handlers[subscription.Name]
	if handler == nil {
		return nil // not set up: a command, which cannot know, queued it
	}
	leave, later := w.lanes.enter(tenant.ID(job.Args.TenantID), job.Queue)
	if later != nil {
		return later
	}
	defer leave()
	e, t, err := find(ctx, w.source, job.Args.TenantID, job.Args.EventID)
	if err != nil {
		return err
	}
	if !subscription.Wants(&e) {
		return nil // of another version, which did
	}
	tell(ctx, subscription.Name, &e, t.Slug)
	return handler.Handle(tenant.With(ctx, t), e)
}

// whenNowhere has a job that failed because its tenant is being moved, or cannot be read, offered again when that may be over. It
// is no attempt.
func whenNowhere(err error) error {
	wait := movedLook
	switch {
	case errors.Is(err, tenant.ErrUnreadable):
		wait = unreadableLook
	case !errors.Is(err, tenant.ErrMoving):
		return err
	}
	return river.JobSnooze(wait + rand.N(wait)) //nolint:gosec // spread, not secret
}

// unknown drops a job whose subscriber this version does not have, after it has waited for
// a newer version to take it.
func (w *deliveryWorker) unknown(ctx context.Context, job *river.Job[delivery]) error {
	if time.Since(job.CreatedAt) < strangerWait {
		return river.JobSnooze(strangerLook)
	}
	w.log.WarnContext(ctx, "event dropped: its subscriber is unknown", "subscriber", job.Args.Subscriber, "event", job.Args.EventID)
	return river.JobCancel(fmt.Errorf("subscriber %q is unknown", job.Args.Subscriber))
}

// find returns an event with its tenant. What will never be found cancels the job.
func find(ctx context.Context, source Source, of, id uuid.UUID) (event.Event, *tenant.Tenant, error) {
	t, err := source.Tenant(ctx, tenant.ID(of))
	if errors.Is(err, tenant.ErrUnknown) {
		return event.Event{}, nil, river.JobCancel(err) // deleted, and its events with it
	}
	if err != nil {
		return event.Event{}, nil, fmt.Errorf("find tenant of event: %w", err)
	}
	e, err := source.Event(ctx, tenant.ID(of), id)
	if errors.Is(err, ErrGone) || errors.Is(err, event.ErrUnreadable) {
		return event.Event{}, nil, river.JobCancel(fmt.Errorf("event %s: %w", id, err))
	}
	if err != nil {
		return event.Event{}, nil, fmt.Errorf("load event: %w", err)
	}
	return e, t, nil
}

// An eventJob is what the version before queued: one event for all its subscribers.
type eventJob struct {
	TenantID uuid.UUID `json:"tenant_id"`
	EventID  uuid.UUID `json:"event_id"`
}

// Kind implements river.JobArgs.
func (eventJob) Kind() string { return "event" }

// An eventWorker makes one delivery for each subscriber of what the version before queued.
// The version after this one needs it no more.
type eventWorker struct {
	river.WorkerDefaults[eventJob]
	pool        *pgxpool.Pool
	source      Source
	subscribers *Subscribers
}

// Work implements river.Worker. The job is over with the transaction that queues the
// deliveries, so that none is made twice.
func (w *eventWorker) Work(ctx context.Context, job *river.Job[eventJob]) error {
	e, _, err := find(ctx, w.source, job.Args.TenantID, job.Args.EventID)
	if err != nil {
		return whenNowhere(err)
	}
	var jobs []river.InsertManyParams
	for _, s := range w.subscribers.Wanting(&e) {
		jobs = append(jobs, river.InsertManyParams{
			Args:       delivery{TenantID: job.Args.TenantID, EventID: e.ID, Subscriber: s.Name},
			InsertOpts: &river.InsertOpts{Queue: laneOf(s), Priority: job.Priority},
		})
	}
	if len(jobs) == 0 {
		return nil
	}
	return pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		if _, err := river.ClientFromContext[pgx.Tx](ctx).InsertManyTx(ctx, tx, jobs); err != nil {
			return err
		}
		_, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job)
		return err
	})
}
