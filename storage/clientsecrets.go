package storage

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/storage/internal/pg"
)

// NoteUse implements provider.SecretEnds. Of requests that come at once, one notes it.
func (s *Clients) NoteUse(ctx context.Context, secret uuid.UUID) error {
	_, err := pg.Exec(ctx, s.DB, `
		UPDATE client_secrets SET used_at = now()
		WHERE id = $1 AND expires_at > now() AND coalesce(used_at < now() - interval '1 hour', true)`, secret)
	return pg.Wrap("note use of client secret", err)
}

// TellEnd implements provider.SecretEnds. The UPDATE is the gate.
func (s *Clients) TellEnd(ctx context.Context, secret uuid.UUID) (client uuid.UUID, first bool, err error) {
	told, err := pg.Query(ctx, s.DB, pgx.RowTo[uuid.UUID], `
		UPDATE client_secrets SET told_end = expires_at
		WHERE id = $1 AND expires_at > now() AND told_end IS DISTINCT FROM expires_at RETURNING client_id`, secret)
	if err != nil || len(told) == 0 {
		return uuid.Nil, false, pg.Wrap("note reminder of client secret", err)
	}
	return told[0], true, nil
}
