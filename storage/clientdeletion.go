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

// ClientDeletionTask is the task of deleting what a client was granted that is deleted.
const ClientDeletionTask = "clients.delete"

const (
	deletedAtOnce = 2000 // rows of each kind that go with a client in one statement
	deletedGrants = 500  // of one transaction, with their tokens
	deletionTurn  = 30 * time.Second
)

// hasMany reports whether so much hangs on a client that one statement should not delete it.
const hasMany = `
	SELECT greatest((SELECT count(*) FROM (SELECT FROM grants WHERE client_id = $1 LIMIT $2) g),
		(SELECT count(*) FROM (SELECT FROM access_tokens WHERE client_id = $1 LIMIT $2) a),
		(SELECT count(*) FROM (SELECT FROM user_consents WHERE client_id = $1 LIMIT $2) c),
		(SELECT count(*) FROM (SELECT FROM pushed_requests WHERE client_id = $1 LIMIT $2) p),
		(SELECT count(*) FROM (SELECT FROM spent_assertions WHERE client_id = $1 LIMIT $2) s)) >= $2`

// beginDeletion makes a client one that nobody finds, ends everything of it, and queues the job that deletes it.
// Another client may have its name from then on. It needs a transaction.
func (s *Clients) beginDeletion(ctx context.Context, id uuid.UUID) error {
	for _, sql := range []string{
		`UPDATE clients SET client_id = 'deleted:' || id, managed_by = '', deleting_at = now(), disabled_at = coalesce(disabled_at, now()),
			not_before = greatest(now(), not_before + interval '1 microsecond'), updated_at = now() WHERE id = $1`,
		`DELETE FROM client_secrets WHERE client_id = $1`,
		`DELETE FROM client_registrations WHERE client_id = $1`,
	} {
		if _, err := pg.Exec(ctx, s.DB, sql, id); err != nil {
			return err
		}
	}
	job := uuid.Must(uuid.NewV7())
	_, err := pg.Exec(ctx, s.DB, `INSERT INTO jobs (id, kind, dry_run, actor, target) VALUES ($1, $2, false, $3, $4)`,
		job, bulk.ClientDeletion, event.ActorFrom(ctx, event.Actor{Type: "operator"}), id)
	if err != nil {
		return err
	}
	return s.jobs.enqueue(ctx, ClientDeletionTask, job)
}

// GoOnDeleting works for a turn on the job that deletes a client: the queue calls it. Each step commits with
// what it counted, so whoever goes on does nothing twice, and two who do it at once do no harm.
func (s *Clients) GoOnDeleting(ctx context.Context, job uuid.UUID) error {
	client, err := pg.One(ctx, s.DB, pgx.RowTo[uuid.UUID], `
		SELECT target FROM jobs WHERE id = $1 AND state = 'running' AND kind = $2`, job, bulk.ClientDeletion)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // it is done
	}
	if err != nil {
		return pg.Wrap("find deletion of client", err)
	}
	for until := time.Now().Add(deletionTurn); time.Now().Before(until); {
		began := time.Now()
		n, err := s.deleteSome(ctx, job, client)
		if err != nil {
			return pg.Wrap("delete what a client was granted", err)
		}
		if n == 0 {
			return s.finishDeletion(ctx, job, client)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Since(began)): // requests have the other half of a processor
		}
	}
	return s.jobs.enqueue(ctx, ClientDeletionTask, job)
}

// grantedRows delete some rows of a client, $2 at most. Tokens and codes of grants go with these, but for
// refresh tokens, of which one may have thousands.
var grantedRows = []struct {
	sql  string
	most int
}{
	{`DELETE FROM refresh_tokens WHERE ctid = ANY(ARRAY(
		SELECT r.ctid FROM (SELECT id FROM grants WHERE client_id = $1 LIMIT 500) g JOIN refresh_tokens r ON r.grant_id = g.id LIMIT $2))`, deletedAtOnce},
	{`DELETE FROM grants WHERE ctid = ANY(ARRAY(SELECT ctid FROM grants WHERE client_id = $1 LIMIT $2))`, deletedGrants},
	{`DELETE FROM access_tokens WHERE ctid = ANY(ARRAY(SELECT ctid FROM access_tokens WHERE client_id = $1 LIMIT $2))`, deletedAtOnce},
	{`DELETE FROM user_consents WHERE ctid = ANY(ARRAY(SELECT ctid FROM user_consents WHERE client_id = $1 LIMIT $2))`, deletedAtOnce},
	{`DELETE FROM pushed_requests WHERE ctid = ANY(ARRAY(SELECT ctid FROM pushed_requests WHERE client_id = $1 LIMIT $2))`, deletedAtOnce},
	{`DELETE FROM spent_assertions WHERE ctid = ANY(ARRAY(SELECT ctid FROM spent_assertions WHERE client_id = $1 LIMIT $2))`, deletedAtOnce},
}

// deleteSome deletes some rows and counts them in the job. Zero: there are none any more.
func (s *Clients) deleteSome(ctx context.Context, job, client uuid.UUID) (n int64, err error) {
	err = s.InTx(ctx, func(ctx context.Context) error {
		n = 0
		for _, rows := range grantedRows {
			gone, err := pg.Exec(ctx, s.DB, rows.sql, client, rows.most)
			if err != nil {
				return err
			}
			if n += gone; gone == int64(rows.most) {
				break // the next transaction goes on
			}
		}
		return pg.ExecLater(ctx, s.DB, pg.AnyNumber, `UPDATE jobs SET lines = lines + $2 WHERE id = $1 AND state = 'running'`, job, n)
	})
	return n, err
}

// finishDeletion deletes the row of a client, and what came since by who had not heard, and ends the job.
func (s *Clients) finishDeletion(ctx context.Context, job, client uuid.UUID) error {
	return pg.Wrap("delete client", s.InTx(ctx, func(ctx context.Context) error {
		if _, err := pg.Exec(ctx, s.DB, `DELETE FROM clients WHERE id = $1 AND deleting_at IS NOT NULL`, client); err != nil {
			return err
		}
		return pg.ExecLater(ctx, s.DB, pg.AnyNumber, `UPDATE jobs SET state = 'succeeded', finished_at = now() WHERE id = $1 AND state = 'running'`, job)
	}))
}
