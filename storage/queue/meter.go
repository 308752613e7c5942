package queue

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// A meter is a middleware that counts jobs.
type meter struct {
	river.MiddlewareDefaults
	jobs    *prometheus.CounterVec
	seconds *prometheus.CounterVec
}

func newMeter() *meter {
	return &meter{
		jobs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plinto_jobs_total", Help: "Jobs that were worked, by lane and outcome: `done`, `failed` (it is tried again), `put_off` (no attempt: it waits for something), `given_up`.",
		}, []string{"lane", "outcome"}),
		seconds: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plinto_job_seconds_total", Help: "How long jobs were worked, by lane, in all; with plinto_jobs_total their mean.",
		}, []string{"lane"}),
	}
}

// Register adds the metrics of jobs to r: plinto_jobs_total{lane,outcome} and plinto_job_seconds_total{lane}.
func (s *Subscribers) Register(r prometheus.Registerer) {
	r.MustRegister(s.meter.jobs, s.meter.seconds)
}

// Work implements rivertype.WorkerMiddleware.
func (m *meter) Work(ctx context.Context, job *rivertype.JobRow, do func(context.Context) error) (err error) {
	began := time.Now()
	err = errPanicked
	defer func() {
		m.jobs.WithLabelValues(job.Queue, outcome(job, err)).Inc()
		m.seconds.WithLabelValues(job.Queue).Add(time.Since(began).Seconds())
	}()
	return do(ctx)
}

func outcome(job *rivertype.JobRow, err error) string {
	var snoozed *rivertype.JobSnoozeError
	var cancelled *rivertype.JobCancelError
	switch {
	case err == nil:
		return "done"
	case errors.As(err, &snoozed):
		return "put_off"
	case errors.As(err, &cancelled), job.Attempt >= job.MaxAttempts:
		return "given_up"
	}
	return "failed"
}
