package bulk

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/internal/keyset"
	"plinto/tenant"
)

// Start adds a job that the caller works off by itself, of the file with that fingerprint, or returns the one of
// that file that was interrupted.
func (s *Service) Start(ctx context.Context, fingerprint []byte, dryRun bool) (j Job, err error) {
	rights, err := s.Rights(ctx)
	if err != nil {
		return j, err
	}
	j = Job{
		ID: uuid.Must(uuid.NewV7()), Kind: UserImport, State: Running, DryRun: dryRun, Fingerprint: fingerprint,
		Actor: event.ActorFrom(ctx, event.Actor{Type: "operator"}), Rights: rights,
	}
	id := j.ID
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if j, err = s.Jobs.Add(ctx, j); err != nil || j.ID != id {
			return err
		}
		return s.started(ctx, &j)
	})
	return j, err
}

func (s *Service) started(ctx context.Context, j *Job) error {
	return s.Outbox.Append(ctx, event.Event{
		Fact: event.UserImportStarted{JobID: j.ID, DryRun: j.DryRun}, Outcome: "success", Actor: j.Actor, Subject: j.PublicID(),
	})
}

// Cancel ends an import that runs. What it did stays. ErrJob, ErrJobOver, ErrLasting.
func (s *Service) Cancel(ctx context.Context, id uuid.UUID) (Job, error) {
	j, err := s.Jobs.ByID(ctx, id)
	if err != nil {
		return j, err
	}
	if j.Kind != UserImport {
		return j, ErrLasting
	}
	return s.finish(ctx, &j, Canceled, "")
}

// ByID returns a job. ErrJob.
func (s *Service) ByID(ctx context.Context, id uuid.UUID) (Job, error) { return s.Jobs.ByID(ctx, id) }

// List returns the jobs of a window.
func (s *Service) List(ctx context.Context, w keyset.Window) ([]Job, error) {
	return s.Jobs.List(ctx, w)
}

// turn is how long one run of the queue works on a job, which has a minute.
const turn = 30 * time.Second

// Run works on a job that was uploaded, for a turn: the queue calls it.
func (s *Service) Run(ctx context.Context, id uuid.UUID) error {
	j, err := s.Jobs.ByID(ctx, id)
	if errors.Is(err, ErrJob) || err == nil && j.State != Running {
		return nil
	}
	if err != nil {
		return err
	}
	_, done, err := s.Work(ctx, j, NewLines(&upload{service: s, ctx: ctx, job: &j}), s.Now().Add(turn))
	switch {
	case errors.Is(err, ErrJobOver):
		return nil // it was canceled, or somebody else is faster
	case err != nil && (ctx.Err() != nil || errors.Is(err, fault.Unavailable) || errors.Is(err, fault.ErrChanged)):
		return err // the queue tries again
	case err != nil:
		reason := ""
		if errors.Is(err, ErrRightLost) {
			reason = "right_lost"
		}
		if _, lost := s.finish(ctx, &j, Failed, reason); lost != nil {
			return errors.Join(err, lost)
		}
		return nil
	case !done:
		return s.Jobs.Again(ctx, id)
	}
	return nil
}

// reportParts is how many parts of a report are read at once.
const reportParts = 20

// Report writes what became of each line, as lines of JSON.
func (s *Service) Report(ctx context.Context, j *Job, to io.Writer) error {
	for after := int64(-1); ; {
		parts, err := s.Jobs.Report(ctx, j.ID, after, reportParts)
		if err != nil {
			return err
		}
		for _, p := range parts {
			plain, err := s.box.Open(tenant.Must(ctx).ID, p.Sealed, s.sealed(ctx, j, "report", p.From)...)
			if err != nil {
				return fmt.Errorf("open report: %w", err)
			}
			if _, err := to.Write(plain); err != nil {
				return fmt.Errorf("write report: %w", err)
			}
			after = p.From
		}
		if len(parts) < reportParts {
			return nil
		}
	}
}

// maxLine bounds a line, in bytes.
const maxLine = 64 << 10

// NewLines reads lines of JSON. Empty lines are none.
func NewLines(r io.Reader) Lines { return &lineReader{bufio.NewReaderSize(r, maxLine)} }

type lineReader struct{ r *bufio.Reader }

// Next implements Lines. What is too long is one line that cannot be read.
func (l *lineReader) Next() (Line, error) {
	for {
		raw, err := l.r.ReadSlice('\n')
		long := false
		for errors.Is(err, bufio.ErrBufferFull) {
			long = true
			_, err = l.r.ReadSlice('\n')
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return Line{}, err
		}
		if long {
			return Line{Err: errLong}, nil
		}
		if raw = bytes.TrimSpace(raw); len(raw) > 0 {
			return Line{Raw: bytes.Clone(raw)}, nil
		}
		if err != nil {
			return Line{}, io.EOF
		}
	}
}
