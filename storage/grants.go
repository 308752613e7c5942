package storage

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/internal/keyset"
	"plinto/provider"
	"plinto/storage/internal/pg"
)

// Grants implements provider.Grants.
type Grants struct{ *DB }

// grantColumns are read by grantFields, of a table named g.
const grantColumns = `g.id, g.client_id, g.user_id, g.session_id, g.sid, g.scopes, g.resources, g.claims,
	g.auth_time, g.acr, g.amr, g.offline, g.created_at, g.expires_at, g.organization_id,
	(SELECT slug FROM organizations WHERE id = g.organization_id),
	coalesce((SELECT policy FROM organizations WHERE id = g.organization_id), '{}'),
	(SELECT roles FROM memberships WHERE organization_id = g.organization_id AND user_id = g.user_id)`

func grantFields(g *provider.Grant) []any {
	return []any{
		&g.ID, &g.ClientID, &g.UserID, &g.SessionID, &g.SID, &g.Scopes, &g.Resources, &g.Claims,
		&g.AuthTime, &g.ACR, &g.AMR, &g.Offline, &g.CreatedAt, &g.ExpiresAt,
		(*zeronull.UUID)(&g.Organization.ID), (*zeronull.Text)(&g.Organization.Slug), &g.Organization.Policy, &g.Organization.Roles,
	}
}

// grantStands is whether grant g of user u to client c may still be used:
// judged by the database's clock, at every use of anything that hangs on it.
// @tenant_mark is the tenant's not-before. The marks of user and client are those
// that the grant was made under; NULL was made by a server that knew none.
//
// Every row of a hot statement is found by its own key, one after the other, and
// then tested. Left to choose, Postgres starts elsewhere while its statistics
// are from an hour where that was little (all rows of the tenant, of the client,
// all that is alive), and keeps that plan while the tables grow. So each further
// row comes from a subquery that OFFSET 0 closes, and "(…) IS TRUE" keeps a
// condition away from indexes. TestHotStatements holds this.
const grantStands = `(g.revoked_at IS NULL AND (g.expires_at > now()) IS TRUE AND g.created_at >= @tenant_mark
	AND u.disabled_at IS NULL AND coalesce(g.user_mark = u.not_before, g.created_at >= u.not_before)
	AND c.disabled_at IS NULL AND coalesce(g.client_mark = c.not_before, g.created_at >= c.not_before)
	AND ` + organizationStands + ` AND ` + upstreamStands + `)`

// organizationStands is whether the user of grant g may act for the organization of it, if
// there is one. A user who left and came back signs in again: what they granted before ended
// with the membership. OFFSET 0 has it looked up by key (see grantStands).
const organizationStands = `(g.organization_id IS NULL OR EXISTS (
	SELECT FROM memberships m CROSS JOIN LATERAL (SELECT suspended_at FROM organizations WHERE id = m.organization_id OFFSET 0) o
	WHERE m.organization_id = g.organization_id AND m.user_id = g.user_id AND (m.created_at <= g.created_at) IS TRUE AND o.suspended_at IS NULL
	OFFSET 0))`

// upstreamStands is whether the identity of grant g, if there is one, counts still. A grant outlives its session where it has
// offline access; it does not outlive the identity.
const upstreamStands = `(g.identity_id IS NULL OR EXISTS (` + identityStands + `
	WHERE i.id = g.identity_id AND n.epoch = g.connection_epoch AND n.disabled_at IS NULL OFFSET 0))`

// upstreamLost says why it does not, as organizationLost does.
const upstreamLost = `CASE WHEN ` + upstreamStands + ` THEN ''
	WHEN EXISTS (` + identityStands + ` WHERE i.id = g.identity_id AND n.disabled_at IS NOT NULL OFFSET 0) THEN 'connection_disabled'
	WHEN EXISTS (` + identityStands + ` WHERE i.id = g.identity_id OFFSET 0) THEN 'connection_sessions_ended'
	ELSE 'identity_unlinked' END`

// organizationLost says why not: a reason of event.GrantRevoked, or ”.
const organizationLost = `CASE WHEN ` + organizationStands + ` THEN ''
	WHEN EXISTS (SELECT FROM organizations WHERE id = g.organization_id AND suspended_at IS NOT NULL OFFSET 0) THEN 'organization_suspended'
	ELSE 'membership_ended' END`

// userOfGrant is user u of grant g.
const userOfGrant = `
	CROSS JOIN LATERAL (SELECT * FROM users WHERE id = g.user_id OFFSET 0) u`

// ofGrant are user u and client c of grant g.
const ofGrant = userOfGrant + `
	CROSS JOIN LATERAL (SELECT not_before, disabled_at FROM clients WHERE id = g.client_id OFFSET 0) c`

// Revoke implements provider.Grants.
func (s *Grants) Revoke(ctx context.Context, id uuid.UUID) (of provider.GrantParties, revoked bool, err error) {
	found, err := pg.Query(ctx, s.DB, pgx.RowToStructByPos[provider.GrantParties], `
		UPDATE grants SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL
		RETURNING client_id, user_id`, id)
	if err != nil || len(found) == 0 {
		return of, false, pg.Wrap("revoke grant", err)
	}
	return found[0], true, nil
}

// OfUser implements provider.Uses.
func (s *Grants) OfUser(ctx context.Context, user uuid.UUID, limit int) ([]provider.Use, error) {
	found, err := pg.Query(ctx, s.DB, pgx.RowToStructByPos[provider.Use], `
		SELECT g.client_id, max(g.created_at), bool_or(g.offline) FROM grants g`+ofGrant+`
		WHERE g.user_id = @user AND g.client_id IS NOT NULL AND `+grantStands+`
		GROUP BY g.client_id ORDER BY 2 DESC, 1 LIMIT @limit`,
		pg.Named{"user": user, "limit": limit, "tenant_mark": mark(ctx)})
	return found, pg.Wrap("find grants of user", err)
}

// PageOfUser implements provider.GrantsOfUsers.
func (s *Grants) PageOfUser(ctx context.Context, user uuid.UUID, w keyset.Window) ([]provider.Grant, error) {
	from, descending, limit := w.Scan()
	sql := `SELECT ` + grantColumns + ` FROM grants g` + ofGrant + ` WHERE g.user_id = @user AND g.id > @from AND ` + grantStands + ` ORDER BY g.id LIMIT @limit`
	if descending {
		sql = `SELECT ` + grantColumns + ` FROM grants g` + ofGrant + ` WHERE g.user_id = @user AND g.id < @from AND ` + grantStands + ` ORDER BY g.id DESC LIMIT @limit`
	}
	found, err := pg.Query(ctx, s.DB, func(row pgx.CollectableRow) (g provider.Grant, err error) {
		return g, row.Scan(grantFields(&g)...)
	}, sql, pg.Named{"user": user, "from": from, "limit": limit, "tenant_mark": mark(ctx)})
	return found, pg.Wrap("list grants of user", err)
}

func grantArgs(g provider.Grant) pg.Named {
	return pg.Named{
		"grant": g.ID, "client": g.ClientID, "user": g.UserID, "session": g.SessionID, "sid": g.SID,
		"scopes": list(g.Scopes), "resources": list(g.Resources), "claims": g.Claims,
		"auth_time": g.AuthTime, "acr": g.ACR, "amr": list(g.AMR), "offline": g.Offline,
		"grant_expires": zeronull.Timestamptz(g.ExpiresAt), "client_mark": zeronull.Timestamptz(g.ClientMark),
		"organization": zeronull.UUID(g.Organization.ID),
	}
}
