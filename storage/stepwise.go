package storage

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/identity/bulk"
	"plinto/storage/internal/pg"
)

const (
	deletedAtOnce     = 2000 // rows of each kind that go with a thing in one statement
	deletedGrants     = 500  // of one transaction, with their tokens
	deletedDeliveries = 1000 // of one transaction, with their attempts
	deletionTurn      = 30 * time.Second
)

// A stepwise says how a kind of thing is deleted on which more may hang than one statement deletes in its time:
// it is made one that nobody finds, then a job deletes what hangs on it, in transactions of a batch, and its
// row last. $1 of a statement is its id.
type stepwise struct {
	kind string    // of the job
	task string    // of the queue
	many []batched // count the rows of the kind there are most of
	mark []string
	rows []batched // delete rows
	last string    // deletes its row, while it is marked
}

// A batched statement is about some rows, $2 at most.
type batched struct {
	sql  string
	most int
	// name is what $1 is instead of the id; nil: the id.
	name func(uuid.UUID) string
}

func (b *batched) args(id uuid.UUID) []any {
	if b.name != nil {
		return []any{b.name(id), b.most}
	}
	return []any{id, b.most}
}

// see lets a transaction see what is being deleted: see the policies named "deleting".
const see = `SELECT set_config('plinto.deleting', 'on', true)`

// unhide is see of a transaction that deletes. It takes rows along
// an index, from its beginning: sorting all there are, for a batch of them, is what Postgres would rather do for a tenant
// of which it does not know the size.
const unhide = `SELECT set_config('plinto.deleting', 'on', true), set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true)`

// A deleter deletes things of one kind.
type deleter struct {
	*DB
	jobs *Jobs
	of   *stepwise
	// first does what comes before rows go, some of it at a time, and returns how much it did; nil: there is none.
	first func(ctx context.Context, id uuid.UUID) (int64, error)
}

// many reports whether so much hangs on a thing that one statement should not delete it.
func (d deleter) many(ctx context.Context, id uuid.UUID) (bool, error) {
	for _, rows := range d.of.many {
		n, err := pg.One(ctx, d.DB, pgx.RowTo[int], rows.sql, rows.args(id)...)
		if err != nil || n >= rows.most {
			return true, err
		}
	}
	return false, nil
}

// begin begins to delete a thing on which much hangs, and reports whether it did. Nobody finds it from then on,
// another may have its name, and a job is queued that deletes it. It needs a transaction.
func (d deleter) begin(ctx context.Context, id uuid.UUID) (begun bool, err error) {
	if many, err := d.many(ctx, id); err != nil || !many {
		return false, err
	}
	if err := pg.ExecLater(ctx, d.DB, pg.AnyNumber, unhide); err != nil {
		return false, err
	}
	for _, sql := range d.of.mark {
		if _, err := pg.Exec(ctx, d.DB, sql, id); err != nil {
			return false, err
		}
	}
	return true, d.queue(ctx, id)
}

// queue queues the job. It needs a transaction.
func (d deleter) queue(ctx context.Context, id uuid.UUID) error {
	job := uuid.Must(uuid.NewV7())
	_, err := pg.Exec(ctx, d.DB, `INSERT INTO jobs (id, kind, dry_run, actor, target) VALUES ($1, $2, false, $3, $4)`,
		job, d.of.kind, event.ActorFrom(ctx, event.Actor{Type: "operator"}), id)
	if err != nil {
		return err
	}
	return d.jobs.enqueue(ctx, d.of.task, job)
}

// goOn works for a turn on a job: the queue calls it. Each step commits with what it counted, so whoever goes on
// does nothing twice, and two who do it at once do no harm.
func (d deleter) goOn(ctx context.Context, job uuid.UUID) error {
	target, err := pg.One(ctx, d.DB, pgx.RowTo[uuid.UUID], `
		SELECT target FROM jobs WHERE id = $1 AND state = 'running' AND kind = $2`, job, d.of.kind)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // it is done
	}
	if err != nil {
		return pg.Wrap("find what is to be deleted", err)
	}
	for until := time.Now().Add(deletionTurn); time.Now().Before(until); {
		began := time.Now()
		n, err := d.step(ctx, job, target)
		if err != nil {
			return pg.Wrap("delete what hangs on it", err)
		}
		if n == 0 {
			return d.finish(ctx, job, target)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Since(began)): // requests have the other half of a processor
		}
	}
	return d.jobs.enqueue(ctx, d.of.task, job)
}

// step does some of what comes first, or deletes some rows where nothing of that is left, and counts it in the
// job. Zero: there is nothing any more.
func (d deleter) step(ctx context.Context, job, target uuid.UUID) (n int64, err error) {
	if d.first != nil {
		n, err = d.counted(ctx, job, see, func(ctx context.Context) (int64, error) { return d.first(ctx, target) })
		if err != nil || n > 0 {
			return n, err
		}
	}
	return d.counted(ctx, job, unhide, func(ctx context.Context) (n int64, err error) {
		for _, rows := range d.of.rows {
			gone, err := pg.Exec(ctx, d.DB, rows.sql, rows.args(target)...)
			if err != nil {
				return 0, err
			}
			if n += gone; gone == int64(rows.most) {
				break // the next transaction goes on
			}
		}
		return n, nil
	})
}

// counted does something in a transaction that begins with a statement, and counts in the job how much it was.
func (d deleter) counted(ctx context.Context, job uuid.UUID, begin string, do func(context.Context) (int64, error)) (n int64, err error) {
	err = d.InTx(ctx, func(ctx context.Context) (err error) {
		if err := pg.ExecLater(ctx, d.DB, pg.AnyNumber, begin); err != nil {
			return err
		}
		if n, err = do(ctx); err != nil {
			return err
		}
		return pg.ExecLater(ctx, d.DB, pg.AnyNumber, `UPDATE jobs SET lines = lines + $2 WHERE id = $1 AND state = 'running'`, job, n)
	})
	return n, err
}

// finish deletes the row, and what came since by who had not heard, and ends the job.
func (d deleter) finish(ctx context.Context, job, target uuid.UUID) error {
	return pg.Wrap("delete the last row", d.InTx(ctx, func(ctx context.Context) error {
		if err := pg.ExecLater(ctx, d.DB, pg.AnyNumber, unhide); err != nil {
			return err
		}
		if _, err := pg.Exec(ctx, d.DB, d.of.last, target); err != nil {
			return err
		}
		return pg.ExecLater(ctx, d.DB, pg.AnyNumber, `UPDATE jobs SET state = 'succeeded', finished_at = now() WHERE id = $1 AND state = 'running'`, job)
	}))
}

// deletions are the kinds of jobs that delete, with the tasks that do them.
var deletions = map[string]*stepwise{
	bulk.ClientDeletion: &clientSteps, bulk.UserDeletion: &userSteps, bulk.OrganizationDeletion: &organizationSteps,
	bulk.ConnectionDeletion: &connectionSteps, bulk.ConnectionSessions: &connectionSessions,
	bulk.WebhookDeletion: &webhookSteps, bulk.RoleDeletion: &roleSteps,
}
