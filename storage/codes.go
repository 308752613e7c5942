package storage

import (
	"cmp"
	"context"
	"errors"
	"maps"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/identity"
	"plinto/provider"
	"plinto/storage/internal/pg"
)

// Codes implements provider.Codes.
type Codes struct{ *DB }

// What Issue and IssueLast have in common. The row of the session is locked against its
// end until the grant is there, so that the end finds the grant and revokes it. What was
// decided may have been decided on a copy of the session from Redis: the row has to say
// the same of the token, the user and the proof. Grant and code begin when the database
// says.
const (
	liveGranted = `live AS (
			SELECT s.id AS session, s.identity_id, s.connection_epoch, u.* FROM sessions s` + ofSession + `
			WHERE s.id = @session AND (s.token_hash = @session_token AND s.user_id = @user AND s.auth_time = @auth_time
				AND s.acr = @session_acr AND s.amr = @amr::text[]) IS TRUE AND ` + sessionStands + `
			FOR SHARE OF s
		), granted AS (
			INSERT INTO grants (id, client_id, user_id, session_id, sid, scopes, resources, claims,
				auth_time, acr, amr, offline, expires_at, user_mark, client_mark, organization_id, identity_id, connection_epoch)
			SELECT @grant, @client, @user, live.session, @sid, @scopes, @resources, @claims,
				@auth_time, @acr, @amr, @offline, coalesce(@grant_expires, now() + interval '90 days'),
				live.not_before, coalesce(@client_mark::timestamptz, '-infinity'), @organization, live.identity_id, live.connection_epoch
			FROM (SELECT) AS always LEFT JOIN live ON true
			RETURNING id
		)`
	codeColumns = `codes (hash, grant_id, redirect_uri, redirect_uri_sent, challenge, nonce, sole, expires_at, flow_id)`
	codeValues  = `@hash, granted.id, @redirect_uri, @redirect_uri_sent, @challenge, @nonce, @sole, now() + @ttl::interval`
)

func issueArgs(ctx context.Context, g provider.Grant, c provider.Code) pg.Named {
	with := grantArgs(g)
	maps.Copy(with, pg.Named{
		"hash": c.Hash, "flow": c.FlowID, "redirect_uri": c.RedirectURI, "redirect_uri_sent": c.RedirectURISent,
		"challenge": c.Challenge, "nonce": c.Nonce, "sole": c.Sole, "ttl": c.TTL, "tenant_mark": mark(ctx),
		"session_token": c.SessionToken, "session_acr": c.SessionACR,
	})
	return with
}

// Issue implements provider.Codes.
func (s *Codes) Issue(ctx context.Context, g provider.Grant, c provider.Code, to func(identity.User)) error {
	return pg.QueryLater(ctx, func(issued []identity.User, err error) error {
		switch {
		case pg.Constraint(err) == "codes_flow_id_key":
			return provider.ErrFlowSpent
		case err != nil || len(issued) != 1:
			return notIssued(err)
		}
		to(issued[0])
		return nil
	}, toUser, `
		WITH `+liveGranted+`, coded AS (
			INSERT INTO `+codeColumns+`
			SELECT `+codeValues+`, @flow FROM granted
			RETURNING grant_id
		)
		SELECT `+userColumns+` FROM live u CROSS JOIN coded`, issueArgs(ctx, g, c))
}

// notIssued tells why no grant was stored. One without a session that stands breaks the rule
// that it has one, so that the transaction fails: its event may have been sent before.
func notIssued(err error) error {
	switch {
	case pg.IsMissing(err, "grants", "session_id"):
		return identity.ErrNoSession
	case pg.Constraint(err) == "grants_organization_fkey":
		return provider.ErrFlowSpent // the organization was deleted a moment ago: whoever starts again is told
	}
	return pg.Wrap("issue code", cmp.Or(err, pgx.ErrNoRows))
}

// IssueLast implements provider.Codes. Two that are sent at once wait for each other
// at the flow's id; whoever comes second has the other one.
func (s *Codes) IssueLast(ctx context.Context, g provider.Grant, c provider.Code, again uuid.UUID) error {
	with := issueArgs(ctx, g, c)
	with["again"] = again
	return pg.QueryLater(ctx, func(issued []uuid.UUID, err error) error {
		if err != nil || len(issued) != 1 {
			return notIssued(err)
		}
		return nil
	}, pgx.RowTo[uuid.UUID], `
		WITH `+liveGranted+`, coded AS (
			INSERT INTO `+codeColumns+`
			SELECT `+codeValues+`, @flow FROM granted
			ON CONFLICT (tenant_id, flow_id) DO NOTHING
			RETURNING grant_id
		), coded_again AS (
			INSERT INTO `+codeColumns+`
			SELECT `+codeValues+`, @again FROM granted WHERE NOT EXISTS (SELECT FROM coded)
			RETURNING grant_id
		)
		SELECT grant_id FROM coded UNION ALL SELECT grant_id FROM coded_again`, with)
}

// Spend implements provider.Codes. The UPDATE is the gate: of parallel callers
// one finds the code unused, the others wait at its row and then do not.
func (s *Codes) Spend(ctx context.Context, clientID uuid.UUID, hash []byte, first provider.RefreshToken) (provider.Redemption, error) {
	with := pg.Named{"hash": hash, "client": clientID, "first": first.Hash, "idle": first.IdleTTL, "tenant_mark": mark(ctx)}
	maps.Copy(with, holderArgs(first.Holder))
	spent, err := pg.Query(ctx, s.DB, toRedemption, `
		WITH spent AS (
			UPDATE codes SET spent_at = now()
			WHERE codes.hash = @hash AND codes.spent_at IS NULL AND (codes.expires_at > now()) IS TRUE AND EXISTS (
				SELECT FROM grants g`+ofGrant+`
					CROSS JOIN LATERAL (SELECT ended_at FROM sessions WHERE id = g.session_id OFFSET 0) s
				WHERE g.id = codes.grant_id AND (g.client_id = @client) IS TRUE AND s.ended_at IS NULL AND `+grantStands+`
				OFFSET 0)
			RETURNING *
		), granted AS MATERIALIZED (
			SELECT g.* FROM spent CROSS JOIN LATERAL (SELECT * FROM grants WHERE id = spent.grant_id OFFSET 0) g
		), started AS (
			INSERT INTO refresh_tokens (hash, grant_id, expires_at, holder_address, holder_device, holder_proof)
			SELECT @first, granted.id, least(now() + @idle::interval, granted.expires_at), @address, @device, @proof FROM granted
			WHERE granted.offline AND @first::bytea IS NOT NULL
		)
		SELECT spent.hash, spent.flow_id, spent.redirect_uri, spent.redirect_uri_sent, spent.challenge, spent.nonce,
			spent.expires_at - spent.issued_at, `+grantColumns+`, `+userColumns+`
		FROM spent CROSS JOIN granted g`+userOfGrant,
		with)
	if err != nil {
		return provider.Redemption{}, pg.Wrap("spend code", err)
	}
	if len(spent) == 1 {
		return spent[0], nil
	}
	grant, err := s.refusal(ctx, clientID, hash)
	return provider.Redemption{Grant: provider.Grant{ID: grant}}, pg.Wrap("spend code", err)
}

func toRedemption(row pgx.CollectableRow) (r provider.Redemption, err error) {
	c := &r.Code
	fields := []any{&c.Hash, &c.FlowID, &c.RedirectURI, &c.RedirectURISent, &c.Challenge, &c.Nonce, &c.TTL}
	err = row.Scan(append(append(fields, grantFields(&r.Grant)...), userFields(&r.User)...)...)
	return r, err
}

// refusal finds out why a code could not be spent, and of what grant it is.
func (s *Codes) refusal(ctx context.Context, clientID uuid.UUID, hash []byte) (grant uuid.UUID, err error) {
	type facts struct {
		GrantID uuid.UUID
		Spent   bool
		Expired bool
	}
	found, err := pg.One(ctx, s.DB, pgx.RowToStructByPos[facts], `
		SELECT g.id, codes.spent_at IS NOT NULL, codes.expires_at <= now()
		FROM codes CROSS JOIN LATERAL (SELECT id, client_id FROM grants WHERE id = codes.grant_id OFFSET 0) g
		WHERE codes.hash = $1 AND g.client_id = $2`, hash, clientID)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return uuid.Nil, provider.ErrCodeUnknown
	case err != nil:
		return uuid.Nil, err
	case found.Spent:
		return found.GrantID, provider.ErrCodeSpent
	case found.Expired:
		return uuid.Nil, provider.ErrCodeUnknown
	default:
		return uuid.Nil, provider.ErrGrantRevoked
	}
}
