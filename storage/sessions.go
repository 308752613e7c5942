package storage

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/identity"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// Sessions implements identity.Sessions.
type Sessions struct {
	*DB
	hot  *hotCopies
	jobs *Jobs // who ends sessions later
	// stands says whether what was begun with an identity provider counts as far as its connection goes; nil: yes.
	stands func(context.Context, identity.Upstream) bool
}

func newSessions(db *DB, hot *hotCopies) *Sessions { return &Sessions{DB: db, hot: hot} }

// sessionColumns are read by toSession, of session s of user u.
const sessionColumns = `s.id, s.token_hash, s.user_id, s.auth_time, s.amr, s.acr, s.ip, s.agent, s.remembered,
	s.idle_ttl, s.expires_at, s.created_at, s.seen_at, s.rotated_at, nullif(s.mark, '-infinity'), ` + sessionHoldsFactor + `,
	s.waived_by, coalesce(u.password_state, ''), u.delete_at, s.gap, s.connection_id, s.identity_id, coalesce(s.connection_epoch, 0), s.upstream_sid, s.upstream_name`

// sessionStands is whether session s of user u serves: judged by the database's
// clock. @tenant_mark is the tenant's not-before. A session without a mark was made
// by a server that knew none.
const sessionStands = `s.ended_at IS NULL AND (s.expires_at > now()) IS TRUE AND s.seen_at + s.idle_ttl > now()
	AND s.created_at >= @tenant_mark AND coalesce(s.mark = u.not_before, s.created_at >= u.not_before) AND u.disabled_at IS NULL
	AND (s.identity_id IS NULL OR EXISTS (` + identityStands + ` WHERE i.id = s.identity_id AND n.epoch = s.connection_epoch AND n.disabled_at IS NULL OFFSET 0))`

// identityStands is identity i with its connection n. What was begun with an account at an identity provider counts as long as the
// account is its user's, and the connection is enabled and has the epoch of then. Both are looked up by key: see grantStands.
const identityStands = `
	SELECT FROM user_identities i CROSS JOIN LATERAL (SELECT epoch, disabled_at FROM connections WHERE id = i.connection_id OFFSET 0) n`

// ofSession is user u of session s, found by key: see grantStands.
const ofSession = ` CROSS JOIN LATERAL (SELECT * FROM users WHERE id = s.user_id OFFSET 0) u`

// touchEvery is how exact the idle limit is.
const touchEvery = time.Minute

func toSession(row pgx.CollectableRow) (s identity.Session, err error) {
	err = row.Scan(&s.ID, &s.TokenHash, &s.UserID, &s.AuthTime, &s.AMR, &s.ACR, &s.IP, &s.Agent, &s.Remembered,
		&s.IdleTTL, &s.ExpiresAt, &s.CreatedAt, &s.SeenAt, &s.RotatedAt, (*zeronull.Timestamptz)(&s.Mark), &s.SecondFactor,
		(*zeronull.UUID)(&s.WaivedBy), &s.PasswordState, (*zeronull.Timestamptz)(&s.DeleteAt), &s.Gap,
		(*zeronull.UUID)(&s.Upstream.Connection), (*zeronull.UUID)(&s.Upstream.Identity), &s.Upstream.Epoch, &s.Upstream.SID, &s.Upstream.Name)
	return s, err
}

// Create implements identity.Sessions. The user's row is locked against an eviction
// until the session is there: one that comes first changes the mark, so there is no
// session; one that comes second finds the session and ends it. Without a user the
// row breaks its own rule and the transaction fails as a whole, events included: no
// extra round trip is needed to look first.
func (s *Sessions) Create(ctx context.Context, made identity.Session) error {
	return pg.ExecLaterOr(ctx, s.DB, refusedSession, `
		INSERT INTO sessions (id, token_hash, user_id, auth_time, amr, acr, ip, agent, remembered,
			idle_ttl, expires_at, seen_at, rotated_at, mark, waived_by, connection_id, identity_id, connection_epoch, upstream_sid, upstream_name)
		VALUES (@id, @token_hash,
			(SELECT id FROM users WHERE id = @user_id AND disabled_at IS NULL
				AND not_before = coalesce(@mark::timestamptz, '-infinity') FOR SHARE),
			@auth_time, @amr, @acr, @ip, @agent, @remembered,
			@idle_ttl, @expires_at, least(@seen_at, now()), least(@rotated_at, now()), coalesce(@mark::timestamptz, '-infinity'), @waived_by, @connection, @identity, @epoch, @upstream_sid, @upstream_name)`,
		upstreamArgs(made.Upstream, pg.Named{
			"id": made.ID, "token_hash": made.TokenHash, "user_id": made.UserID, "auth_time": made.AuthTime,
			"amr": list(made.AMR), "acr": made.ACR, "ip": printable(made.IP), "agent": printable(made.Agent),
			"remembered": made.Remembered, "idle_ttl": made.IdleTTL, "expires_at": made.ExpiresAt,
			"seen_at": made.SeenAt, "rotated_at": made.RotatedAt, "mark": zeronull.Timestamptz(made.Mark),
			"waived_by": zeronull.UUID(made.WaivedBy),
		}))
}

func upstreamArgs(u identity.Upstream, with pg.Named) pg.Named {
	with["connection"], with["identity"], with["upstream_sid"] = zeronull.UUID(u.Connection), zeronull.UUID(u.Identity), u.SID
	with["epoch"], with["upstream_name"] = u.Epoch, u.Name
	return with
}

// refusedSession knows a session that had no user to be of.
func refusedSession(err error) error {
	if pg.IsMissing(err, "sessions", "user_id") {
		return identity.ErrNoSession
	}
	return pg.Wrap("create session", err)
}

// ByToken implements identity.Sessions: no SQL while Redis has a copy.
func (s *Sessions) ByToken(ctx context.Context, tokenHash []byte) (identity.Session, error) {
	joined, err := pg.Joined(ctx)
	if err != nil {
		return identity.Session{}, err
	}
	if !joined {
		if found, ok := s.hot.find(ctx, tokenHash); ok && (s.stands == nil || s.stands(ctx, found.Upstream)) {
			return found, nil
		}
	}
	return s.row(ctx, tokenHash)
}

// Current implements identity.Sessions. A copy that says otherwise is not served again.
func (s *Sessions) Current(ctx context.Context, tokenHash []byte) (identity.Session, error) {
	found, err := s.row(ctx, tokenHash)
	if errors.Is(err, identity.ErrNoSession) {
		s.hot.deny(ctx, tokenHash)
	}
	return found, err
}

// row reads a session, and keeps a copy.
func (s *Sessions) row(ctx context.Context, tokenHash []byte) (identity.Session, error) {
	joined, err := pg.Joined(ctx)
	if err != nil {
		return identity.Session{}, err
	}
	asked := time.Now()
	found, err := pg.One(ctx, s.DB, toSession, `
		SELECT `+sessionColumns+` FROM sessions s`+ofSession+`
		WHERE s.token_hash = @token_hash AND `+sessionStands,
		pg.Named{"token_hash": tokenHash, "tenant_mark": mark(ctx)})
	if err != nil {
		return identity.Session{}, pg.Wrap("find session of tenant "+tenant.Must(ctx).ID.String(), pg.Absent(err, identity.ErrNoSession))
	}
	if !joined { // what a transaction sees may never be committed
		s.hot.put(ctx, found, asked)
	}
	return found, nil
}

// Renew implements identity.Sessions.
func (s *Sessions) Renew(ctx context.Context, old []byte, renewed identity.Session) error {
	changed, err := pg.Exec(ctx, s.DB, `
		UPDATE sessions s SET token_hash = @token_hash, auth_time = @auth_time, amr = @amr, acr = @acr,
			remembered = @remembered, idle_ttl = @idle_ttl, expires_at = @expires_at, waived_by = @waived_by,
			connection_id = @connection, identity_id = @identity, connection_epoch = @epoch, upstream_sid = @upstream_sid, upstream_name = @upstream_name,
			gap = CASE WHEN s.auth_time = @auth_time THEN greatest(s.gap, now() - s.seen_at) ELSE '0' END,
			seen_at = now(), rotated_at = least(@rotated_at, now())
		WHERE s.id = @id AND s.token_hash = @old
			AND coalesce(s.mark = coalesce(@mark::timestamptz, '-infinity'), true)
			AND EXISTS (SELECT FROM users u WHERE u.id = s.user_id AND `+sessionStands+` OFFSET 0)`,
		upstreamArgs(renewed.Upstream, pg.Named{
			"id": renewed.ID, "old": old, "token_hash": renewed.TokenHash, "auth_time": renewed.AuthTime,
			"amr": list(renewed.AMR), "acr": renewed.ACR, "remembered": renewed.Remembered, "idle_ttl": renewed.IdleTTL,
			"expires_at": renewed.ExpiresAt, "rotated_at": renewed.RotatedAt,
			"mark": zeronull.Timestamptz(renewed.Mark), "tenant_mark": mark(ctx), "waived_by": zeronull.UUID(renewed.WaivedBy),
		}))
	if err != nil {
		return pg.Wrap("renew session", err)
	}
	if changed == 0 {
		return identity.ErrNoSession
	}
	return s.hot.end(ctx, s.DB, old)
}

// Touch implements identity.Sessions. The token must still be the session's:
// an old cookie does not keep the session that replaced it alive. A session that is
// over gets no fresh copy, whatever old one was read.
func (s *Sessions) Touch(ctx context.Context, seen identity.Session) error {
	joined, err := pg.Joined(ctx)
	if err != nil {
		return err
	}
	if time.Since(seen.SeenAt) < touchEvery {
		return nil
	}
	asked := time.Now()
	touched, err := pg.Query(ctx, s.DB, toSession, `
		WITH touched AS (
			UPDATE sessions s SET seen_at = now(), gap = greatest(s.gap, now() - s.seen_at)
			WHERE s.id = @id AND s.token_hash = @token_hash AND s.seen_at < now() - @every::interval
				AND EXISTS (SELECT FROM users u WHERE u.id = s.user_id AND `+sessionStands+` OFFSET 0)
			RETURNING *
		)
		SELECT `+sessionColumns+` FROM touched s`+ofSession,
		pg.Named{"id": seen.ID, "token_hash": seen.TokenHash, "every": touchEvery, "tenant_mark": mark(ctx)})
	if err == nil && len(touched) == 1 && !joined {
		s.hot.put(ctx, touched[0], asked)
	}
	return pg.Wrap("touch session", err)
}

// End implements identity.Sessions.
func (s *Sessions) End(ctx context.Context, id uuid.UUID) ([]identity.EndedSession, error) {
	ended, err := s.end(ctx, `
		UPDATE sessions SET ended_at = now() WHERE id = $1 AND ended_at IS NULL
		RETURNING id, user_id, token_hash`, id)
	return ended, pg.Wrap("end session", err)
}

// Of implements identity.SessionsOfUser.
func (s *Sessions) Of(ctx context.Context, user uuid.UUID, limit int) ([]identity.Session, error) {
	found, err := pg.Query(ctx, s.DB, toSession, `
		SELECT `+sessionColumns+` FROM sessions s`+ofSession+`
		WHERE s.user_id = @user AND `+sessionStands+` ORDER BY s.seen_at DESC, s.id LIMIT @limit`,
		pg.Named{"user": user, "limit": limit, "tenant_mark": mark(ctx)})
	return found, pg.Wrap("list sessions", err)
}

// EndOf implements identity.SessionsOfUser.
func (s *Sessions) EndOf(ctx context.Context, user, id uuid.UUID) ([]identity.EndedSession, error) {
	ended, err := s.end(ctx, `
		UPDATE sessions SET ended_at = now() WHERE id = $1 AND user_id = $2 AND ended_at IS NULL
		RETURNING id, user_id, token_hash`, id, user)
	return ended, pg.Wrap("end session", err)
}

// The sessions of a connection that are of an epoch before its present one, those of an identity, and those of a provider's session.
// Locked in order, as an array: see endEvicted.
const (
	endBegunBefore = `
		UPDATE sessions SET ended_at = now()
		WHERE ended_at IS NULL AND id = ANY(ARRAY(
			SELECT id FROM sessions WHERE id = ANY(ARRAY(
				SELECT id FROM sessions WHERE connection_id = $1 AND ended_at IS NULL
					AND connection_epoch < (SELECT epoch FROM connections WHERE id = $1) LIMIT $2))
			ORDER BY id FOR UPDATE))
		RETURNING id, user_id, token_hash`
	endBegunByIdentity = `
		UPDATE sessions SET ended_at = now()
		WHERE ended_at IS NULL AND id = ANY(ARRAY(
			SELECT id FROM sessions WHERE id = ANY(ARRAY(
				SELECT id FROM sessions WHERE connection_id = $1 AND identity_id = $3 AND ended_at IS NULL
					AND ($4::bytea IS NULL OR upstream_sid IS NULL OR upstream_sid = $4) ORDER BY connection_id, identity_id LIMIT $2))
			ORDER BY id FOR UPDATE))
		RETURNING id, user_id, token_hash`
	endBegunUpstream = `
		UPDATE sessions SET ended_at = now()
		WHERE ended_at IS NULL AND id = ANY(ARRAY(
			SELECT id FROM sessions WHERE id = ANY(ARRAY(
				SELECT id FROM sessions WHERE upstream_sid = $3 AND ended_at IS NULL AND connection_id = $1 LIMIT $2))
			ORDER BY id FOR UPDATE))
		RETURNING id, user_id, token_hash`
)

// EndBegun implements identity.FederatedSessions.
func (s *Sessions) EndBegun(ctx context.Context, b identity.Begun, limit int) (ended []identity.EndedSession, err error) {
	switch {
	case b.Identity != uuid.Nil:
		ended, err = s.end(ctx, endBegunByIdentity, b.Connection, limit, b.Identity, b.SID)
	case b.SID != nil:
		ended, err = s.end(ctx, endBegunUpstream, b.Connection, limit, b.SID)
	default:
		ended, err = s.end(ctx, endBegunBefore, b.Connection, limit)
	}
	return ended, pg.Wrap("end sessions begun with a provider", err)
}

type endedRow struct {
	ID, UserID uuid.UUID
	TokenHash  []byte
}

// end ends the sessions that sql marks. What hangs on them is revoked by a
// statement of its own: it must see grants that were committed while the first
// one waited for the session's row (Codes.Issue holds it).
func (s *Sessions) end(ctx context.Context, sql string, args ...any) (ended []identity.EndedSession, err error) {
	err = s.InTx(ctx, func(ctx context.Context) error {
		rows, err := pg.Query(ctx, s.DB, pgx.RowToStructByPos[endedRow], sql, args...)
		if err != nil || len(rows) == 0 {
			return err
		}
		ids, hashes := make([]uuid.UUID, len(rows)), make([][]byte, len(rows))
		for i, row := range rows {
			ids[i], hashes[i] = row.ID, row.TokenHash
		}
		clients, err := s.leave(ctx, ids)
		if err != nil {
			return err
		}
		for _, row := range rows {
			ended = append(ended, identity.EndedSession{ID: row.ID, UserID: row.UserID, Clients: clients[row.ID]})
		}
		return s.hot.end(ctx, s.DB, hashes...)
	})
	return ended, err
}

// mark returns the time before which the tenant recognises nothing.
func mark(ctx context.Context) time.Time {
	t, err := tenant.From(ctx)
	if err != nil {
		return time.Time{} // the statement that follows fails for the same reason
	}
	return t.NotBefore
}

// list makes a nil slice an empty array, not NULL.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
