package storage

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"plinto/identity"
)

// OneTimeTokens implements identity.OneTimeTokens.
type OneTimeTokens struct{ *DB }

func newOneTimeTokens(db *DB) *OneTimeTokens { return &OneTimeTokens{db} }

// Issue implements identity.OneTimeTokens.
func (s *OneTimeTokens) Issue(ctx context.Context, purpose string, hash []byte, data json.RawMessage, ttl time.Duration) error {
	if data == nil {
		data = json.RawMessage(`{}`)
	}
	_, err := exec(ctx, s.DB, `
		WITH older AS (UPDATE one_time_tokens SET spent_at = now() WHERE purpose = $2 AND spent_at IS NULL)
		INSERT INTO one_time_tokens (hash, purpose, data, expires_at) VALUES ($1, $2, $3, now() + $4::interval)`,
		hash, purpose, data, ttl)
	return wrap("issue one-time token", err)
}

// Peek implements identity.OneTimeTokens.
func (s *OneTimeTokens) Peek(ctx context.Context, purpose string, hash []byte) (json.RawMessage, error) {
	data, err := one(ctx, s.DB, pgx.RowTo[json.RawMessage], `
		SELECT data FROM one_time_tokens WHERE hash = $1 AND purpose = $2 AND spent_at IS NULL AND expires_at > now()`, hash, purpose)
	return data, wrap("look at one-time token", absent(err, identity.ErrLinkUnknown))
}

// Advance implements identity.OneTimeTokens.
func (s *OneTimeTokens) Advance(ctx context.Context, from, to string, hash []byte, ttl time.Duration) error {
	_, err := one(ctx, s.DB, pgx.RowTo[string], `
		UPDATE one_time_tokens SET purpose = $3, expires_at = CASE WHEN purpose = $2 THEN now() + $4::interval ELSE expires_at END
		WHERE hash = $1 AND purpose IN ($2, $3) AND spent_at IS NULL AND expires_at > now() RETURNING purpose`, hash, from, to, ttl)
	return wrap("advance one-time token", absent(err, identity.ErrLinkUnknown))
}

// Spend implements identity.OneTimeTokens.
func (s *OneTimeTokens) Spend(ctx context.Context, purpose string, hash []byte) (json.RawMessage, error) {
	data, err := one(ctx, s.DB, pgx.RowTo[json.RawMessage], `
		UPDATE one_time_tokens SET spent_at = now()
		WHERE hash = $1 AND purpose = $2 AND spent_at IS NULL AND expires_at > now() RETURNING data`, hash, purpose)
	return data, wrap("spend one-time token", absent(err, identity.ErrLinkUnknown))
}
