package storage

import (
	"context"
	"time"

	"plinto/storage/internal/pg"
)

// Efforts implements effort.Spent, in the table of challenges that were answered.
type Efforts struct{ *DB }

// spendChallenge notes that a challenge was answered. The INSERT is the gate.
const spendChallenge = `INSERT INTO spent_challenges (hash, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING`

// Spend implements effort.Spent.
func (s *Efforts) Spend(ctx context.Context, hash []byte, expires time.Time) (first bool, err error) {
	spent, err := pg.Exec(ctx, s.DB, spendChallenge, hash, expires)
	return spent > 0, pg.Wrap("spend effort", err)
}
