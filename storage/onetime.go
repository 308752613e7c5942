package storage

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"plinto/identity"
	"plinto/storage/internal/pg"
)

// OneTimeTokens implements identity.OneTimeTokens.
type OneTimeTokens struct{ *DB }

func newOneTimeTokens(db *DB) *OneTimeTokens { return &OneTimeTokens{db} }

// Issue implements identity.OneTimeTokens.
func (s *OneTimeTokens) Issue(ctx context.Context, purpose string, hash []byte, data json.RawMessage, ttl time.Duration) error {
	if data == nil {
		data = json.RawMessage(`{}`)
	}
	_, err := pg.Exec(ctx, s.DB, `
		WITH older AS (UPDATE one_time_tokens SET spent_at = now() WHERE purpose = $2 AND spent_at IS NULL)
		INSERT INTO one_time_tokens (hash, purpose, data, expires_at) VALUES ($1, $2, $3, now() + $4::interval)`,
		hash, purpose, data, ttl)
	return pg.Wrap("issue one-time token", err)
}

// Peek implements identity.OneTimeTokens.
func (s *OneTimeTokens) Peek(ctx context.Context, purpose string, hash []byte) (json.RawMessage, error) {
	data, err := pg.One(ctx, s.DB, pgx.RowTo[json.RawMessage], `
		SELECT data FROM one_time_tokens WHERE hash = $1 AND purpose = $2 AND spent_at IS NULL AND expires_at > now()`, hash, purpose)
	return data, pg.Wrap("look at one-time token", pg.Absent(err, identity.ErrLinkUnknown))
}

// Advance implements identity.OneTimeTokens.
func (s *OneTimeTokens) Advance(ctx context.Context, from, to string, hash []byte, ttl time.Duration) error {
	_, err := pg.One(ctx, s.DB, pgx.RowTo[string], `
		UPDATE one_time_tokens SET purpose = $3, expires_at = CASE WHEN purpose = $2 THEN now() + $4::interval ELSE expires_at END
		WHERE hash = $1 AND purpose IN ($2, $3) AND spent_at IS NULL AND expires_at > now() RETURNING purpose`, hash, from, to, ttl)
	return pg.Wrap("advance one-time token", pg.Absent(err, identity.ErrLinkUnknown))
}

// Spend implements identity.OneTimeTokens.
func (s *OneTimeTokens) Spend(ctx context.Context, purpose string, hash []byte) (json.RawMessage, error) {
	data, err := pg.One(ctx, s.DB, pgx.RowTo[json.RawMessage], `
		UPDATE one_time_tokens SET spent_at = now()
		WHERE hash = $1 AND purpose = $2 AND spent_at IS NULL AND expires_at > now() RETURNING data`, hash, purpose)
	return data, pg.Wrap("spend one-time token", pg.Absent(err, identity.ErrLinkUnknown))
}
