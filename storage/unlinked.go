package storage

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/identity"
	"plinto/storage/internal/pg"
)

// IdentitySessionsTask ends the sessions that were begun with an identity that belongs to no user any more.
const IdentitySessionsTask = "identities.end_sessions"

// EndUnlinkedLater implements identity.FederatedSessions. Copies are not read any more, also of those that are ended later.
func (s *Sessions) EndUnlinkedLater(ctx context.Context, userID, id uuid.UUID) error {
	if err := s.hot.endOf(ctx, s.DB, userID); err != nil {
		return pg.Wrap("end copies of sessions", err)
	}
	return s.jobs.enqueue(ctx, IdentitySessionsTask, id)
}

// An unlinked ends what is left of the sessions of identities that were taken from their users. They count for nothing already; each step
// tells of some, and commits, so whoever goes on ends nothing twice.
type unlinked struct {
	ender    *identity.SessionEnder
	sessions *Sessions
}

func (u unlinked) run(ctx context.Context, id uuid.UUID) error {
	return u.sessions.jobs.inTurns(ctx, IdentitySessionsTask, id, func(ctx context.Context) (more bool, err error) {
		n, err := u.step(event.WithActor(ctx, event.Actor{Type: "system"}), id)
		return n > 0, err
	})
}

// step ends some of them. Which connection it was of only its sessions say; they are found by both. One that is somebody's still, as where the
// transaction of its end was not committed, is left alone.
func (u unlinked) step(ctx context.Context, id uuid.UUID) (int, error) {
	of, err := pg.Query(ctx, u.sessions.DB, pgx.RowTo[uuid.UUID], `
		SELECT c.id FROM connections c WHERE NOT EXISTS (SELECT FROM user_identities WHERE id = $1)
			AND EXISTS (SELECT FROM sessions s WHERE s.connection_id = c.id AND s.identity_id = $1 AND s.ended_at IS NULL OFFSET 0) LIMIT 1`, id)
	if err != nil || len(of) == 0 {
		return 0, pg.Wrap("find sessions of an identity", err)
	}
	return u.ender.EndBegun(ctx, u.sessions, identity.Begun{Connection: of[0], Identity: id}, sessionsAtOnce, event.SessionIdentityUnlinked)
}
