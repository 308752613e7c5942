package storage

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/provider"
)

// Assertions implements provider.Assertions.
type Assertions struct{ *DB }

func newAssertions(db *DB) *Assertions { return &Assertions{db} }

// Spend implements provider.Assertions: the insert is the gate. A row that has
// expired is as good as none.
func (s *Assertions) Spend(ctx context.Context, clientID uuid.UUID, jtiHash []byte, expires time.Time) error {
	inserted, err := exec(ctx, s.DB, `
		INSERT INTO spent_assertions AS a (client_id, jti_hash, expires_at) VALUES ($1, $2, $3)
		ON CONFLICT (tenant_id, client_id, jti_hash) DO UPDATE SET expires_at = excluded.expires_at
		WHERE a.expires_at < now() - interval '1 minute'`, clientID, jtiHash, expires)
	if err == nil && inserted == 0 {
		err = provider.ErrAssertionSpent
	}
	return wrap("spend assertion", err)
}
