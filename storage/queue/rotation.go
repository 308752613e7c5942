package queue

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"plinto/event"
	"plinto/internal/tracing"
	"plinto/tenant"
)

// A Branch is the queue in a database that a tenant has of its own.
type Branch struct {
	Tenant tenant.ID
	// Pool returns the pool of the platform role there, which stays open until done.
	Pool func(context.Context) (pool *pgxpool.Pool, done func(), err error)
}

// Times of the rotation.
const (
	turnEvery   = 200 * time.Millisecond // how often it is looked who is due
	listEvery   = time.Minute            // how old the list of branches may be: one that is woken is listed at once
	listAgain   = 10 * time.Second       // when it could not be read
	visitEvery  = time.Minute            // how long a branch that nobody wakes is not looked at
	visitAgain  = 10 * time.Second       // when one could not be visited
	visitMost   = 15 * time.Second       // how long one is worked at while others wait
	visitLook   = 100 * time.Millisecond // how often a visit looks whether jobs are left
	stayFor     = 3 * time.Second        // a visit does not end before jobs that are due so soon
	branchPolls = 200 * time.Millisecond
)

// branchVisits is how many branches are worked at at once.
const branchVisits = 8

// workersOfBranch are the lanes of a branch.
var workersOfBranch = map[string]int{
	river.QueueDefault:        4,
	string(event.LaneLogout):  8,
	string(event.LaneWebhook): 16,
	string(TaskLane):          8,
}

// A Rotation works off the queues in databases of tenants. A worker for each would hold connections and
// poll for ever; so each is visited when it is woken, when its next job is due, and once in a while,
// and left when nothing is due any more.
type Rotation struct {
	branches    func(context.Context) ([]Branch, error)
	source      Source
	subscribers *Subscribers
	log         *slog.Logger
	traces      *tracing.Tracer

	mu     sync.Mutex
	known  map[tenant.ID]*branchState
	woken  chan struct{}
	visits sync.WaitGroup
}

type branchState struct {
	branch  Branch
	due     time.Time
	visited bool // a visit is going on
	woken   bool // since it began
	left    left // by the last visit
}

// A left is what is undone in a branch.
type left struct {
	jobs   int64
	oldest time.Duration
}

// Backlog is what was undone in the branches when they were looked at last: how many jobs, and how old the oldest is.
func (r *Rotation) Backlog() (jobs int64, oldest time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.known {
		jobs, oldest = jobs+s.left.jobs, max(oldest, s.left.oldest)
	}
	return jobs, oldest
}

// NewRotation returns a rotation over the branches that the function lists.
func NewRotation(branches func(context.Context) ([]Branch, error), source Source, subscribers *Subscribers, to Reports) *Rotation {
	return &Rotation{
		branches: branches, source: source, subscribers: subscribers, log: to.Log, traces: to.Traces, known: map[tenant.ID]*branchState{}, woken: make(chan struct{}, 1),
	}
}

// Wake has the branch of a tenant visited now.
func (r *Rotation) Wake(id tenant.ID) {
	r.mu.Lock()
	s := r.known[id]
	if s == nil { // it is newer than the list
		s = &branchState{}
		r.known[id] = s
	}
	s.due, s.woken = time.Time{}, true
	r.mu.Unlock()
	select {
	case r.woken <- struct{}{}:
	default:
	}
}

// Run visits branches until ctx ends, then lets running jobs finish.
func (r *Rotation) Run(ctx context.Context) {
	defer r.visits.Wait()
	tick := time.NewTicker(turnEvery)
	defer tick.Stop()
	var next time.Time
	for {
		if time.Now().After(next) || r.newcomers() {
			next = time.Now().Add(listEvery)
			if err := r.list(ctx); err != nil && ctx.Err() == nil {
				r.log.WarnContext(ctx, "queues of tenants cannot be listed", "error", err)
				next = time.Now().Add(listAgain)
			}
		}
		for s := r.next(); s != nil; s = r.next() {
			r.visits.Go(func() { r.visit(ctx, s) })
		}
		select {
		case <-ctx.Done():
			return
		case <-r.woken:
		case <-tick.C:
		}
	}
}

// newcomers reports whether a branch was woken that is not listed.
func (r *Rotation) newcomers() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.known {
		if s.branch.Pool == nil {
			return true
		}
	}
	return false
}

// list brings what is known of branches up to date. New ones are due at once.
func (r *Rotation) list(ctx context.Context) error {
	all, err := r.branches(ctx)
	if err != nil && len(all) == 0 {
		return err // those that are known stay
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	there := map[tenant.ID]bool{}
	for _, b := range all {
		there[b.Tenant] = true
		if s := r.known[b.Tenant]; s != nil {
			s.branch = b
		} else {
			r.known[b.Tenant] = &branchState{branch: b}
		}
	}
	for id, s := range r.known {
		if !there[id] && !s.visited {
			delete(r.known, id)
		}
	}
	return err
}

// next takes the branch that has been due for the longest time, if there is one and room for it.
func (r *Rotation) next() *branchState {
	r.mu.Lock()
	defer r.mu.Unlock()
	var first *branchState
	now, visits := time.Now(), 0
	for _, s := range r.known {
		switch {
		case s.visited:
			visits++
		case s.branch.Pool != nil && s.due.Before(now) && (first == nil || s.due.Before(first.due)):
			first = s
		}
	}
	if first == nil || visits >= branchVisits {
		return nil
	}
	first.visited, first.woken = true, false
	return first
}

// othersWait reports whether a branch is due for which there is no room.
func (r *Rotation) othersWait() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	for _, s := range r.known {
		if !s.visited && s.branch.Pool != nil && s.due.Before(now) {
			return true
		}
	}
	return false
}

// visit works at a branch until nothing is due, and notes when it is again.
func (r *Rotation) visit(ctx context.Context, s *branchState) {
	due, undone, err := r.work(ctx, s.branch)
	if err != nil && ctx.Err() == nil {
		r.log.WarnContext(ctx, "the queue of a tenant cannot be worked off", "tenant", s.branch.Tenant.String(), "error", err)
		due = time.Now().Add(visitAgain)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s.visited = false
	if err == nil {
		s.left = undone
	}
	if s.due = due; s.woken {
		s.due = time.Time{}
	}
}

// work returns when the next job is due, at the latest in visitEvery, and what it left.
func (r *Rotation) work(ctx context.Context, b Branch) (time.Time, left, error) {
	pool, done, err := b.Pool(ctx)
	if err != nil {
		return time.Time{}, left{}, err
	}
	defer done()
	next, undone, err := nextJob(ctx, pool, "")
	if err != nil || next.After(time.Now()) {
		return next, undone, err
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &deliveryWorker{of: b.Tenant, source: r.source, subscribers: r.subscribers, lanes: newLanes(nil), log: r.log})
	river.AddWorker(workers, &taskWorker{of: b.Tenant, source: r.source, subscribers: r.subscribers, lanes: newLanes(nil)})
	queues := map[string]river.QueueConfig{}
	for lane, n := range workersOfBranch {
		queues[lane] = river.QueueConfig{MaxWorkers: n}
	}
	config := workerConfig(workers, queues, nil, Reports{slog.New(quiet{r.log.Handler()}), r.traces}) //nolint:contextcheck // it has no upkeep
	config.PollOnly, config.FetchPollInterval = true, branchPolls
	config.Middleware = []rivertype.Middleware{r.subscribers.meter}
	client, err := river.NewClient(riverpgxv5.New(pool), config)
	if err != nil {
		return time.Time{}, left{}, err
	}
	w := &Worker{client: client, log: r.log}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return time.Time{}, left{}, err
	}
	next, undone, err = r.untilIdle(ctx, pool, client.ID())
	if stopped := w.stop(context.WithoutCancel(ctx)); err == nil {
		err = stopped
	}
	return next, undone, err
}

// errForeignJob cancels a job in a tenant's own database that names another tenant. Whoever runs that database may put into it what they
// like, and is to reach nobody else.
var errForeignJob = errors.New("the job is of another tenant than the database that it is in")

// foreign returns errForeignJob of a job that names another tenant than a worker is for, which is any where its is zero.
func foreign(of tenant.ID, named uuid.UUID) error {
	if of == (tenant.ID{}) || of == tenant.ID(named) {
		return nil
	}
	return river.JobCancel(errForeignJob)
}

// untilIdle waits until no job is due soon, or until others have waited long enough.
func (r *Rotation) untilIdle(ctx context.Context, pool *pgxpool.Pool, worker string) (next time.Time, undone left, err error) {
	look := time.NewTicker(visitLook)
	defer look.Stop()
	for began := time.Now(); ; {
		select {
		case <-ctx.Done():
			return time.Time{}, left{}, ctx.Err()
		case <-look.C:
		}
		if next, undone, err = nextJob(ctx, pool, worker); err != nil {
			return next, undone, err
		}
		if next.After(time.Now().Add(stayFor)) || time.Since(began) > visitMost && r.othersWait() {
			return next, undone, nil
		}
	}
}

// nextJob is when the next job is due, at the latest in visitEvery. One that runs is due when it may be lost
// with its process, and one that a worker runs, now. undone are the jobs that should have been done.
func nextJob(ctx context.Context, pool *pgxpool.Pool, worker string) (next time.Time, undone left, err error) {
	ctx, cancel := context.WithTimeout(ctx, startRetry+time.Second)
	defer cancel()
	var wait, oldest float64
	err = pool.QueryRow(ctx, `
		SELECT least($1, extract(epoch FROM min(CASE
			WHEN state <> 'running' THEN scheduled_at
			WHEN attempted_by[cardinality(attempted_by)] = $3 THEN now()
			ELSE attempted_at + $2::interval END) - now())::float8),
			count(*) FILTER (WHERE state <> 'scheduled'), coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE state <> 'scheduled')), 0)::float8
		FROM river_job WHERE state IN ('available', 'retryable', 'scheduled', 'running')`, visitEvery.Seconds(), rescueAfter, worker).Scan(&wait, &undone.jobs, &oldest)
	undone.oldest = time.Duration(oldest * float64(time.Second))
	return time.Now().Add(time.Duration(wait * float64(time.Second))), undone, err
}

// quiet leaves out what is told of each start and end.
type quiet struct{ slog.Handler }

// Enabled implements slog.Handler.
func (q quiet) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && q.Handler.Enabled(ctx, l)
}
