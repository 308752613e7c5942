package storage

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

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

// leave revokes what hangs on ended sessions (OpenID Connect Back-Channel Logout
// 1.0 §2.7: all but offline access) and returns the client_ids to tell of the end of each.
func (s *Sessions) leave(ctx context.Context, sessions []uuid.UUID) (map[uuid.UUID][]string, error) {
	type participant struct {
		SessionID uuid.UUID
		ClientID  string
	}
	found, err := pg.Query(ctx, s.DB, pgx.RowToStructByPos[participant], `
		WITH revoked AS (
			UPDATE grants SET revoked_at = now()
			WHERE session_id = ANY($1) AND revoked_at IS NULL AND NOT offline
		)
		SELECT g.session_id, c.client_id`+ofSessions+`
		WHERE c.metadata ->> 'backchannel_logout_uri' <> '' ORDER BY 1, 2`, sessions)
	clients := make(map[uuid.UUID][]string)
	for _, p := range found {
		clients[p.SessionID] = append(clients[p.SessionID], p.ClientID)
	}
	return clients, err
}
