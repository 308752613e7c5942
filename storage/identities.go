package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/federation"
	"plinto/identity"
	"plinto/storage/internal/pg"
)

// Identities implements federation.Identities.
type Identities struct{ *DB }

const holderColumns = userColumns + `, ` + holdsFactor + `, d.id, coalesce(` + deviceRemembered + `, false), u.known_by_cookie`

func holderFields(h *federation.Holder, more ...any) []any {
	return append(append(userFields(&h.User), &h.SecondFactor, (*zeronull.UUID)(&h.Device.ID), &h.Device.Remembered, &h.Device.ByCookie), more...)
}

// ByKey implements federation.Identities.
func (s *Identities) ByKey(ctx context.Context, connection uuid.UUID, issuer, subject string, device []byte) (federation.Holder, error) {
	h, err := pg.One(ctx, s.DB, func(row pgx.CollectableRow) (h federation.Holder, err error) {
		err = row.Scan(holderFields(&h, &h.Identity, &h.Given)...)
		h.Device.Known = h.Device.ID != uuid.Nil
		return h, err
	}, `SELECT `+holderColumns+`, i.id, i.given FROM user_identities i JOIN users u ON u.id = i.user_id
		LEFT JOIN user_devices d ON d.user_id = i.user_id AND d.hash = @device AND `+deviceKnown+`
		WHERE i.connection_id = @connection AND i.issuer = @issuer AND i.subject = @subject`,
		pg.Named{"connection": connection, "issuer": issuer, "subject": subject, "device": device, "tenant_mark": mark(ctx)})
	return h, pg.Wrap("find identity", pg.Absent(err, federation.ErrIdentityNotFound))
}

// ByEmail implements federation.Identities.
func (s *Identities) ByEmail(ctx context.Context, connection uuid.UUID, canonical string, device []byte) (federation.Holder, error) {
	h, err := pg.One(ctx, s.DB, func(row pgx.CollectableRow) (h federation.Holder, err error) {
		err = row.Scan(holderFields(&h, &h.Guarded)...)
		h.Device.Known = h.Device.ID != uuid.Nil
		return h, err
	}, `SELECT `+holderColumns+`, EXISTS (SELECT FROM user_identities x WHERE x.user_id = u.id AND x.connection_id = @connection)
			OR EXISTS (SELECT FROM user_roles r WHERE r.user_id = u.id) OR EXISTS (SELECT FROM memberships m WHERE m.user_id = u.id AND m.roles <> '{}')
		FROM user_identifiers i CROSS JOIN LATERAL (SELECT * FROM users WHERE id = i.user_id OFFSET 0) u
		LEFT JOIN user_devices d ON d.user_id = i.user_id AND d.hash = @device AND `+deviceKnown+`
		WHERE i.canonical = @name AND i.kind IN ('email', 'other_email')`,
		pg.Named{"name": canonical, "device": device, "connection": connection, "tenant_mark": mark(ctx)})
	return h, pg.Wrap("find user of address", pg.Absent(err, identity.ErrUserNotFound))
}

// Add implements federation.Identities. The row of the user is locked: they are active and have the mark when it is committed,
// and of many identities that are added at once no more find room than there is.
func (s *Identities) Add(ctx context.Context, i federation.Identity, mark time.Time) error {
	stands, err := pg.One(ctx, s.DB, pgx.RowTo[bool], `
		SELECT disabled_at IS NULL AND not_before = coalesce($2::timestamptz, '-infinity') FROM users WHERE id = $1 FOR NO KEY UPDATE`, i.UserID, zeronull.Timestamptz(mark))
	if err == nil && !stands || errors.Is(err, pgx.ErrNoRows) {
		err = identity.ErrRefused
	}
	if err != nil {
		return pg.Wrap("lock user", err)
	}
	n, err := pg.Exec(ctx, s.DB, `
		INSERT INTO user_identities (id, connection_id, issuer, subject, user_id, label)
		SELECT @id, @connection, @issuer, @subject, @user, @label WHERE (SELECT count(*) FROM user_identities WHERE user_id = @user) < @most
		ON CONFLICT ON CONSTRAINT user_identities_subject_key DO NOTHING`, pg.Named{
		"id": i.ID, "connection": i.Connection, "issuer": i.Issuer, "subject": i.Subject, "user": i.UserID, "label": i.Label, "most": federation.MaxIdentities,
	})
	switch {
	case pg.Constraint(err) == "user_identities_connection_fkey":
		return federation.ErrSpent
	case err != nil || n > 0:
		return pg.Wrap("add identity", err)
	}
	return s.notAdded(ctx, &i)
}

// notAdded says why an identity was not added.
func (s *Identities) notAdded(ctx context.Context, i *federation.Identity) error {
	taken, err := pg.One(ctx, s.DB, pgx.RowTo[bool], `
		SELECT EXISTS (SELECT FROM user_identities WHERE connection_id = $1 AND issuer = $2 AND subject = $3)`, i.Connection, i.Issuer, i.Subject)
	switch {
	case err != nil:
		return pg.Wrap("find identity", err)
	case taken:
		return federation.ErrIdentityTaken
	}
	return federation.ErrTooManyIDs
}

// Spend implements federation.Identities. The INSERT and the UPDATE are the gates: see Passkeys.Use.
func (s *Identities) Spend(ctx context.Context, u federation.Use) error {
	err := pg.ExecLaterOr(ctx, s.DB, finishedBefore, `
		WITH spent AS (
			INSERT INTO spent_challenges (hash, expires_at)
			SELECT $1, $2 FROM connections WHERE id = $3 AND version = $4 AND disabled_at IS NULL AND (`+organizationTakes+`)
			ON CONFLICT DO NOTHING RETURNING hash
		), used AS (
			UPDATE user_identities SET used_at = now(), label = $7 WHERE id = $5 AND user_id = $6 AND connection_id = $3 RETURNING id
		)
		SELECT 1 / (SELECT count(*) FROM spent, used)`, u.State, u.Until, u.Connection, u.Version, u.Identity, u.UserID, u.Label)
	if err != nil || u.Assertion == nil {
		return err
	}
	return pg.ExecLaterOr(ctx, s.DB, finishedBefore, `
		WITH spent AS (INSERT INTO spent_challenges (hash, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING hash)
		SELECT 1 / (SELECT count(*) FROM spent)`, u.Assertion, u.Until)
}

func finishedBefore(err error) error {
	if pg.IsDivisionByZero(err) {
		return federation.ErrSpent
	}
	return pg.Wrap("finish round", err)
}

// Holdings implements federation.GivenRoles.
func (s *Identities) Holdings(ctx context.Context, user uuid.UUID, in []uuid.UUID) (federation.Holdings, error) {
	type holding struct {
		In     zeronull.UUID
		Member bool
		Roles  []string
	}
	rows, err := pg.Query(ctx, s.DB, pgx.RowToStructByPos[holding], `
		SELECT NULL::uuid, true, ARRAY(SELECT key FROM user_roles WHERE user_id = $1)
		UNION ALL
		SELECT o.id, m.roles IS NOT NULL, coalesce(m.roles, '{}')
		FROM organizations o LEFT JOIN memberships m ON m.organization_id = o.id AND m.user_id = $1
		WHERE o.id = ANY($2) AND o.suspended_at IS NULL`, user, in)
	held := make(federation.Holdings, len(rows))
	for _, r := range rows {
		held[uuid.UUID(r.In)] = federation.Holding{Member: r.Member, Roles: r.Roles}
	}
	return held, pg.Wrap("find roles of user", err)
}

// GivenBy implements federation.GivenRoles.
func (s *Identities) GivenBy(ctx context.Context, id uuid.UUID) (given []federation.Given, err error) {
	given, err = pg.One(ctx, s.DB, toGiven, `SELECT given FROM user_identities WHERE id = $1 FOR NO KEY UPDATE`, id)
	return given, pg.Wrap("find given roles", pg.Absent(err, federation.ErrIdentityNotFound))
}

func toGiven(row pgx.CollectableRow) (given []federation.Given, err error) {
	err = row.Scan(&given)
	return given, err
}

// SetGiven implements federation.GivenRoles.
func (s *Identities) SetGiven(ctx context.Context, id uuid.UUID, given []federation.Given) error {
	if given == nil {
		given = []federation.Given{}
	}
	body, err := json.Marshal(given)
	if err != nil {
		return fmt.Errorf("write given roles: %w", err)
	}
	n, err := pg.Exec(ctx, s.DB, `UPDATE user_identities SET given = $2 WHERE id = $1`, id, body)
	if err == nil && n == 0 {
		err = federation.ErrIdentityNotFound
	}
	return pg.Wrap("note given roles", err)
}

// Of implements federation.Identities.
func (s *Identities) Of(ctx context.Context, user uuid.UUID) ([]federation.Identity, error) {
	all, err := pg.Query(ctx, s.DB, toIdentity, `
		SELECT i.id, i.connection_id, i.issuer, i.subject, i.user_id, i.label, i.created_at, i.used_at, c.slug, coalesce(c.spec ->> 'name', '`+unreadableName+`')
		FROM user_identities i JOIN connections c ON c.id = i.connection_id WHERE i.user_id = $1 ORDER BY i.id`, user)
	return all, pg.Wrap("list identities", err)
}

func toIdentity(row pgx.CollectableRow) (i federation.Identity, err error) {
	err = row.Scan(&i.ID, &i.Connection, &i.Issuer, &i.Subject, &i.UserID, &i.Label, &i.CreatedAt, (*zeronull.Timestamptz)(&i.UsedAt), &i.Slug, &i.Name)
	return i, err
}

// Remove implements federation.Identities.
func (s *Identities) Remove(ctx context.Context, user, id uuid.UUID) (federation.Identity, error) {
	pg.EndsTokens(ctx, s.DB)
	i, err := pg.One(ctx, s.DB, func(row pgx.CollectableRow) (i federation.Identity, err error) {
		return i, row.Scan(&i.ID, &i.Connection, &i.Issuer, &i.Subject, &i.UserID, &i.Label, &i.CreatedAt, (*zeronull.Timestamptz)(&i.UsedAt))
	}, `DELETE FROM user_identities WHERE user_id = $1 AND id = $2
		RETURNING id, connection_id, issuer, subject, user_id, label, created_at, used_at`, user, id)
	return i, pg.Wrap("remove identity", pg.Absent(err, federation.ErrIdentityNotFound))
}

// Came implements federation.Identities. The INSERT is the gate.
func (s *Identities) Came(ctx context.Context, hash []byte) (first bool, err error) {
	n, err := pg.Exec(ctx, s.DB, `INSERT INTO spent_challenges (hash, expires_at) VALUES ($1, now() + interval '10 years') ON CONFLICT DO NOTHING`, hash)
	return n == 1, pg.Wrap("note who came", err)
}

// Invited implements federation.Identities.
func (s *Identities) Invited(ctx context.Context, organization uuid.UUID, canonical string) (bool, error) {
	is, err := pg.One(ctx, s.DB, pgx.RowTo[bool], `
		SELECT EXISTS (SELECT FROM organization_invitations i JOIN organizations o ON o.id = i.organization_id AND o.suspended_at IS NULL
			WHERE i.canonical = $1 AND ($2::uuid IS NULL OR i.organization_id = $2)
				AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now())`, canonical, zeronull.UUID(organization))
	return is, pg.Wrap("find invitation", err)
}

// Verified implements federation.Identities.
func (s *Identities) Verified(ctx context.Context, organization uuid.UUID, domain string) (bool, error) {
	is, err := pg.One(ctx, s.DB, pgx.RowTo[bool], `
		SELECT EXISTS (SELECT FROM organization_domains d JOIN organizations o ON o.id = d.organization_id AND o.suspended_at IS NULL
			WHERE d.verified = $2 AND d.organization_id = $1)`, organization, domain)
	return is, pg.Wrap("find verified domain", err)
}

// UseLogout implements federation.LogoutTokens.
func (s *Identities) UseLogout(ctx context.Context, hash []byte, until time.Time, of federation.Identity) (uuid.UUID, error) {
	type use struct {
		Fresh bool
		Of    zeronull.UUID
	}
	found, err := pg.One(ctx, s.DB, pgx.RowToStructByPos[use], `
		WITH used AS (
			INSERT INTO spent_challenges (hash, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING hash
		)
		SELECT EXISTS (SELECT FROM used), (SELECT id FROM user_identities WHERE connection_id = $3 AND issuer = $4 AND subject = $5)`,
		hash, until, of.Connection, of.Issuer, of.Subject)
	if err == nil && !found.Fresh {
		err = federation.ErrLogoutRepeated
	}
	return uuid.UUID(found.Of), pg.Wrap("use logout token", err)
}
