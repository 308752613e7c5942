package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"plinto/internal/tracing"
)

// An Upkeep is work that comes again and again, in one process of all.
type Upkeep struct {
	Name  string // stable: queued jobs have it
	Every time.Duration
	Run   func(context.Context) error
	// Due reports, for one statement at most, whether there is something to do: a run costs several transactions. nil:
	// it always comes.
	Due func(context.Context) bool
}

// dueWait bounds Due, for which all upkeep waits.
const dueWait = time.Second

func (u *Upkeep) due() bool {
	if u.Due == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), dueWait)
	defer cancel()
	return u.Due(ctx)
}

// cleanupTask is the upkeep that the version before queued without a name.
const cleanupTask = "cleanup"

// An upkeepJob is one run of an upkeep.
type upkeepJob struct {
	Task string `json:"task,omitempty"`
}

// Kind implements river.JobArgs. It is that of the version before, which runs beside this
// one for a while and knows no other.
func (upkeepJob) Kind() string { return cleanupTask }

// InsertOpts implements river.JobArgsWithInsertOpts: one of a name at a time, and a failed
// one is not repeated, because the next comes anyway.
func (upkeepJob) InsertOpts() river.InsertOpts {
	return river.InsertOpts{
		Queue: upkeepLane, MaxAttempts: 1,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
			rivertype.JobStateRunning, rivertype.JobStateScheduled,
		}},
	}
}

// InsertUpkeep has an upkeep run when tx is committed, unless it is queued or runs already: what runs looks for more
// when it is done. It waits for whoever queues the same: tx does nothing else. Errors are those of Postgres.
func (q *Queue) InsertUpkeep(ctx context.Context, tx pgx.Tx, name string) error {
	_, err := q.client.InsertTx(ctx, tx, upkeepJob{Task: name}, nil)
	return err
}

func periodicJobs(upkeep []Upkeep) []*river.PeriodicJob {
	jobs := make([]*river.PeriodicJob, len(upkeep))
	for i, u := range upkeep {
		jobs[i] = river.NewPeriodicJob(river.PeriodicInterval(u.Every),
			func() (river.JobArgs, *river.InsertOpts) {
				if !u.due() {
					return nil, nil
				}
				return upkeepJob{Task: u.Name}, nil
			},
			&river.PeriodicJobOpts{RunOnStart: true})
	}
	return jobs
}

// An upkeepWorker does the upkeep that a job names.
type upkeepWorker struct {
	river.WorkerDefaults[upkeepJob]
	upkeep []Upkeep
}

// upkeepTimeout is more than an event gets.
const upkeepTimeout = 5 * time.Minute

// Timeout implements river.Worker.
func (*upkeepWorker) Timeout(*river.Job[upkeepJob]) time.Duration { return upkeepTimeout }

// Work implements river.Worker.
func (w *upkeepWorker) Work(ctx context.Context, job *river.Job[upkeepJob]) error {
	name := job.Args.Task
	if name == "" {
		name = cleanupTask
	}
	for _, u := range w.upkeep {
		if u.Name == name {
			if span := tracing.Current(ctx); span.Recording() {
				span.Rename("process " + name)
			}
			return u.Run(ctx)
		}
	}
	return river.JobCancel(fmt.Errorf("upkeep %q is unknown", name))
}
