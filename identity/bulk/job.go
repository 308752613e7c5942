package bulk

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/keyset"
	"plinto/internal/tid"
	"plinto/tenant"
)

// JobPrefix starts the public id of a job.
const JobPrefix = "job"

// States of a job.
const (
	Running   = "running" // or waiting for its turn
	Succeeded = "succeeded"
	Failed    = "failed"
	Canceled  = "canceled"
	receiving = "receiving" // its file: nobody is shown it
)

// Kinds of jobs.
const (
	UserImport = "user_import"
	// Deletions of what has so much hanging on it that it goes in steps; their lines are rows.
	ClientDeletion       = "client_deletion"
	UserDeletion         = "user_deletion"
	OrganizationDeletion = "organization_deletion"
	TenantDeletion       = "tenant_deletion" // a job of the system tenant
	ConnectionDeletion   = "connection_deletion"
	WebhookDeletion      = "webhook_deletion"
	RoleDeletion         = "role_deletion"
	// The end of the sessions that were begun with a connection; its lines are sessions.
	ConnectionSessions = "connection_sessions"
)

// A Job is one import, or one deletion that takes long.
type Job struct {
	ID          uuid.UUID
	Kind        string
	State       string
	DryRun      bool
	Fingerprint []byte // of the file, of a job that a command does; nil else
	Actor       event.Actor
	Rights      []string  // of who asked for it; nil: an operator
	Parts       int       // of what was uploaded
	Target      uuid.UUID // what a deletion deletes; uuid.Nil else
	Counts
	CreatedAt  time.Time
	FinishedAt time.Time // zero while it runs
}

// Counts are how many lines a job did, and what became of them.
type Counts struct {
	Lines, Created, Updated, Unchanged, Refused int64
}

// PublicID returns "job_…".
func (j *Job) PublicID() string { return tid.Format(JobPrefix, j.ID) }

// targets are the prefixes of the public ids of what jobs delete, which are those of packages that know this one.
var targets = map[string]string{
	ClientDeletion: "client", UserDeletion: identity.UserPrefix, OrganizationDeletion: "org", TenantDeletion: tenant.Prefix,
	ConnectionDeletion: "conn", ConnectionSessions: "conn", WebhookDeletion: "webhook", RoleDeletion: "role",
}

// PublicTarget returns the public id of what a deletion deletes, or "".
func (j *Job) PublicTarget() string {
	if prefix := targets[j.Kind]; prefix != "" && j.Target != uuid.Nil {
		return tid.Format(prefix, j.Target)
	}
	return ""
}

// Errors of jobs.
var (
	ErrJob     = fault.New(fault.NotFound, "job_not_found", "There is no such job.")
	ErrLasting = fault.New(fault.Conflict, "job_cannot_be_canceled", "The job deletes what is gone for everybody already. It cannot be canceled.")
	ErrJobOver = fault.New(fault.Conflict, "job_over", "The job is over already.")
)

// Jobs stores jobs.
type Jobs interface {
	// Add stores a new job, or returns the one that is there and runs when it has the fingerprint of
	// another. It needs a transaction.
	Add(ctx context.Context, j Job) (Job, error)
	// Expect stores a job whose file comes. ErrUploads when so many files are there already.
	Expect(ctx context.Context, j Job, most int) error
	// AddPart stores the next sealed part of its file. ErrJobOver when the job is not there any more.
	AddPart(ctx context.Context, id uuid.UUID, number int, sealed []byte) error
	// Begin queues a job whose file came whole. It needs a transaction. ErrJobOver.
	Begin(ctx context.Context, id uuid.UUID, parts int) (Job, error)
	// Drop removes a job whose file did not come.
	Drop(ctx context.Context, id uuid.UUID) error
	// ByID returns a job or ErrJob.
	ByID(ctx context.Context, id uuid.UUID) (Job, error)
	// List returns the jobs of a window, in the order in which keyset.Window.Scan reads it.
	List(ctx context.Context, window keyset.Window) ([]Job, error)
	// Advance counts on from a line, and stores a part of the report. It needs a transaction.
	// ErrJobOver when somebody else did that line, or the job is over.
	Advance(ctx context.Context, id uuid.UUID, from int64, by Counts, report []byte) error
	// Named returns which of the keys are of names that a dry run saw.
	Named(ctx context.Context, id uuid.UUID, keys [][]byte) ([][]byte, error)
	// Name keeps keys of names that a dry run saw. It needs a transaction.
	Name(ctx context.Context, id uuid.UUID, keys [][]byte) error
	// Finish ends a job that runs, and removes its parts and names. It needs a transaction. ErrJobOver.
	Finish(ctx context.Context, id uuid.UUID, state string) (Job, error)
	// Part returns a sealed part of what was uploaded.
	Part(ctx context.Context, id uuid.UUID, number int) ([]byte, error)
	// Report returns sealed parts of the report, by the line that each begins after, up to limit
	// after a line.
	Report(ctx context.Context, id uuid.UUID, after int64, limit int) ([]ReportPart, error)
	// Again has a job worked on once more, by whichever process.
	Again(ctx context.Context, id uuid.UUID) error
}

// A ReportPart is what became of the lines after From.
type ReportPart struct {
	From   int64
	Sealed []byte
}

// What became of a line.
const (
	created   = "created"
	updated   = "updated"
	unchanged = "unchanged"
	refused   = "refused"
)

// An Outcome is what became of a line, as the report has it.
type Outcome struct {
	Line       int64  `json:"line"` // from 1 on
	Status     string `json:"status"`
	ID         string `json:"id,omitempty"`
	ExternalID string `json:"external_id,omitempty"`
	Code       string `json:"code,omitempty"` // why it was refused
	Detail     string `json:"detail,omitempty"`
	Errors     []Part `json:"errors,omitempty"`
	Notes      []Note `json:"notes,omitempty"` // what was not taken
}

// A Part is a wrong part of a line.
type Part struct {
	Pointer string `json:"pointer,omitempty"` // RFC 6901
	Detail  string `json:"detail"`
}

// A Note says what of a line was not taken, although the user was.
type Note struct {
	Code   string `json:"code"`
	Detail string `json:"detail,omitempty"`
}

// add counts a line.
func (c *Counts) add(o *Outcome) {
	c.Lines++
	switch o.Status {
	case created:
		c.Created++
	case updated:
		c.Updated++
	case unchanged:
		c.Unchanged++
	default:
		c.Refused++
	}
}

func writeReport(outcomes []Outcome) ([]byte, error) {
	var out []byte
	for i := range outcomes {
		line, err := json.Marshal(&outcomes[i])
		if err != nil {
			return nil, err
		}
		out = append(append(out, line...), '\n')
	}
	return out, nil
}
