package queue

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"plinto/event"
	"plinto/internal/logs"
	"plinto/internal/tracing"
)

// Reports are where a worker tells what it does.
type Reports struct {
	Log    *slog.Logger
	Traces *tracing.Tracer // begins the trace of each job; nil: nothing is traced
}

// A caused is what the metadata of a job say of the request that queued it. They are not secret: a job in the
// database names its event, which names the request too.
type caused struct {
	Parent string `json:"traceparent"`
}

// because adds what ctx is part of to jobs, if it is recorded.
func because(ctx context.Context, jobs []river.InsertManyParams) error {
	parent := tracing.Cause(ctx)
	if parent == "" {
		return nil
	}
	said, err := json.Marshal(caused{parent})
	if err != nil {
		return err
	}
	for _, j := range jobs {
		j.InsertOpts.Metadata = said
	}
	return nil
}

// traced is a middleware that begins the trace of each job, and notes what its log lines are about.
type traced struct {
	river.MiddlewareDefaults
	tracer *tracing.Tracer
}

// Work implements rivertype.WorkerMiddleware.
func (t *traced) Work(ctx context.Context, job *rivertype.JobRow, do func(context.Context) error) error {
	ctx = logs.With(ctx, new(logs.Scope))
	if t.tracer == nil {
		return do(ctx)
	}
	var cause caused
	if bytes.Contains(job.Metadata, []byte(`"traceparent"`)) {
		_ = json.Unmarshal(job.Metadata, &cause) // without it the trace names no request
	}
	ctx, span := t.tracer.Job(ctx, "process "+job.Kind, cause.Parent)
	defer span.End()
	if span.Recording() {
		span.Set(tracing.String("messaging.system", "river"), tracing.String("messaging.operation.type", "process"),
			tracing.String("messaging.destination.name", job.Queue), tracing.Int("messaging.message.id", int(job.ID)), tracing.Int("plinto.job.attempt", job.Attempt))
	}
	err := do(ctx)
	var putOff *rivertype.JobSnoozeError
	switch {
	case err == nil:
	case errors.As(err, &putOff):
		span.Set(tracing.String("plinto.job.outcome", "put_off"))
	default:
		span.Fail("failed") // the text may quote a mail address
	}
	return err
}

// tell notes what a delivery is of.
func tell(ctx context.Context, subscriber string, e *event.Event, slug string) {
	logs.Note(ctx, logs.Tenant, slug)
	logs.Note(ctx, logs.RequestID, e.RequestID)
	if span := tracing.Current(ctx); span.Recording() {
		span.Rename("process " + subscriber)
		span.Set(tracing.String("plinto.event.type", string(e.Type())), tracing.String("plinto.event.id", e.ID.String()),
			tracing.String("plinto.tenant", slug), tracing.String("plinto.request.id", e.RequestID))
	}
}
