package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"plinto/event"
	"plinto/tenant"
)

// Times of the queue.
const (
	jobTimeout   = time.Minute
	startRetry   = 2 * time.Second  // when Postgres is not there at the start
	stopWait     = 20 * time.Second // for running jobs at the end; what is left goes back
	jobRetention = time.Hour        // of completed jobs
	// pollEvery is how often a lane looks for jobs that nobody announced: every insert is
	// announced (schema.tellQueue), so is what is offered again (again), and lanes look when a connection that was lost is there again (Worker.Look).
	pollEvery   = 2 * time.Minute
	lookAgain   = 5 * time.Second // after Look, for what was committed while the queue itself did not listen yet
	rescueAfter = 6 * time.Minute // a job that runs as long lost its process: it is more than any may take
)

// EventWorkers is how many events of the default lane are handed on at once.
const EventWorkers = 16

// upkeepLane is that of periodic work.
const upkeepLane = "upkeep"

// workersOf are the lanes, each with how many jobs are worked at once.
var workersOf = map[string]int{
	river.QueueDefault:        EventWorkers,
	string(event.LaneLogout):  32,
	string(event.LaneWebhook): 64,
	string(TaskLane):          64,
	upkeepLane:                3, // one of a name at a time
}

// Lanes are the names of the lanes, sorted.
func Lanes() []string { return slices.Sorted(maps.Keys(workersOf)) }

// ErrGone reports an event that was deleted.
var ErrGone = errors.New("the event is gone")

// A Source finds what jobs name, of any tenant.
type Source interface {
	// Tenant returns the tenant with an id, or tenant.ErrUnknown.
	Tenant(ctx context.Context, id tenant.ID) (*tenant.Tenant, error)
	// Event returns an event of a tenant. ErrGone, event.ErrUnreadable.
	Event(ctx context.Context, of tenant.ID, id uuid.UUID) (event.Event, error)
}

// A Worker works the queue off. It crosses tenants, so its pool is the platform
// role's; each event is handed on in the context of its own tenant.
type Worker struct {
	client *river.Client[pgx.Tx]
	wake   func(lane string) // has the workers of a lane look for jobs
	log    *slog.Logger
}

// Look has all lanes look for jobs, now and a little later: announcements may have been missed.
func (w *Worker) Look() {
	look := func() {
		for lane := range workersOf {
			w.wake(lane)
		}
	}
	go look()
	time.AfterFunc(lookAgain, look)
}

// NewWorker returns a worker that hands events to subscribers and does the upkeep.
func NewWorker(platform *pgxpool.Pool, source Source, subscribers *Subscribers, upkeep []Upkeep, to Reports) (*Worker, error) {
	log, workers, queues := to.Log, river.NewWorkers(), map[string]river.QueueConfig{}
	for lane, n := range workersOf {
		queues[lane] = river.QueueConfig{MaxWorkers: n}
	}
	perTenant := newLanes(queues)
	river.AddWorker(workers, &deliveryWorker{source: source, subscribers: subscribers, lanes: perTenant, log: log})
	river.AddWorker(workers, &taskWorker{source: source, subscribers: subscribers, lanes: perTenant})
	river.AddWorker(workers, &eventWorker{pool: platform, source: source, subscribers: subscribers})
	river.AddWorker(workers, &upkeepWorker{upkeep: upkeep})
	perTenant.wake = func(lane string) { announce(platform, lane, log) }
	config := workerConfig(workers, queues, upkeep, to)
	config.Middleware = append(config.Middleware, newAgain(perTenant.wake), subscribers.meter)
	client, err := river.NewClient[pgx.Tx](newDriver(platform), config)
	if err != nil {
		return nil, fmt.Errorf("make queue worker: %w", err)
	}
	return &Worker{client: client, wake: perTenant.wake, log: log}, nil
}

func workerConfig(workers *river.Workers, queues map[string]river.QueueConfig, upkeep []Upkeep, to Reports) *river.Config {
	return &river.Config{
		Logger:                      slog.New(withoutSkips{to.Log.Handler()}),
		Middleware:                  []rivertype.Middleware{&traced{tracer: to.Traces}},
		FetchPollInterval:           pollEvery,
		Workers:                     workers,
		Queues:                      queues,
		PeriodicJobs:                periodicJobs(upkeep),
		JobTimeout:                  jobTimeout,
		RescueStuckJobsAfter:        rescueAfter,
		CompletedJobRetentionPeriod: jobRetention,
		ReindexerIndexNames:         []string{}, // the platform role owns no index
	}
}

// withoutSkips leaves out that an upkeep has nothing to do, which the queue tells each time.
type withoutSkips struct{ slog.Handler }

// Handle implements slog.Handler.
func (h withoutSkips) Handle(ctx context.Context, r slog.Record) error {
	if strings.HasSuffix(r.Message, "nil returned from periodic job constructor, skipping") {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h withoutSkips) WithAttrs(attrs []slog.Attr) slog.Handler {
	return withoutSkips{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h withoutSkips) WithGroup(name string) slog.Handler {
	return withoutSkips{h.Handler.WithGroup(name)}
}

// announce has the workers of a lane look for jobs now. When that fails they look by
// themselves within pollEvery.
func announce(platform *pgxpool.Pool, lane string, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), startRetry)
	defer cancel()
	_, err := platform.Exec(ctx, `SELECT pg_notify(current_schema() || '.river_insert', json_build_object('queue', $1::text)::text)`, lane)
	if err != nil {
		log.DebugContext(ctx, "jobs of the queue are not announced", "lane", lane, "error", err)
	}
}

// Run works until ctx ends, then lets running jobs finish. It waits for a
// Postgres that is not there yet.
func (w *Worker) Run(ctx context.Context) error {
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
		case <-time.After(startRetry):
		}
	}
	<-ctx.Done()
	return w.stop(context.WithoutCancel(ctx))
}

func (w *Worker) stop(ctx context.Context) error {
	soft, cancel := context.WithTimeout(ctx, stopWait)
	defer cancel()
	if err := w.client.Stop(soft); err == nil {
		return nil
	}
	hard, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := w.client.StopAndCancel(hard); err != nil {
		return fmt.Errorf("stop queue: %w", err)
	}
	return nil
}
