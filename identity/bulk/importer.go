package bulk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/tenant"
)

// step is how many lines one transaction does.
const step = 500

// stepTries is how often a step is done anew when somebody else took a name meanwhile.
const stepTries = 5

// Users finds users with the hashes of their passwords.
type Users interface {
	// Held returns the users of those external ids.
	Held(ctx context.Context, externalIDs []string) ([]identity.Credential, error)
	// Page returns up to limit users after an id, in order of id.
	Page(ctx context.Context, after uuid.UUID, limit int) ([]identity.Credential, error)
}

// Apps takes authenticator apps that other systems had, in the transaction of ctx.
type Apps interface {
	Take(ctx context.Context, user *identity.User, secret []byte, name string) error
}

// A Service imports and exports users. All members are required.
type Service struct {
	Jobs      Jobs
	Users     Users
	Directory *identity.Directory
	Apps      Apps
	// Check says what of a line is not as it should be: a *fault.Error with the wrong parts.
	Check func(line []byte) error
	// Act refuses whoever ctx says to change a user who has more rights.
	Act func(ctx context.Context, id uuid.UUID) error
	// Rights reads what whoever asks may do out of ctx, nil for an operator. As puts it back where the work is done, as far as they
	// may still do it: ErrRightLost when they may not import any more.
	Rights func(ctx context.Context) ([]string, error)
	As     func(ctx context.Context, by event.Actor, rights []string) (context.Context, error)
	// MayExport is ErrRightLost when whoever ctx says may not export users, or their passwords, any more.
	MayExport func(ctx context.Context, passwords bool) error
	Outbox    event.Outbox
	Tx        identity.Transactor
	Now       func() time.Time

	box   secret.TenantKey // seals parts and reports
	names secret.TenantKey // hides names of dry runs
}

// New returns s with the key that it derives from the root key.
func New(root secret.Root, s Service) (*Service, error) {
	s.box, s.names = root.TenantKey(secret.JobParts), root.TenantKey(secret.JobNames)
	return &s, nil
}

// ErrRightLost ends an import, or an export, whose caller may not do it any more.
var ErrRightLost = errors.New("whoever asked for it has lost the right")

// A Line is one line of a file.
type Line struct {
	Raw   []byte
	Notes []Note // what of it is not in Raw
	Err   error  // why it cannot be read: a *fault.Error
}

// Lines are the lines of a file, one after the other; io.EOF after the last.
type Lines interface {
	Next() (Line, error)
}

// Work does what is left of a job until it is done or the time is over; done is false then. lines
// start at the first line of the file.
func (s *Service) Work(ctx context.Context, j Job, lines Lines, until time.Time) (_ Job, done bool, err error) {
	ctx = event.WithActor(ctx, j.Actor)
	for range j.Lines {
		if _, err := lines.Next(); err != nil {
			return j, false, fmt.Errorf("find where the import stopped: %w", err)
		}
	}
	w := &worker{Service: s, job: j}
	for {
		rows, end, err := w.read(lines)
		if err != nil {
			return w.job, false, err
		}
		if len(rows) > 0 {
			if err := w.step(ctx, rows); err != nil {
				return w.job, false, err
			}
		}
		if end {
			j, err := s.finish(ctx, &w.job, Succeeded, "")
			return j, err == nil, err
		}
		if !until.IsZero() && s.Now().After(until) {
			return w.job, false, nil
		}
	}
}

// finish ends a job and tells so, with the reason if there is one.
func (s *Service) finish(ctx context.Context, j *Job, state, reason string) (over Job, err error) {
	outcome := "success"
	if reason != "" {
		outcome = "failure"
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if over, err = s.Jobs.Finish(ctx, j.ID, state); err != nil {
			return err
		}
		return s.Outbox.Append(ctx, event.Event{Outcome: outcome, Reason: reason, Actor: event.ActorFrom(ctx, j.Actor), Subject: j.PublicID(), Fact: event.UserImportEnded{
			JobID: j.ID, DryRun: j.DryRun, State: state,
			Created: int(over.Created), Updated: int(over.Updated), Unchanged: int(over.Unchanged), Refused: int(over.Refused),
		}})
	})
	return over, err
}

// A worker does one job.
type worker struct {
	*Service
	job       Job
	next      *task // read, for the next step
	rehearsal rehearsal
}

// A task is what is to be done with one line.
type task struct {
	Row
	out  Outcome
	over bool // nothing more is to be done
}

func (t *task) refuse(err error) {
	t.over, t.out.Status, t.out.ID = true, refused, ""
	t.out.Code, t.out.Detail, t.out.Errors = "internal", "The line could not be read.", nil
	var known *fault.Error
	if errors.As(err, &known) {
		t.out.Code, t.out.Detail = known.Code, known.Message
		for _, f := range known.Fields {
			t.out.Errors = append(t.out.Errors, Part{Pointer: f.Pointer, Detail: f.Message})
		}
	}
}

func (t *task) become(status string, u *identity.User) {
	t.over, t.out.Status = true, status
	if u != nil {
		t.out.ID = u.PublicID()
	}
}

// read reads the lines of a step; end says that there are no more. Of two lines about one user the
// second one begins a step, so that it finds the user.
func (w *worker) read(lines Lines) (tasks []*task, end bool, err error) {
	about := map[string]bool{}
	for len(tasks) < step {
		t := w.next
		if w.next = nil; t == nil {
			line, err := lines.Next()
			if errors.Is(err, io.EOF) {
				return tasks, true, nil
			}
			if err != nil {
				return nil, false, fmt.Errorf("read file: %w", err)
			}
			t = w.task(&line, w.job.Lines+int64(len(tasks))+1)
		}
		if about[t.ExternalID] {
			w.next = t
			break
		}
		about[t.ExternalID] = t.ExternalID != ""
		tasks = append(tasks, t)
	}
	return tasks, false, nil
}

func (w *worker) task(line *Line, number int64) *task {
	t := &task{out: Outcome{Line: number, Notes: line.Notes}}
	if err := w.parse(t, line); err != nil {
		t.refuse(err)
	}
	t.out.ExternalID = t.ExternalID
	return t
}

// parse reads one line by the rules that hold for a user who is created alone.
func (w *worker) parse(t *task, line *Line) error {
	if line.Err != nil {
		return line.Err
	}
	if err := w.Check(line.Raw); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(line.Raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&t.Row); err != nil {
		return errRow
	}
	if t.Unreadable != "" {
		return errUnread
	}
	if t.PasswordHash != "" && !w.Directory.Hasher.Readable(t.PasswordHash) {
		return errHash.At(fault.Field{Pointer: "/password_hash", Message: "cannot be read"})
	}
	for i := range t.TOTP {
		if _, err := mfa.ParseSecret(t.TOTP[i].Secret); err != nil {
			return mfa.ErrSecret.At(fault.Field{Pointer: fmt.Sprintf("/totp/%d/secret", i), Message: "is not base32 of 16 to 64 bytes"})
		}
	}
	return nil
}

// step does some lines: first the users who are there, each by itself, then all new ones with the
// progress of the job. When it is interrupted in between, those who are there are found unchanged.
func (w *worker) step(ctx context.Context, tasks []*task) error {
	ctx, err := w.asCaller(ctx)
	if err != nil {
		return err
	}
	fresh, err := w.change(ctx, tasks)
	if err != nil {
		return err
	}
	if w.job.DryRun {
		if err := w.rehearse(ctx, fresh); err != nil {
			return err
		}
	}
	n := w.newUsers(ctx, fresh)
	for range stepTries {
		err = w.Tx.InTx(ctx, func(ctx context.Context) error {
			if err := w.create(ctx, n); err != nil {
				return err
			}
			if w.job.DryRun {
				return errDry
			}
			return w.advance(ctx, tasks)
		})
		if errors.Is(err, errDry) {
			err = w.Tx.InTx(ctx, func(ctx context.Context) error { return w.advance(ctx, tasks) })
		}
		if !errors.Is(err, fault.ErrChanged) {
			break
		}
		for _, t := range n.tasks { // nothing of it was stored
			t.over, t.out.Status, t.out.ID, t.out.Code, t.out.Detail = false, "", "", "", ""
		}
	}
	if err != nil {
		return fmt.Errorf("import lines from %d: %w", w.job.Lines+1, err)
	}
	for _, t := range tasks {
		w.job.add(&t.out)
	}
	return nil
}

// asCaller returns a context in which no more is done than whoever asked for the job may do: each step asks, as an import may go on for hours.
func (w *worker) asCaller(ctx context.Context) (context.Context, error) {
	if w.job.Rights == nil {
		return ctx, nil
	}
	return w.As(ctx, w.job.Actor, w.job.Rights)
}

var errDry = errors.New("a dry run")

func (w *worker) advance(ctx context.Context, tasks []*task) error {
	var by Counts
	outcomes := make([]Outcome, len(tasks))
	for i, t := range tasks {
		by.add(&t.out)
		outcomes[i] = t.out
	}
	report, err := writeReport(outcomes)
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if w.job.DryRun {
		if err := w.Jobs.Name(ctx, w.job.ID, w.rehearsal.added); err != nil {
			return err
		}
	}
	return w.Jobs.Advance(ctx, w.job.ID, w.job.Lines, by, w.box.Seal(tenant.Must(ctx).ID, report, w.sealed(ctx, &w.job, "report", w.job.Lines)...))
}

// sealed binds what is sealed to its place.
func (s *Service) sealed(ctx context.Context, j *Job, what string, at int64) []string {
	return []string{"job", tenant.Must(ctx).ID.String(), j.ID.String(), what, fmt.Sprint(at)}
}
