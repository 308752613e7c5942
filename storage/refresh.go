package storage

import (
	"context"
	"maps"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/provider"
	"plinto/storage/internal/pg"
)

// RefreshTokens implements provider.RefreshTokens.
//
// A chain is ordered by who succeeds whom, never by time: a clock that jumps
// back opens nothing that was closed.
type RefreshTokens struct{ *DB }

// ofRefreshToken is grant g of token r.
const ofRefreshToken = `
	CROSS JOIN LATERAL (SELECT * FROM grants WHERE id = r.grant_id OFFSET 0) g`

// Forget implements provider.RefreshTokens.
func (s *RefreshTokens) Forget(ctx context.Context, hash []byte) error {
	_, err := pg.Exec(ctx, s.DB, `DELETE FROM refresh_tokens WHERE hash = $1`, hash)
	return pg.Wrap("forget refresh token", err)
}

// holderFits is whether refresh token r may be used by the party of the request: what
// provider.Party.Contradicts says, in SQL.
const holderFits = `(r.holder_device = @device) IS NOT FALSE AND (r.holder_proof = @proof) IS NOT FALSE`

func holderArgs(p provider.Party) pg.Named {
	return pg.Named{"address": printable(p.Address), "device": p.Device, "proof": p.Proof}
}

// Rotate implements provider.RefreshTokens: one statement when all is well. The
// UPDATE in it is the gate: of parallel callers one finds the token unused.
func (s *RefreshTokens) Rotate(ctx context.Context, clientID uuid.UUID, old []byte, next provider.RefreshToken,
	sealed []byte, want []string,
) (r provider.Rotation, rotated bool, err error) {
	with := holderArgs(next.Holder)
	maps.Copy(with, pg.Named{
		"old": old, "client": clientID, "next": next.Hash, "sealed": sealed, "idle": next.IdleTTL,
		"want": want, "tenant_mark": mark(ctx),
	})
	found, err := pg.QueryTogether(ctx, s.DB, old, toRotation, `
		WITH used AS (
			UPDATE refresh_tokens r SET used_at = now(), successor_hash = @next, successor_sealed = @sealed
			WHERE r.hash = @old AND r.used_at IS NULL AND (r.expires_at > now()) IS TRUE AND `+holderFits+` AND EXISTS (
				SELECT FROM grants g`+ofGrant+`
				WHERE g.id = r.grant_id AND (g.client_id = @client) IS TRUE AND `+grantStands+`
					AND (@want::text[] IS NULL OR @want::text[] <@ g.scopes)
				OFFSET 0)
			RETURNING r.grant_id, r.holder_device, r.holder_proof
		), granted AS MATERIALIZED (
			SELECT g.*, used.holder_device, used.holder_proof
			FROM used CROSS JOIN LATERAL (SELECT * FROM grants WHERE id = used.grant_id OFFSET 0) g
		), successor AS (
			INSERT INTO refresh_tokens (hash, grant_id, expires_at, holder_address, holder_device, holder_proof)
			SELECT @next, granted.id, least(now() + @idle::interval, granted.expires_at), @address,
				coalesce(@device, granted.holder_device), coalesce(@proof, granted.holder_proof)
			FROM granted
		)
		SELECT `+grantColumns+`, `+userColumns+` FROM granted g`+userOfGrant, with)
	if err != nil || len(found) == 0 {
		return r, false, pg.Wrap("rotate refresh token", err)
	}
	return found[0], true, nil
}

func toRotation(row pgx.CollectableRow) (r provider.Rotation, err error) {
	err = row.Scan(append(grantFields(&r.Grant), userFields(&r.User)...)...)
	return r, err
}

// CountRepeat implements provider.RefreshTokens.
func (s *RefreshTokens) CountRepeat(ctx context.Context, hash []byte) error {
	err := pg.ExecLater(ctx, s.DB, pg.AnyNumber, `UPDATE refresh_tokens SET retries = least(retries, 32766) + 1 WHERE hash = $1`, hash)
	return pg.Wrap("count repeat of refresh token", err)
}

// Presented implements provider.RefreshTokens.
func (s *RefreshTokens) Presented(ctx context.Context, clientID uuid.UUID, hash []byte, want []string, grace time.Duration) (provider.PresentedToken, error) {
	// "Recent" looks both ways: parallel uses may begin before the first one, and
	// a clock set back by more than grace makes every use old. A chain is followed
	// as far as anybody gets in a grace time.
	found, err := pg.One(ctx, s.DB, toPresented, `
		WITH RECURSIVE chain AS (
			SELECT 1 AS depth, r.successor_hash AS hash, r.successor_sealed AS sealed FROM refresh_tokens r
			WHERE r.hash = @old AND r.used_at IS NOT NULL
			UNION ALL
			SELECT chain.depth + 1, r.successor_hash, r.successor_sealed
			FROM chain CROSS JOIN LATERAL (SELECT * FROM refresh_tokens WHERE hash = chain.hash OFFSET 0) r
			WHERE r.used_at IS NOT NULL AND chain.depth < 64
		)
		SELECT `+grantColumns+`, `+userColumns+`, (SELECT array_agg(sealed ORDER BY depth) FROM chain), `+grantStands+`, coalesce(nullif(`+organizationLost+`, ''), `+upstreamLost+`),
			r.used_at IS NOT NULL, r.expires_at <= now(), @want::text[] IS NULL OR @want::text[] <@ g.scopes,
			coalesce(r.used_at > now() - @grace::interval AND r.used_at < now() + @grace::interval, false),
			n.hash IS NOT NULL, r.retries,
			r.holder_address, r.holder_device, r.holder_proof, coalesce(n.holder_address, ''), n.holder_device, n.holder_proof
		FROM refresh_tokens r`+ofRefreshToken+ofGrant+`
			LEFT JOIN LATERAL (SELECT * FROM refresh_tokens WHERE hash = r.successor_hash OFFSET 0) n ON true
		WHERE r.hash = @old AND g.client_id = @client
		FOR UPDATE OF r`,
		pg.Named{"old": hash, "client": clientID, "want": want, "grace": grace, "tenant_mark": mark(ctx)})
	return found, pg.Wrap("find presented refresh token", pg.Absent(err, provider.ErrRefreshUnknown))
}

func toPresented(row pgx.CollectableRow) (f provider.PresentedToken, err error) {
	fields := append(grantFields(&f.Grant), userFields(&f.User)...)
	err = row.Scan(append(fields, &f.Successors, &f.Stands, &f.Lost, &f.Used, &f.Expired, &f.Within, &f.Recent, &f.Followed, &f.Repeats,
		&f.Holder.Address, &f.Holder.Device, &f.Holder.Proof, &f.First.Address, &f.First.Device, &f.First.Proof)...)
	return f, err
}

// GrantOf implements provider.RefreshTokens.
func (s *RefreshTokens) GrantOf(ctx context.Context, hash []byte) (grant, client uuid.UUID, err error) {
	type given struct{ Grant, Client uuid.UUID }
	found, err := pg.One(ctx, s.DB, pgx.RowToStructByPos[given], `
		SELECT g.id, g.client_id FROM refresh_tokens r`+ofRefreshToken+` WHERE r.hash = $1 AND g.client_id IS NOT NULL`, hash)
	return found.Grant, found.Client, pg.Wrap("find grant of refresh token", pg.Absent(err, provider.ErrTokenUnknown))
}

// Inspect implements provider.RefreshTokens.
func (s *RefreshTokens) Inspect(ctx context.Context, hash []byte) (provider.Grant, time.Time, error) {
	var expires time.Time
	g, err := pg.One(ctx, s.DB, func(row pgx.CollectableRow) (g provider.Grant, err error) {
		err = row.Scan(append(grantFields(&g), &expires)...)
		return g, err
	}, `
		SELECT `+grantColumns+`, r.expires_at
		FROM refresh_tokens r`+ofRefreshToken+ofGrant+`
		WHERE r.hash = @hash AND r.used_at IS NULL AND (r.expires_at > now()) IS TRUE AND `+grantStands,
		pg.Named{"hash": hash, "tenant_mark": mark(ctx)})
	return g, expires, pg.Wrap("inspect refresh token", pg.Absent(err, provider.ErrTokenUnknown))
}
