package bulk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/tenant"
)

const (
	// partSize is how much of an upload one row holds, in bytes.
	partSize = 256 << 10
	// MaxUpload bounds a file, in bytes.
	MaxUpload = 256 << 20
	// maxUploads is how many files of a tenant are stored at once, until they are worked off.
	maxUploads = 4
)

// Errors of files.
var (
	ErrEmpty   = fault.New(fault.Invalid, "empty_file", "The file has no lines.")
	ErrUploads = fault.New(fault.Conflict, "too_many_uploads", "Other files are still being worked off. Send this one when one of them is done.")
)

// An Upload is a file that was received, and is nobody's job yet.
type Upload struct {
	Sum    []byte // SHA-256 of the file
	job    Job
	stored bool
}

// Receive reads a file, a part at a time, and stores it for a job of the caller of ctx; unless keep is set it is
// only looked at. Whatever is not begun is to be dropped, also after an error. ErrEmpty, ErrUploads.
func (s *Service) Receive(ctx context.Context, file io.Reader, dryRun, keep bool) (u *Upload, err error) {
	rights, err := s.Rights(ctx)
	if err != nil {
		return nil, err
	}
	u = &Upload{stored: keep, job: Job{
		ID: uuid.Must(uuid.NewV7()), Kind: UserImport, State: receiving, DryRun: dryRun, Actor: event.ActorFrom(ctx, event.Actor{Type: "operator"}), Rights: rights,
	}}
	sum, blank, part := sha256.New(), true, make([]byte, partSize)
	for ended := false; !ended; {
		n, err := io.ReadFull(file, part)
		ended = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !ended {
			return u, fmt.Errorf("receive file: %w", err)
		}
		if n == 0 {
			break
		}
		_, _ = sum.Write(part[:n]) // never fails (hash.Hash)
		blank = blank && len(bytes.TrimSpace(part[:n])) == 0
		if err := s.keep(ctx, u, part[:n]); err != nil {
			return u, err
		}
	}
	if u.Sum = sum.Sum(nil); blank {
		return u, ErrEmpty
	}
	return u, nil
}

// keep stores the next part, and the job before the first.
func (s *Service) keep(ctx context.Context, u *Upload, part []byte) error {
	if !u.stored {
		return nil
	}
	if u.job.Parts == 0 {
		if err := s.Jobs.Expect(ctx, u.job, maxUploads); err != nil {
			return err
		}
	}
	if err := s.Jobs.AddPart(ctx, u.job.ID, u.job.Parts, s.box.Seal(tenant.Must(ctx).ID, part, s.sealed(ctx, &u.job, "part", int64(u.job.Parts))...)); err != nil {
		return err
	}
	u.job.Parts++
	return nil
}

// Begin has the queue work a file off that was received, as a job, in the transaction of ctx.
func (s *Service) Begin(ctx context.Context, u *Upload) (j Job, err error) {
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if !u.stored {
			if err := s.Jobs.Expect(ctx, u.job, maxUploads); err != nil {
				return err
			}
		}
		if j, err = s.Jobs.Begin(ctx, u.job.ID, u.job.Parts); err != nil {
			return err
		}
		return s.started(ctx, &j)
	})
	return j, err
}

// Drop removes a file that was received and is no job.
func (s *Service) Drop(ctx context.Context, u *Upload) error {
	if u == nil || !u.stored {
		return nil
	}
	return s.Jobs.Drop(ctx, u.job.ID)
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
		plain, err := u.service.box.Open(tenant.Must(u.ctx).ID, sealed, u.service.sealed(u.ctx, u.job, "part", int64(u.next))...)
		if err != nil {
			return 0, fmt.Errorf("open part of job: %w", err)
		}
		u.part.Reset(plain)
		u.next++
	}
	return u.part.Read(p)
}
