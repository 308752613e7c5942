package storage

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/identity"
	"plinto/internal/memory"
	"plinto/provider"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// AccessTokens implements provider.AccessTokens. What stands is held in memory
// for some seconds, until anything of the tenant ends; what does not stand never is.
type AccessTokens struct {
	*DB
	cache *copies[inspected]
}

func newAccessTokens(db *DB, on copyOptions) *AccessTokens {
	c := newCopies[inspected](on, "tokens", memory.Limits{Announced: copyTokens})
	db.OnEnded(c.Invalidate)
	return &AccessTokens{db, c}
}

// Create implements provider.AccessTokens. Issued is when the database says,
// like every time that a not-before mark is compared with.
func (s *AccessTokens) Create(ctx context.Context, t provider.AccessToken) error {
	err := pg.ExecTogether(ctx, s.DB, `
		INSERT INTO access_tokens (hash, jti, grant_id, client_id, subject, scopes, audience, expires_at)
		VALUES (@hash, @jti, nullif(@grant::uuid, '00000000-0000-0000-0000-000000000000'), @client,
			@subject, @scopes, @audience, @expires)`,
		pg.Named{
			"hash": t.Hash, "jti": t.JTI, "grant": t.GrantID, "client": t.ClientID, "subject": t.Subject,
			"scopes": list(t.Scopes), "audience": list(t.Audience), "expires": t.ExpiresAt,
		})
	return pg.Wrap("create access token", err)
}

// inspected is an access token with what it hangs on.
type inspected struct {
	token provider.AccessToken
	grant provider.Grant
	user  identity.User
	mark  time.Time // the tenant's not-before it was judged by
}

// held returns what memory holds under key, judged by today's mark of the tenant.
func (s *AccessTokens) held(ctx context.Context, name string, load func(context.Context) (inspected, error)) (inspected, error) {
	t, err := tenant.From(ctx)
	if err != nil {
		return inspected{}, err
	}
	found, err := s.cache.Get(ctx, copyKey{Scope: t.ID, Name: name}, func(ctx context.Context) (inspected, error) {
		found, err := load(ctx)
		found.mark = mark(ctx)
		return found, err
	})
	if err == nil && !found.mark.Equal(t.NotBefore) {
		return load(ctx)
	}
	return found, err
}

// Inspect implements provider.AccessTokens. A token without a grant has no user
// either: the columns of both are NULL and both stay zero.
func (s *AccessTokens) Inspect(ctx context.Context, hash []byte) (provider.AccessToken, provider.Grant, identity.User, error) {
	found, err := s.held(ctx, string(hash), func(ctx context.Context) (inspected, error) { return s.inspect(ctx, hash) })
	if err == nil && !time.Now().Before(found.token.ExpiresAt) {
		err = provider.ErrTokenUnknown
	}
	if err != nil {
		return provider.AccessToken{}, provider.Grant{}, identity.User{}, err
	}
	return found.token, found.grant, found.user, nil
}

func (s *AccessTokens) inspect(ctx context.Context, hash []byte) (inspected, error) {
	found, err := pg.One(ctx, s.DB, toInspected, `
		SELECT a.hash, a.jti, a.client_id, c.client_id, a.subject, a.scopes, a.audience, a.issued_at, a.expires_at,
			g.id IS NOT NULL, `+grantColumns+`, `+userColumns+`
		FROM access_tokens a
			CROSS JOIN LATERAL (SELECT client_id, not_before, disabled_at FROM clients WHERE id = a.client_id OFFSET 0) c
			LEFT JOIN LATERAL (SELECT * FROM grants WHERE id = a.grant_id OFFSET 0) g ON true
			LEFT JOIN LATERAL (SELECT * FROM users WHERE id = g.user_id OFFSET 0) u ON true
		WHERE a.hash = @hash AND (a.expires_at > now()) IS TRUE AND a.issued_at >= @tenant_mark
			AND c.disabled_at IS NULL AND a.issued_at >= c.not_before
			AND (a.grant_id IS NULL OR `+grantStands+`)`,
		pg.Named{"hash": hash, "tenant_mark": mark(ctx)})
	return found, pg.Wrap("inspect access token", pg.Absent(err, provider.ErrTokenUnknown))
}

func toInspected(row pgx.CollectableRow) (i inspected, err error) {
	t, granted := &i.token, false
	own := []any{&t.Hash, &t.JTI, &t.ClientID, &t.Client, &t.Subject, &t.Scopes, &t.Audience, &t.IssuedAt, &t.ExpiresAt, &granted}
	rest := append(grantFields(&i.grant), userFields(&i.user)...)
	// Scan only what is there: the pointers of the rest cannot take NULL.
	if err = row.Scan(append(own, make([]any, len(rest))...)...); err != nil || !granted {
		return i, err
	}
	err = row.Scan(append(own, rest...)...)
	t.GrantID = i.grant.ID
	return i, err
}

// InspectJWT implements provider.AccessTokens.
func (s *AccessTokens) InspectJWT(ctx context.Context, jti string, grantID uuid.UUID) (provider.Grant, identity.User, error) {
	found, err := s.held(ctx, jti+string(grantID[:]), func(ctx context.Context) (inspected, error) { return s.inspectJWT(ctx, jti, grantID) })
	return found.grant, found.user, err
}

func (s *AccessTokens) inspectJWT(ctx context.Context, jti string, grantID uuid.UUID) (inspected, error) {
	if grantID == uuid.Nil {
		revoked, err := pg.One(ctx, s.DB, pgx.RowTo[bool], `SELECT EXISTS (SELECT FROM revoked_jwts WHERE jti = $1)`, jti)
		if err == nil && revoked {
			err = provider.ErrTokenUnknown
		}
		return inspected{}, pg.Wrap("inspect token", err)
	}
	found, err := pg.One(ctx, s.DB, func(row pgx.CollectableRow) (i inspected, err error) {
		err = row.Scan(append(grantFields(&i.grant), userFields(&i.user)...)...)
		return i, err
	}, `
		SELECT `+grantColumns+`, `+userColumns+`
		FROM grants g`+ofGrant+`
		WHERE g.id = @grant AND `+grantStands+`
			AND NOT EXISTS (SELECT FROM revoked_jwts WHERE jti = @jti)`,
		pg.Named{"grant": grantID, "jti": jti, "tenant_mark": mark(ctx)})
	return found, pg.Wrap("inspect token", pg.Absent(err, provider.ErrTokenUnknown))
}

// Delete implements provider.AccessTokens.
func (s *AccessTokens) Delete(ctx context.Context, hash []byte) (deleted bool, err error) {
	n, err := pg.Exec(ctx, s.DB, `DELETE FROM access_tokens WHERE hash = $1`, hash)
	return n > 0, pg.Wrap("delete access token", err)
}

// RevokeJWT implements provider.AccessTokens.
func (s *AccessTokens) RevokeJWT(ctx context.Context, jti string, expires time.Time) (revoked bool, err error) {
	n, err := pg.Exec(ctx, s.DB, `
		INSERT INTO revoked_jwts (jti, expires_at) VALUES ($1, $2)
		ON CONFLICT (tenant_id, jti) DO NOTHING`, jti, expires)
	return n > 0, pg.Wrap("revoke token", err)
}
