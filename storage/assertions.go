package storage

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/provider"
	"plinto/storage/internal/pg"
)

// Assertions implements provider.Assertions.
type Assertions struct{ *DB }

func newAssertions(db *DB) *Assertions { return &Assertions{db} }

// Spend implements provider.Assertions: the insert is the gate. A row that has
// expired is as good as none. What a deleted client of the same client_id had spent is
// spent, also while a job still deletes that client.
func (s *Assertions) Spend(ctx context.Context, clientID uuid.UUID, jtiHash []byte, expires time.Time) error {
	inserted, err := pg.Exec(ctx, s.DB, `
		INSERT INTO spent_assertions AS a (client_id, jti_hash, expires_at)
		SELECT $1, $2, $3 WHERE NOT EXISTS (
			SELECT FROM retired_assertions
			WHERE client_id = (SELECT client_id FROM clients WHERE id = $1) AND jti_hash = $2 AND expires_at >= now() - interval '1 minute')
		AND NOT EXISTS (
			SELECT FROM clients d JOIN spent_assertions s ON s.client_id = d.id
			WHERE d.deleted_client_id = (SELECT client_id FROM clients WHERE id = $1) AND s.jti_hash = $2 AND s.expires_at >= now() - interval '1 minute')
		ON CONFLICT (tenant_id, client_id, jti_hash) DO UPDATE SET expires_at = excluded.expires_at
		WHERE a.expires_at < now() - interval '1 minute'`, clientID, jtiHash, expires)
	if err == nil && inserted == 0 {
		err = provider.ErrAssertionSpent
	}
	return pg.Wrap("spend assertion", err)
}
