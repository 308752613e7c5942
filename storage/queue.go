package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"plinto/event"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// Times of the queue.
const (
	jobTimeout    = time.Minute
	queueRetry    = 2 * time.Second  // when Postgres is not there at the start
	queueStop     = 20 * time.Second // for running jobs at the end; what is left goes back
	jobRetention  = time.Hour        // of completed jobs
	eventWorkers  = 16
	logoutQueue   = "logout" // clients that are slow to hear of a logout hold up no mail
	logoutWorkers = 32
	upkeepQueue   = "upkeep"
	upkeepWorkers = 1
)

// An eventJob tells every subscriber of one event.
type eventJob struct {
	TenantID uuid.UUID `json:"tenant_id"`
	EventID  uuid.UUID `json:"event_id"`
}

// Kind implements river.JobArgs.
func (eventJob) Kind() string { return "event" }

// A queued event is one that somebody wants to be told of.
type queued struct {
	id   uuid.UUID
	kind event.Type
}

// A queue takes jobs in the transaction of the fact they follow from.
type queue struct {
	client      *river.Client[pgx.Tx] // inserts only, and only in transactions: it has no pool
	subscribers []event.Subscriber
	backlogs    *backlogs
}

func newQueue(subscribers []event.Subscriber, log *slog.Logger) (*queue, error) {
	client, err := river.NewClient(riverpgxv5.New(nil), &river.Config{Logger: log})
	if err != nil {
		return nil, fmt.Errorf("make queue client: %w", err)
	}
	return &queue{client: client, subscribers: subscribers, backlogs: newBacklogs()}, nil
}

func (q *queue) handles(e event.Event) bool {
	for _, s := range q.subscribers {
		if s.Handles(e) {
			return true
		}
	}
	return false
}

func (q *queue) subscribe(s event.Subscriber) { q.subscribers = append(q.subscribers, s) }

func (q *queue) insert(ctx context.Context, tx pgx.Tx, id tenant.ID, events []queued) error {
	jobs := make([]river.InsertManyParams, len(events))
	for i, e := range events {
		lane := river.QueueDefault
		if e.kind == event.LogoutQueued {
			lane = logoutQueue
		}
		jobs[i] = river.InsertManyParams{
			Args:       eventJob{TenantID: uuid.UUID(id), EventID: e.id},
			InsertOpts: &river.InsertOpts{Queue: lane, Priority: q.backlogs.priority(id, lane, time.Now())},
		}
	}
	_, err := q.client.InsertManyTx(ctx, tx, jobs)
	return pg.Unavailable(err)
}

// Subscribe adds a subscriber that needed the store to be made. It must come
// before Run, and before anything is written.
func (s *Store) Subscribe(subscriber event.Subscriber) {
	s.Outbox.jobs.subscribe(subscriber)
	if s.worker != nil {
		s.worker.events.subscribers = append(s.worker.events.subscribers, subscriber)
	}
}

// A findTenant returns the tenant with an id, or tenant.ErrUnknown.
type findTenant func(context.Context, tenant.ID) (*tenant.Tenant, error)

// A worker works the queue off. It crosses tenants, so its pool is the platform
// role's; each event is handed on in the context of its own tenant.
type worker struct {
	client *river.Client[pgx.Tx]
	events *eventWorker
	log    *slog.Logger
}

func newWorker(platform *pgxpool.Pool, find findTenant, subscribers []event.Subscriber, log *slog.Logger) (*worker, error) {
	workers := river.NewWorkers()
	queues := map[string]river.QueueConfig{
		river.QueueDefault: {MaxWorkers: eventWorkers},
		logoutQueue:        {MaxWorkers: logoutWorkers},
		upkeepQueue:        {MaxWorkers: upkeepWorkers},
	}
	events := &eventWorker{pool: platform, find: find, subscribers: subscribers, lanes: newLanes(queues)}
	river.AddWorker(workers, events)
	river.AddWorker(workers, &cleanupWorker{pool: platform})
	client, err := river.NewClient(riverpgxv5.New(platform), &river.Config{
		Logger:                      log,
		Workers:                     workers,
		Queues:                      queues,
		PeriodicJobs:                []*river.PeriodicJob{periodicCleanup()},
		JobTimeout:                  jobTimeout,
		CompletedJobRetentionPeriod: jobRetention,
		ReindexerIndexNames:         []string{}, // the platform role owns no index
	})
	if err != nil {
		return nil, fmt.Errorf("make queue worker: %w", err)
	}
	return &worker{client: client, events: events, log: log}, nil
}

// run works until ctx ends, then lets running jobs finish. It waits for a
// Postgres that is not there yet.
func (w *worker) run(ctx context.Context) error {
	for {
		// The context of Start would cancel running jobs: they end in stop.
		err := w.client.Start(context.WithoutCancel(ctx))
		if err == nil {
			break
		}
		w.log.WarnContext(ctx, "queue cannot start yet", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(queueRetry):
		}
	}
	<-ctx.Done()
	return w.stop(context.WithoutCancel(ctx))
}

func (w *worker) stop(ctx context.Context) error {
	soft, cancel := context.WithTimeout(ctx, queueStop)
	defer cancel()
	if err := w.client.Stop(soft); err == nil {
		return nil
	}
	hard, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return pg.Wrap("stop queue", w.client.StopAndCancel(hard))
}

// An eventWorker hands events to their subscribers, at least once.
type eventWorker struct {
	river.WorkerDefaults[eventJob]
	pool        *pgxpool.Pool
	find        findTenant
	subscribers []event.Subscriber
	lanes       *lanes
}

// Work implements river.Worker. A subscriber that fails has the job repeated,
// for all of them: they know events by id.
func (w *eventWorker) Work(ctx context.Context, job *river.Job[eventJob]) error {
	leave, later := w.lanes.enter(tenant.ID(job.Args.TenantID), job.Queue)
	if later != nil {
		return later
	}
	defer leave()
	t, err := w.find(ctx, tenant.ID(job.Args.TenantID))
	if errors.Is(err, tenant.ErrUnknown) {
		return river.JobCancel(err) // deleted, and its events with it
	}
	if err != nil {
		return fmt.Errorf("find tenant of event: %w", err)
	}
	e, err := w.load(ctx, job.Args)
	if errors.Is(err, pgx.ErrNoRows) {
		return river.JobCancel(fmt.Errorf("event %s is gone: %w", job.Args.EventID, err))
	}
	if err != nil {
		return fmt.Errorf("load event: %w", err)
	}
	ctx = tenant.With(ctx, t)
	var errs []error
	for _, s := range w.subscribers {
		if s.Handles(e) {
			errs = append(errs, s.Handle(ctx, e))
		}
	}
	return errors.Join(errs...)
}

func (w *eventWorker) load(ctx context.Context, job eventJob) (event.Event, error) {
	rows, _ := w.pool.Query(ctx, `SELECT id, type, occurred_at, body FROM events WHERE tenant_id = $1 AND id = $2`,
		job.TenantID, job.EventID) // the error is also in rows
	return pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (e event.Event, err error) {
		var stored []byte
		if err = row.Scan(&e.ID, &e.Type, &e.OccurredAt, &stored); err != nil {
			return e, err
		}
		var b eventBody
		if err = json.Unmarshal(stored, &b); err != nil {
			return e, err
		}
		e.Actor, e.Subject, e.Outcome, e.Reason, e.Data = b.Actor, b.Subject, b.Outcome, b.Reason, b.Data
		e.IP, e.UserAgent, e.RequestID = b.IP, b.UserAgent, b.RequestID
		return e, nil
	})
}
