package storage

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/internal/idempotency"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// IdempotencyKeys implements idempotency.Keys.
type IdempotencyKeys struct{ *DB }

// errClaimLost reports a request that took so long that somebody else serves it by now.
var errClaimLost = errors.New("the request was claimed by another one")

// Claim implements idempotency.Keys.
func (s *IdempotencyKeys) Claim(ctx context.Context, hash, fingerprint []byte, claim uuid.UUID, lease, life time.Duration) (idempotency.Claimed, error) {
	mine, err := pg.Query(ctx, s.DB, pgx.RowTo[bool], `
		INSERT INTO idempotency_keys AS k (hash, fingerprint, claim, claimed_until, expires_at)
		VALUES ($1, $2, $3, now() + $4::interval, now() + $5::interval)
		ON CONFLICT ON CONSTRAINT idempotency_keys_pkey DO UPDATE
			SET fingerprint = excluded.fingerprint, claim = excluded.claim, claimed_until = excluded.claimed_until,
				answer = NULL, expires_at = excluded.expires_at
			WHERE k.expires_at < now() OR k.answer IS NULL AND k.claimed_until < now()
		RETURNING true`, hash, fingerprint, claim, lease, life)
	if err != nil || len(mine) == 1 {
		return idempotency.Claimed{Mine: err == nil}, pg.Wrap("claim request", err)
	}
	found, err := pg.One(ctx, s.DB, func(row pgx.CollectableRow) (r idempotency.Claimed, err error) {
		return r, row.Scan(&r.Fingerprint, &r.Answer)
	}, `SELECT fingerprint, answer FROM idempotency_keys WHERE hash = $1`, hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return idempotency.Claimed{Fingerprint: fingerprint}, nil // released in this moment: whoever asks again is served
	}
	return found, pg.Wrap("find request", err)
}

// Answer implements idempotency.Keys. The division fails, and the transaction with it, when the claim
// was lost: of two who serve one request one commits.
//
// A request that changes tenants is the platform's transaction, which stores the answer too: after a crash there
// is either the change with its answer, or neither.
func (s *IdempotencyKeys) Answer(ctx context.Context, hash []byte, claim uuid.UUID, sealed []byte) error {
	t := tenant.Must(ctx)
	tx, err := pg.SystemTxAt(ctx, pg.PlaceOf(t))
	if errors.Is(err, pg.ErrOtherDatabase) { // of a tenant with its own: it stands for a change that is committed
		afterChange(ctx, func(ctx context.Context) error { return s.answer(ctx, hash, claim, sealed) })
		return nil
	}
	if err == nil {
		tag, err := tx.Exec(ctx, `
			UPDATE idempotency_keys SET answer = $4 WHERE tenant_id = $1 AND hash = $2 AND claim = $3 AND answer IS NULL`,
			uuid.UUID(t.ID), hash, claim, sealed)
		if err == nil && tag.RowsAffected() == 0 {
			err = errClaimLost
		}
		return pg.Wrap("store answer", err)
	}
	return s.answer(ctx, hash, claim, sealed)
}

func (s *IdempotencyKeys) answer(ctx context.Context, hash []byte, claim uuid.UUID, sealed []byte) error {
	lost := func(err error) error {
		if pg.IsDivisionByZero(err) {
			return errClaimLost
		}
		return err
	}
	return pg.Wrap("store answer", pg.ExecLaterOr(ctx, s.DB, lost, `
		WITH stored AS (
			UPDATE idempotency_keys SET answer = $3 WHERE hash = $1 AND claim = $2 AND answer IS NULL RETURNING 1
		)
		SELECT 1 / count(*) FROM stored`, hash, claim, sealed))
}

// Release implements idempotency.Keys.
func (s *IdempotencyKeys) Release(ctx context.Context, hash []byte, claim uuid.UUID) error {
	_, err := pg.Exec(ctx, s.DB, `DELETE FROM idempotency_keys WHERE hash = $1 AND claim = $2 AND answer IS NULL`, hash, claim)
	return pg.Wrap("release request", err)
}
