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
)

// An Order is what whoever wants an import says.
type Order struct {
	DryRun bool
	// Fingerprint of a file that the caller works off by itself, and may have to go on with.
	Fingerprint []byte
	// Upload is the file where it is to be worked off by the queue; nil else.
	Upload []byte
}

// ErrEmpty refuses a file without a line.
var ErrEmpty = fault.New(fault.Invalid, "empty_file", "The file has no lines.")

// Start adds a job, or returns the one of the same file that was interrupted.
func (s *Service) Start(ctx context.Context, o Order) (j Job, err error) {
	if o.Fingerprint == nil && len(bytes.TrimSpace(o.Upload)) == 0 {
		return j, ErrEmpty
	}
	rights, err := s.Rights(ctx)
	if err != nil {
		return j, err
	}
	j = Job{
		ID: uuid.Must(uuid.NewV7()), Kind: UserImport, State: Running, DryRun: o.DryRun, Fingerprint: o.Fingerprint,
		Actor: event.ActorFrom(ctx, event.Actor{Type: "operator"}), Rights: rights,
	}
	var parts [][]byte
	for rest := o.Upload; len(rest) > 0; j.Parts++ {
		part := rest[:min(len(rest), partSize)]
		rest = rest[len(part):]
		parts = append(parts, s.box.Seal(part, s.sealed(ctx, &j, "part", int64(j.Parts))...))
	}
	id := j.ID
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if j, err = s.Jobs.Add(ctx, j, parts); err != nil || j.ID != id {
			return err
		}
		return s.Outbox.Append(ctx, event.Event{
			Fact: event.UserImportStarted{JobID: j.ID, DryRun: j.DryRun}, Outcome: "success", Actor: j.Actor, Subject: j.PublicID(),
		})
	})
	return j, err
}

// Cancel ends a job that runs. What it did stays.
func (s *Service) Cancel(ctx context.Context, id uuid.UUID) (Job, error) {
	j, err := s.Jobs.ByID(ctx, id)
	if err != nil {
		return j, err
	}
	return s.finish(ctx, &j, Canceled)
}

// ByID returns a job. ErrJob.
func (s *Service) ByID(ctx context.Context, id uuid.UUID) (Job, error) { return s.Jobs.ByID(ctx, id) }

// List returns the jobs of a window.
func (s *Service) List(ctx context.Context, w keyset.Window) ([]Job, error) {
	return s.Jobs.List(ctx, w)
}

// partSize is how much of an upload one row holds, in bytes.
const partSize = 256 << 10

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
		if _, lost := s.finish(ctx, &j, Failed); lost != nil {
			return errors.Join(err, lost)
		}
		return nil
	case !done:
		return s.Jobs.Again(ctx, id)
	}
	return nil
}

// An upload reads the parts of a job as one file.
type upload struct {
	service *Service
	ctx     context.Context //nolint:containedctx // of the run that reads it
	job     *Job
	next    int
	part    bytes.Reader
}

// Read implements io.Reader.
func (u *upload) Read(p []byte) (int, error) {
	for u.part.Len() == 0 {
		if u.next == u.job.Parts {
			return 0, io.EOF
		}
		sealed, err := u.service.Jobs.Part(u.ctx, u.job.ID, u.next)
		if err != nil {
			return 0, err
		}
		plain, err := u.service.box.Open(sealed, u.service.sealed(u.ctx, u.job, "part", int64(u.next))...)
		if err != nil {
			return 0, fmt.Errorf("open part of job: %w", err)
		}
		u.part.Reset(plain)
		u.next++
	}
	return u.part.Read(p)
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
			plain, err := s.box.Open(p.Sealed, s.sealed(ctx, j, "report", p.From)...)
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
