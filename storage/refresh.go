package storage

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/provider"
)

// RefreshTokens implements provider.RefreshTokens.
//
// A chain is ordered by who succeeds whom, never by time: a clock that jumps
// back opens nothing that was closed.
type RefreshTokens struct {
	*DB
	outbox event.Outbox
}

func newRefreshTokens(db *DB, outbox event.Outbox) *RefreshTokens {
	return &RefreshTokens{DB: db, outbox: outbox}
}

// maxRetries is how often a used token is answered again within grace.
const maxRetries = 2

// ofRefreshToken is grant g of token r.
const ofRefreshToken = `
	CROSS JOIN LATERAL (SELECT * FROM grants WHERE id = r.grant_id OFFSET 0) g`

// Forget implements provider.RefreshTokens.
func (s *RefreshTokens) Forget(ctx context.Context, hash []byte) error {
	_, err := exec(ctx, s.DB, `DELETE FROM refresh_tokens WHERE hash = $1`, hash)
	return wrap("forget refresh token", err)
}

// Rotate implements provider.RefreshTokens: one statement when all is well. The
// UPDATE in it is the gate: of parallel callers one finds the token unused.
//
// What a reuse revokes stays revoked although the caller is refused; when ctx
// carries a transaction it is committed for that. So Rotate comes first in it.
func (s *RefreshTokens) Rotate(ctx context.Context, clientID uuid.UUID, old []byte, next provider.RefreshToken,
	sealed []byte, want []string, grace time.Duration,
) (provider.Rotation, error) {
	rotated, err := query(ctx, s.DB, toRotation, `
		WITH used AS (
			UPDATE refresh_tokens r SET used_at = now(), successor_hash = @next, successor_sealed = @sealed
			WHERE r.hash = @old AND r.used_at IS NULL AND (r.expires_at > now()) IS TRUE AND EXISTS (
				SELECT FROM grants g`+ofGrant+`
				WHERE g.id = r.grant_id AND (g.client_id = @client) IS TRUE AND `+grantStands+`
					AND (@want::text[] IS NULL OR @want::text[] <@ g.scopes)
				OFFSET 0)
			RETURNING r.grant_id
		), granted AS MATERIALIZED (
			SELECT g.* FROM used CROSS JOIN LATERAL (SELECT * FROM grants WHERE id = used.grant_id OFFSET 0) g
		), successor AS (
			INSERT INTO refresh_tokens (hash, grant_id, expires_at)
			SELECT @next, granted.id, least(now() + @idle::interval, granted.expires_at) FROM granted
		)
		SELECT `+grantColumns+`, `+userColumns+` FROM granted g`+userOfGrant,
		named{
			"old": old, "client": clientID, "next": next.Hash, "sealed": sealed, "idle": next.IdleTTL,
			"want": want, "tenant_mark": mark(ctx),
		})
	if err != nil {
		return provider.Rotation{}, wrap("rotate refresh token", err)
	}
	if len(rotated) == 1 {
		return rotated[0], nil
	}
	again, err := s.again(ctx, clientID, old, want, grace)
	return again, wrap("rotate refresh token", err)
}

func toRotation(row pgx.CollectableRow) (r provider.Rotation, err error) {
	err = row.Scan(append(grantFields(&r.Grant), userFields(&r.User)...)...)
	return r, err
}

// usedFacts is what there is to know of a token that the gate did not let pass.
type usedFacts struct {
	provider.Rotation
	Stands, Used, Expired, Within, Recent, SuccessorUsed bool
	Retries                                              int
}

// verdict of a token that the gate did not let pass.
func (f *usedFacts) verdict() error {
	switch {
	case f.Used && (!f.Recent || f.SuccessorUsed || f.Retries >= maxRetries):
		return provider.ErrRefreshReused
	case !f.Stands:
		return provider.ErrGrantRevoked
	case !f.Used && f.Expired:
		return provider.ErrRefreshUnknown
	case !f.Within:
		return provider.ErrScopeExceeds
	case !f.Used:
		return provider.ErrGrantRevoked // stands again, but did not when the gate looked
	default:
		return nil // the answer to the first use was lost
	}
}

// again answers a lost answer once more, or says why not. The token's row is
// locked while it decides, so that retries are counted one by one.
func (s *RefreshTokens) again(ctx context.Context, clientID uuid.UUID, old []byte, want []string, grace time.Duration) (provider.Rotation, error) {
	var facts usedFacts
	var verdict error
	work := func(ctx context.Context) error {
		var err error
		facts, err = s.facts(ctx, clientID, old, want, grace)
		if errors.Is(err, pgx.ErrNoRows) {
			verdict = provider.ErrRefreshUnknown
			return nil
		}
		if err != nil {
			return err
		}
		switch verdict = facts.verdict(); {
		case verdict == nil:
			err = execLater(ctx, s.DB, anyNumber, `UPDATE refresh_tokens SET retries = retries + 1 WHERE hash = $1`, old)
			return err
		case errors.Is(verdict, provider.ErrRefreshReused):
			id := facts.Grant.ID
			return revoke(ctx, s.DB, s.outbox, id, reuse(event.TokenReuseDetected, "refresh_token_reused", id))
		}
		return nil
	}
	if err := s.InTx(ctx, work); err != nil {
		return provider.Rotation{}, err
	}
	if errors.Is(verdict, provider.ErrRefreshReused) {
		if err := settle(ctx); err != nil {
			return provider.Rotation{}, err
		}
	}
	if verdict != nil {
		return provider.Rotation{}, verdict
	}
	facts.Retried = true
	return facts.Rotation, nil
}

func (s *RefreshTokens) facts(ctx context.Context, clientID uuid.UUID, old []byte, want []string, grace time.Duration) (usedFacts, error) {
	// "Recent" looks both ways: parallel uses may begin before the first one, and
	// a clock set back by more than grace makes every use old.
	return one(ctx, s.DB, func(row pgx.CollectableRow) (f usedFacts, err error) {
		fields := append(grantFields(&f.Grant), userFields(&f.User)...)
		err = row.Scan(append(fields, &f.Successor, &f.Stands, &f.Used, &f.Expired, &f.Within, &f.Recent, &f.SuccessorUsed, &f.Retries)...)
		return f, err
	}, `
		SELECT `+grantColumns+`, `+userColumns+`, r.successor_sealed, `+grantStands+`,
			r.used_at IS NOT NULL, r.expires_at <= now(), @want::text[] IS NULL OR @want::text[] <@ g.scopes,
			coalesce(r.used_at > now() - @grace::interval AND r.used_at < now() + @grace::interval, false),
			n.hash IS NULL OR n.used_at IS NOT NULL, r.retries
		FROM refresh_tokens r`+ofRefreshToken+ofGrant+`
			LEFT JOIN LATERAL (SELECT hash, used_at FROM refresh_tokens WHERE hash = r.successor_hash OFFSET 0) n ON true
		WHERE r.hash = @old AND g.client_id = @client
		FOR UPDATE OF r`,
		named{"old": old, "client": clientID, "want": want, "grace": grace, "tenant_mark": mark(ctx)})
}

// Inspect implements provider.RefreshTokens.
func (s *RefreshTokens) Inspect(ctx context.Context, hash []byte) (provider.Grant, time.Time, error) {
	var expires time.Time
	g, err := one(ctx, s.DB, func(row pgx.CollectableRow) (g provider.Grant, err error) {
		err = row.Scan(append(grantFields(&g), &expires)...)
		return g, err
	}, `
		SELECT `+grantColumns+`, r.expires_at
		FROM refresh_tokens r`+ofRefreshToken+ofGrant+`
		WHERE r.hash = @hash AND r.used_at IS NULL AND (r.expires_at > now()) IS TRUE AND `+grantStands,
		named{"hash": hash, "tenant_mark": mark(ctx)})
	return g, expires, wrap("inspect refresh token", absent(err, provider.ErrTokenUnknown))
}
