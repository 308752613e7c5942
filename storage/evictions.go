package storage

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/event"
	"plinto/identity"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
)

// sessionEvicted is whether an open session s of user $1 was made under an earlier mark. A
// session without a mark was made by a server that knew none.
const sessionEvicted = `s.user_id = $1 AND s.ended_at IS NULL
	AND NOT coalesce(s.mark = (SELECT not_before FROM users WHERE id = $1), s.created_at >= (SELECT not_before FROM users WHERE id = $1))`

// endEvicted ends sessions of user $1, $2 at most. They are locked in order, so that two of these at once wait and do not
// deadlock; and as an array, not as a subquery to join: Postgres takes them for few, and would lock all of them
// again for each session of the tenant.
const endEvicted = `
	UPDATE sessions SET ended_at = now()
	WHERE ended_at IS NULL AND id = ANY(ARRAY(
		SELECT id FROM sessions WHERE id = ANY(ARRAY(
			SELECT s.id FROM sessions s WHERE ` + sessionEvicted + ` ORDER BY s.seen_at DESC LIMIT $2))
		ORDER BY id FOR UPDATE))
	RETURNING id, user_id, token_hash`

// EndEvicted implements identity.EvictedSessions.
func (s *Sessions) EndEvicted(ctx context.Context, userID uuid.UUID, most int) (ended []identity.EndedSession, left int, err error) {
	err = s.InTx(ctx, func(ctx context.Context) (err error) {
		ended, err = s.end(ctx, endEvicted, userID, most)
		if left = 0; err != nil || len(ended) < most {
			return err
		}
		left, err = pg.One(ctx, s.DB, pgx.RowTo[int], `
			SELECT count(*) FROM (SELECT FROM sessions s WHERE `+sessionEvicted+` LIMIT $2) s`, userID, identity.MaxCounted)
		return err
	})
	return ended, left, pg.Wrap("end sessions", err)
}

// Keep implements identity.EvictedSessions. A session that was dead under the mark before
// stays dead. Its copy is dropped, which has the mark before.
func (s *Sessions) Keep(ctx context.Context, id, userID uuid.UUID, before, after time.Time) error {
	hashes, err := pg.Query(ctx, s.DB, pgx.RowTo[[]byte], `
		UPDATE sessions SET mark = $4
		WHERE id = $1 AND user_id = $2 AND ended_at IS NULL
			AND coalesce(mark = coalesce($3::timestamptz, '-infinity'), created_at >= coalesce($3::timestamptz, '-infinity'))
		RETURNING token_hash`, id, userID, zeronull.Timestamptz(before), after)
	if err != nil {
		return pg.Wrap("keep session", err)
	}
	return s.hot.end(ctx, s.DB, hashes...)
}

// endTask is the task of ending the other sessions of a user, for a reason.
func endTask(why event.SessionEnd) string { return "sessions.end." + string(why) }

// EndLater implements identity.EvictedSessions.
func (s *Sessions) EndLater(ctx context.Context, userID uuid.UUID, why event.SessionEnd) error {
	return s.jobs.enqueue(ctx, endTask(why), userID)
}

// endingTurn is how long a task ends sessions before others of its lane have a turn.
const endingTurn = 30 * time.Second

// An ending ends what is left of the sessions of users whose mark has moved. The queue
// calls at least once; each step commits, so whoever goes on ends nothing twice.
type ending struct {
	ender *identity.SessionEnder
	jobs  *Jobs
}

// tasks are one for each reason: a job of the queue names a task and what it is about, and no more.
func (e ending) tasks() (all []queue.Task) {
	for _, why := range event.SessionEnds() {
		all = append(all, queue.Task{Name: endTask(why), Run: func(ctx context.Context, user uuid.UUID) error { return e.run(ctx, user, why) }})
	}
	return all
}

func (e ending) run(ctx context.Context, user uuid.UUID, why event.SessionEnd) error {
	return e.jobs.inTurns(ctx, endTask(why), user, func(ctx context.Context) (more bool, err error) {
		_, left, err := e.ender.EndRest(ctx, user, why)
		return left > 0, err
	})
}

// inTurns takes the steps of a task while there are more. When its turn is over the task is queued again.
func (s *Jobs) inTurns(ctx context.Context, task string, of uuid.UUID, step func(context.Context) (more bool, err error)) error {
	for until := time.Now().Add(endingTurn); time.Now().Before(until); {
		began := time.Now()
		if more, err := step(ctx); err != nil || !more {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Since(began)): // requests have the other half of a processor
		}
	}
	return s.enqueue(ctx, task, of)
}
