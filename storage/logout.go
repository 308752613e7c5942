package storage

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/tid"
	"plinto/provider"
	"plinto/storage/internal/pg"
)

// ofSessions are the clients, as c, that sessions $1 signed in to: whoever was
// granted anything from there, whatever became of the grant.
const ofSessions = ` FROM (SELECT DISTINCT session_id, client_id FROM grants WHERE session_id = ANY($1)) g
	CROSS JOIN LATERAL (SELECT * FROM clients WHERE id = g.client_id AND disabled_at IS NULL OFFSET 0) c`

// Participants implements provider.Participants.
func (s *Sessions) Participants(ctx context.Context, session uuid.UUID) ([]provider.Client, error) {
	found, err := pg.Query(ctx, s.DB, toClient, `SELECT `+clientColumns+ofSessions+` ORDER BY c.client_id`, []uuid.UUID{session})
	return found, pg.Wrap("find clients of session", err)
}

// A tellLogout is a client that wants to be told of the end of a session.
type tellLogout struct {
	SessionID uuid.UUID
	ClientID  string
}

// leave revokes what hangs on ended sessions (OpenID Connect Back-Channel Logout
// 1.0 §2.7: all but offline access) and returns whom to tell of their end.
func (s *Sessions) leave(ctx context.Context, sessions []uuid.UUID) ([]tellLogout, error) {
	return pg.Query(ctx, s.DB, pgx.RowToStructByPos[tellLogout], `
		WITH revoked AS (
			UPDATE grants SET revoked_at = now()
			WHERE session_id = ANY($1) AND revoked_at IS NULL AND NOT offline
		)
		SELECT g.session_id, c.client_id`+ofSessions+`
		WHERE c.metadata ->> 'backchannel_logout_uri' <> '' ORDER BY 1, 2`, sessions)
}

// logouts are the events that have clients told: one for each, so that one that
// does not answer is tried again alone.
func logouts(ended []endedSession, tell []tellLogout) []event.Event {
	users := make(map[uuid.UUID]uuid.UUID, len(ended))
	for _, e := range ended {
		users[e.ID] = e.UserID
	}
	events := make([]event.Event, len(tell))
	for i, one := range tell {
		events[i] = event.Event{
			Fact:    event.LogoutQueued{SessionID: one.SessionID, ClientID: one.ClientID},
			Outcome: "success", Actor: event.Actor{Type: "system"}, Subject: tid.Format(identity.UserPrefix, users[one.SessionID]),
		}
	}
	return events
}
