package storage

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/provider"
	"plinto/storage/internal/pg"
)

// Keys implements provider.Keys.
type Keys struct{ *DB }

func toKey(row pgx.CollectableRow) (k provider.SigningKey, err error) {
	err = row.Scan(&k.ID, &k.KID, &k.Alg, &k.State, &k.Public, &k.Sealed, &k.CreatedAt,
		(*zeronull.Timestamptz)(&k.ActivatesAt), (*zeronull.Timestamptz)(&k.RetiresAt), (*zeronull.Timestamptz)(&k.GoneAt))
	return k, err
}

// All implements provider.Keys.
func (s *Keys) All(ctx context.Context) ([]provider.SigningKey, error) {
	all, err := pg.Query(ctx, s.DB, toKey, `
		SELECT id, kid, alg, state, public, sealed, created_at, activates_at, retires_at, gone_at
		FROM signing_keys ORDER BY created_at, id`)
	return all, pg.Wrap("list signing keys", err)
}

// Create implements provider.Keys. The unique index on alg and state picks one
// winner.
func (s *Keys) Create(ctx context.Context, k provider.SigningKey) (created bool, err error) {
	n, err := pg.Exec(ctx, s.DB, `
		INSERT INTO signing_keys (id, kid, alg, state, public, sealed, activates_at, retires_at)
		VALUES (@id, @kid, @alg, @state, @public, @sealed, @activates_at, @retires_at)
		ON CONFLICT DO NOTHING`, pg.Named{
		"id": k.ID, "kid": k.KID, "alg": k.Alg, "state": string(k.State), "public": k.Public, "sealed": k.Sealed,
		"activates_at": zeronull.Timestamptz(k.ActivatesAt), "retires_at": zeronull.Timestamptz(k.RetiresAt),
	})
	return n > 0, pg.Wrap("create signing key", err)
}

// Activate implements provider.Keys. An instance that comes late must not move
// anything: it would retire the key that just became active, and sign with one that
// nobody has seen published. The active key's row is the lock that those who move one alg
// queue for.
func (s *Keys) Activate(ctx context.Context, alg, kid string, goneAt time.Time) (moved provider.MovedKeys, err error) {
	err = s.InTx(ctx, func(ctx context.Context) error {
		moved.Retired, err = pg.Query(ctx, s.DB, pgx.RowTo[string], `
			UPDATE signing_keys SET state = 'retiring', gone_at = $3
			WHERE alg = $1 AND state = 'active'
				AND ($2 = '' OR EXISTS (SELECT FROM signing_keys WHERE kid = $2 AND state = 'next'))
			RETURNING kid`, alg, kid, goneAt)
		if err != nil {
			return err
		}
		moved.Active, err = pg.Query(ctx, s.DB, pgx.RowTo[string], `
			UPDATE signing_keys SET state = 'active', activates_at = NULL
			WHERE alg = $1 AND state = 'next' AND ($2 = '' OR kid = $2) RETURNING kid`, alg, kid)
		return err
	})
	return moved, pg.Wrap("activate signing key", err)
}

// Drop implements provider.Keys.
func (s *Keys) Drop(ctx context.Context) error {
	err := s.InTx(ctx, func(ctx context.Context) error {
		_, err := pg.Exec(ctx, s.DB, `UPDATE signing_keys SET sealed = '' WHERE state = 'retiring' AND gone_at <= now() AND sealed <> ''`)
		if err != nil {
			return err
		}
		_, err = pg.Exec(ctx, s.DB, `DELETE FROM signing_keys WHERE state = 'retiring' AND gone_at <= now() - $1::interval`, provider.RememberGone)
		return err
	})
	return pg.Wrap("drop retired keys", err)
}

// DataKey implements provider.Keys.
func (s *Keys) DataKey(ctx context.Context, fresh []byte) ([]byte, error) {
	found, err := pg.Query(ctx, s.DB, pgx.RowTo[[]byte], `SELECT wrapped FROM data_keys`)
	if err == nil && len(found) == 0 {
		found, err = pg.Query(ctx, s.DB, pgx.RowTo[[]byte], `INSERT INTO data_keys (wrapped) VALUES ($1) ON CONFLICT DO NOTHING RETURNING wrapped`, fresh)
	}
	if err == nil && len(found) == 0 { // another instance was first
		found, err = pg.Query(ctx, s.DB, pgx.RowTo[[]byte], `SELECT wrapped FROM data_keys`)
	}
	if err == nil && len(found) != 1 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return nil, pg.Wrap("load data key", err)
	}
	return found[0], nil
}
