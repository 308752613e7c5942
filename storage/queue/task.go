package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"plinto/event"
	"plinto/internal/logs"
	"plinto/internal/tracing"
	"plinto/tenant"
)

// A Task is work on one thing of a tenant, such as an endpoint: what is to be done is known
// when it is done, so one job may do what several were queued for.
type Task struct {
	Name string // stable: queued jobs have it
	// Run works on the thing with that id; ctx acts for its tenant. A returned error has the
	// queue try again a few times.
	Run func(ctx context.Context, id uuid.UUID) error
}

// TaskLane has the workers of tasks, which wait for others most of the time.
const TaskLane event.Lane = "task"

// taskAttempts is how often a task is tried: what it was to do is found by upkeep.
const taskAttempts = 3

// A taskJob is a task for one thing.
type taskJob struct {
	TenantID uuid.UUID `json:"tenant_id"`
	Task     string    `json:"task"`
	Of       uuid.UUID `json:"of"`
}

// Kind implements river.JobArgs.
func (taskJob) Kind() string { return "task" }

// A TaskOf is a task to queue.
type TaskOf struct {
	Task string
	ID   uuid.UUID
	At   time.Time // not before; zero: now
}

// InsertTasks queues tasks of a tenant by one statement in tx. Errors are those of Postgres.
func (q *Queue) InsertTasks(ctx context.Context, tx pgx.Tx, id tenant.ID, tasks []TaskOf) error {
	jobs := make([]river.InsertManyParams, len(tasks))
	now := time.Now()
	for i, t := range tasks {
		if !t.At.After(now) {
			t.At = time.Time{} // a job with a time waits for the queue's scheduler, who looks every few seconds
		}
		jobs[i] = river.InsertManyParams{
			Args: taskJob{TenantID: uuid.UUID(id), Task: t.Task, Of: t.ID},
			InsertOpts: &river.InsertOpts{
				Queue: string(TaskLane), MaxAttempts: taskAttempts, ScheduledAt: t.At,
				Priority: q.backlogs.priority(id, string(TaskLane), now),
			},
		}
	}
	return q.insert(ctx, tx, id, jobs)
}

// Do has a task done by this process. It must come before Run.
func (s *Subscribers) Do(t Task) { s.tasks[t.Name] = t }

// A taskWorker does tasks.
type taskWorker struct {
	river.WorkerDefaults[taskJob]
	of          tenant.ID // whose jobs it works; zero: everybody's
	source      Source
	subscribers *Subscribers
	lanes       *lanes
}

// Work implements river.Worker.
func (w *taskWorker) Work(ctx context.Context, job *river.Job[taskJob]) error {
	return whenNowhere(w.do(ctx, job))
}

func (w *taskWorker) do(ctx context.Context, job *river.Job[taskJob]) error {
	if err := foreign(w.of, job.Args.TenantID); err != nil {
		return err
	}
	task, known := w.subscribers.tasks[job.Args.Task]
	if !known {
		return river.JobCancel(fmt.Errorf("task %q is unknown", job.Args.Task))
	}
	leave, later := w.lanes.enter(tenant.ID(job.Args.TenantID), job.Queue)
	if later != nil {
		return later
	}
	defer leave()
	t, err := w.source.Tenant(ctx, tenant.ID(job.Args.TenantID))
	if errors.Is(err, tenant.ErrUnknown) {
		return river.JobCancel(err)
	}
	if err != nil {
		return fmt.Errorf("find tenant of task: %w", err)
	}
	logs.Note(ctx, logs.Tenant, t.Slug)
	if span := tracing.Current(ctx); span.Recording() {
		span.Rename("process " + task.Name)
		span.Set(tracing.String("plinto.tenant", t.Slug))
	}
	return task.Run(tenant.With(ctx, t), job.Args.Of)
}
