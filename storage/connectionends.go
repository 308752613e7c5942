package storage

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/federation"
	"plinto/identity"
	"plinto/identity/bulk"
	"plinto/storage/internal/pg"
)

// Tasks that end what hangs on a connection.
const (
	ConnectionDeletionTask = "connections.delete"
	ConnectionSessionsTask = "connections.end_sessions"
)

// sessionsAtOnce is how many sessions one transaction of a job ends: each has its events.
const sessionsAtOnce = 200

// givenAtOnce is how many identities that gave roles go in one transaction: each has its events.
const givenAtOnce = 100

// connectionSteps delete a connection. Its sessions are ended first, then its identities: see Connections.deleter.
var connectionSteps = stepwise{
	kind: bulk.ConnectionDeletion,
	task: ConnectionDeletionTask,
	many: []batched{
		{sql: `SELECT count(*) FROM (SELECT FROM user_identities WHERE connection_id = $1 LIMIT $2) i`, most: deletedAtOnce},
		{sql: `SELECT count(*) FROM (SELECT FROM user_identities WHERE connection_id = $1 AND given <> '[]' LIMIT $2) i`, most: givenAtOnce},
		{sql: `SELECT count(*) FROM (SELECT FROM sessions WHERE connection_id = $1 AND ended_at IS NULL LIMIT $2) s`, most: 1},
	},
	mark: []string{
		`UPDATE connections SET slug = 'deleted:' || id, sealed = NULL, managed_by = '', epoch = epoch + 1, deleting_at = now(),
			disabled_at = coalesce(disabled_at, now()), updated_at = now() WHERE id = $1`,
	},
	last: `DELETE FROM connections WHERE id = $1 AND deleting_at IS NOT NULL`,
}

// connectionSessions end the sessions of a connection that are of an epoch which is over. Nothing is deleted.
var connectionSessions = stepwise{kind: bulk.ConnectionSessions, task: ConnectionSessionsTask, last: `SELECT $1::uuid`}

func (s *Connections) deleter() deleter {
	return deleter{DB: s.DB, jobs: s.jobs, of: &connectionSteps, first: func(ctx context.Context, id uuid.UUID) (int64, error) {
		n, err := s.ends(event.SessionConnectionDeleted)(ctx, id)
		if err != nil || n > 0 {
			return n, err
		}
		return s.removeIdentities(event.WithActor(ctx, event.Actor{Type: "system"}), id)
	}}
}

func (s *Connections) leaver() deleter {
	return deleter{DB: s.DB, jobs: s.jobs, of: &connectionSessions, first: s.ends(event.SessionConnectionDisabled)}
}

// ends returns what ends some sessions of a connection.
func (s *Connections) ends(why event.SessionEnd) func(context.Context, uuid.UUID) (int64, error) {
	return func(ctx context.Context, id uuid.UUID) (int64, error) {
		ctx = event.WithActor(ctx, event.Actor{Type: "system"})
		n, err := s.ender.EndBegun(ctx, s.begun, identity.Begun{Connection: id}, sessionsAtOnce, why)
		return int64(n), err
	}
}

// removeIdentities removes some identities of a connection, with the roles that they gave, and returns how many. It needs a transaction.
func (s *Connections) removeIdentities(ctx context.Context, id uuid.UUID) (int64, error) {
	type one struct {
		ID, User uuid.UUID
		Gave     bool
	}
	some, err := pg.Query(ctx, s.DB, pgx.RowToStructByPos[one], `
		SELECT id, user_id, given <> '[]' FROM user_identities WHERE connection_id = $1 LIMIT $2`, id, deletedAtOnce)
	if err != nil {
		return 0, pg.Wrap("find identities of connection", err)
	}
	var others []uuid.UUID
	gave := 0
	for _, i := range some {
		if !i.Gave {
			others = append(others, i.ID)
			continue
		}
		if gave == givenAtOnce {
			break
		}
		gave++
		if err := s.roles.End(ctx, i.User, i.ID); err != nil && !errors.Is(err, federation.ErrIdentityNotFound) {
			return 0, err
		}
	}
	_, err = pg.Exec(ctx, s.DB, `DELETE FROM user_identities WHERE id = ANY($1)`, others)
	return int64(gave + len(others)), pg.Wrap("remove identities of connection", err)
}

// GoOnDeleting works on the job that deletes a connection: see deleter.goOn.
func (s *Connections) GoOnDeleting(ctx context.Context, job uuid.UUID) error {
	return s.deleter().goOn(ctx, job)
}

// GoOnEnding works on the job that ends the sessions of a connection.
func (s *Connections) GoOnEnding(ctx context.Context, job uuid.UUID) error {
	return s.leaver().goOn(ctx, job)
}

// EndEpoch implements federation.Writes.
func (s *Connections) EndEpoch(ctx context.Context, id uuid.UUID) (open int, err error) {
	err = s.versioned(ctx, "end what hangs on a connection", id, func(ctx context.Context) (n int64, err error) {
		if n, err = pg.Exec(ctx, s.DB, `UPDATE connections SET epoch = epoch + 1, updated_at = now() WHERE id = $1`, id); err != nil {
			return n, err
		}
		pg.EndsTokens(ctx, s.DB)
		open, err = pg.One(ctx, s.DB, pgx.RowTo[int], `SELECT count(*) FROM sessions WHERE connection_id = $1 AND ended_at IS NULL`, id)
		return n, err
	})
	return open, err
}

// stands reports whether the connection of an account is enabled and has the epoch of then: by those that are held in memory, so copies of
// sessions in Redis say no more than their rows for longer than a change is on its way.
func (s *Connections) stands(ctx context.Context, u identity.Upstream) bool {
	if u.Connection == uuid.Nil {
		return true
	}
	all, err := s.Offered(ctx)
	return err == nil && slices.ContainsFunc(all, func(c federation.Connection) bool { return c.ID == u.Connection && c.Epoch == u.Epoch })
}

// EndLater implements federation.Writes.
func (s *Connections) EndLater(ctx context.Context, id uuid.UUID) error {
	return pg.Wrap("queue end of sessions", s.leaver().queue(ctx, id))
}

// Endings are what ends sessions that were begun with providers.
func (s *Store) Endings() federation.Endings {
	return federation.Endings{Ender: &identity.SessionEnder{Sessions: s.Sessions, Outbox: s.Outbox, Tx: s.DB}, Begun: s.Sessions}
}

// endSome ends some sessions that were begun with connections of an organization that is being deleted.
func (s *Organizations) endSome(ctx context.Context, id uuid.UUID) (int64, error) {
	open, err := pg.Query(ctx, s.DB, pgx.RowTo[uuid.UUID], `
		SELECT c.id FROM connections c WHERE c.organization_id = $1 AND EXISTS (
			SELECT FROM sessions s WHERE s.connection_id = c.id AND s.ended_at IS NULL AND s.connection_epoch < c.epoch OFFSET 0) LIMIT 1`, id)
	if err != nil || len(open) == 0 {
		return 0, err
	}
	return s.connections.ends(event.SessionConnectionDeleted)(ctx, open[0])
}

// endBegun has everything that was begun with connections of an organization count no more, and ends up to identity.MaxEnded sessions.
func (s *Organizations) endBegun(ctx context.Context, id uuid.UUID) error {
	n, err := pg.Exec(ctx, s.DB, `UPDATE connections SET epoch = epoch + 1, updated_at = now() WHERE organization_id = $1`, id)
	if n > 0 {
		pg.EndsTokens(ctx, s.DB)
	}
	for ended, now := int64(0), n; err == nil && now > 0 && ended < identity.MaxEnded; ended += now {
		now, err = s.endSome(ctx, id)
	}
	return err
}
