package storage

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/identity/mfa"
	"plinto/storage/internal/pg"
)

// Factors implements mfa.Factors.
type Factors struct {
	*DB
	hot *hotCopies
}

// holdsFactor is whether user u has a second factor, and sessionHoldsFactor whether the user of
// session s does.
const (
	holdsFactor = `(EXISTS (SELECT FROM totp_factors f WHERE f.user_id = u.id)
		OR EXISTS (SELECT FROM passkeys p WHERE p.user_id = u.id AND NOT p.silent))`
	sessionHoldsFactor = `(EXISTS (SELECT FROM totp_factors f WHERE f.user_id = s.user_id)
		OR EXISTS (SELECT FROM passkeys p WHERE p.user_id = s.user_id AND NOT p.silent))`
)

// totpColumns are read by toTOTP, of a table named f.
const totpColumns = `f.id, f.user_id, f.name, f.secret, f.last_step, f.created_at, f.used_at`

func toTOTP(row pgx.CollectableRow) (f mfa.TOTP, err error) {
	err = row.Scan(&f.ID, &f.UserID, &f.Name, &f.Sealed, &f.LastStep, &f.CreatedAt, (*zeronull.Timestamptz)(&f.UsedAt))
	return f, err
}

// Of implements mfa.Factors. The codes are counted in the same statement: a user without an
// app has one row of nothing else.
func (s *Factors) Of(ctx context.Context, user uuid.UUID) (held mfa.Held, err error) {
	_, err = pg.Query(ctx, s.DB, func(row pgx.CollectableRow) (none struct{}, err error) {
		var f mfa.TOTP
		if err := row.Scan(&held.Codes, &held.Passkeys, &held.Silent, &held.Alone, &held.Password, (*zeronull.UUID)(&f.ID), (*zeronull.Text)(&f.Name), &f.Sealed, (*zeronull.Int8)(&f.LastStep),
			(*zeronull.Timestamptz)(&f.CreatedAt), (*zeronull.Timestamptz)(&f.UsedAt)); err != nil {
			return none, err
		}
		if f.UserID = user; f.ID != uuid.Nil {
			held.TOTP = append(held.TOTP, f)
		}
		return none, nil
	}, `
		SELECT c.unused, c.passkeys, c.silent, c.alone, c.password, f.id, f.name, f.secret, f.last_step, f.created_at, f.used_at
		FROM (SELECT (SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL) AS unused,
			(SELECT count(*) FROM passkeys WHERE user_id = $1 AND NOT silent) AS passkeys,
			(SELECT count(*) FROM passkeys WHERE user_id = $1 AND silent) AS silent,
			(SELECT count(*) FROM passkeys WHERE user_id = $1 AND (user_verified OR backup_eligible)) AS alone,
			EXISTS (SELECT FROM users WHERE id = $1 AND password_hash IS NOT NULL) AS password) c
		LEFT JOIN totp_factors f ON f.user_id = $1
		ORDER BY f.id`, user)
	return held, pg.Wrap("find factors", err)
}

// AddTOTP implements mfa.Factors. The row of the user is locked: of two who add their first
// factor at once one does.
func (s *Factors) AddTOTP(ctx context.Context, f mfa.TOTP, first bool) error {
	most := mfa.MaxTOTP
	if first {
		most = 1
	}
	if err := lockUser(ctx, s.DB, f.UserID); err != nil {
		return err
	}
	added, err := pg.Exec(ctx, s.DB, `
		INSERT INTO totp_factors (id, user_id, name, secret, last_step)
		SELECT @id, @user, @name, @secret, @step
		WHERE (SELECT count(*) FROM totp_factors WHERE user_id = @user) < @most
			AND NOT (@first AND EXISTS (SELECT FROM passkeys WHERE user_id = @user AND NOT silent))`,
		pg.Named{"id": f.ID, "user": f.UserID, "name": f.Name, "secret": f.Sealed, "step": f.LastStep, "most": most, "first": first})
	switch violated := new(pgconn.PgError); {
	case errors.As(err, &violated) && violated.ConstraintName == "totp_factors_pkey":
		return mfa.ErrHeld
	case err != nil:
		return pg.Wrap("add factor", err)
	case added == 0 && first:
		return mfa.ErrHeld
	case added == 0:
		return mfa.ErrTooManyHeld
	}
	return s.hot.endOf(ctx, s.DB, f.UserID)
}

// Lock implements account.Rows and identity.UserWrites.
func (s *Users) Lock(ctx context.Context, user uuid.UUID) error { return lockUser(ctx, s.DB, user) }

// lockUser has changes of one user's factors come one after the other.
func lockUser(ctx context.Context, db *DB, user uuid.UUID) error {
	_, err := pg.Query(ctx, db, pgx.RowTo[uuid.UUID], `SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE`, user)
	return pg.Wrap("lock user", err)
}

// UseTOTP implements mfa.Factors. The UPDATE is the gate. It is sent with what follows, so a
// row that is not found divides by zero: that fails the transaction.
func (s *Factors) UseTOTP(ctx context.Context, user, id uuid.UUID, step int64) error {
	return pg.ExecLaterOr(ctx, s.DB, usedBefore, `
		WITH used AS (
			UPDATE totp_factors SET last_step = $3, used_at = now() WHERE user_id = $1 AND id = $2 AND last_step < $3
			RETURNING id
		)
		SELECT 1 / count(*) FROM used`, user, id, step)
}

// UseCode implements mfa.Factors: see UseTOTP.
func (s *Factors) UseCode(ctx context.Context, user uuid.UUID, hash []byte) error {
	return pg.ExecLaterOr(ctx, s.DB, usedBefore, `
		WITH used AS (
			UPDATE recovery_codes SET used_at = now() WHERE user_id = $1 AND hash = $2 AND used_at IS NULL
			RETURNING user_id
		)
		SELECT 1 / count(*) FROM used`, user, hash)
}

func usedBefore(err error) error {
	if refused := new(pgconn.PgError); errors.As(err, &refused) && refused.Code == "22012" { // division_by_zero
		return mfa.ErrRefused
	}
	return pg.Wrap("use factor", err)
}

// RemoveTOTP implements mfa.Factors.
func (s *Factors) RemoveTOTP(ctx context.Context, user, id uuid.UUID) error {
	if err := lockUser(ctx, s.DB, user); err != nil {
		return err
	}
	removed, err := pg.Exec(ctx, s.DB, `DELETE FROM totp_factors WHERE id = $1 AND user_id = $2`, id, user)
	switch {
	case err != nil:
		return pg.Wrap("remove factor", err)
	case removed == 0:
		return mfa.ErrFactorUnknown
	}
	return s.hot.endOf(ctx, s.DB, user)
}

// RenameTOTP implements mfa.Factors.
func (s *Factors) RenameTOTP(ctx context.Context, user, id uuid.UUID, name string) error {
	renamed, err := pg.Exec(ctx, s.DB, `UPDATE totp_factors SET name = $3 WHERE id = $1 AND user_id = $2`, id, user, name)
	if err == nil && renamed == 0 {
		return mfa.ErrFactorUnknown
	}
	return pg.Wrap("rename factor", err)
}

// ReplaceCodes implements mfa.Factors.
//
// The row of the user is locked: of two who replace them at once the second sees the codes of the
// first, which a single statement would leave beside its own.
func (s *Factors) ReplaceCodes(ctx context.Context, user uuid.UUID, hashes [][]byte) error {
	if err := lockUser(ctx, s.DB, user); err != nil {
		return err
	}
	_, err := pg.Exec(ctx, s.DB, `
		WITH gone AS (DELETE FROM recovery_codes WHERE user_id = $1)
		INSERT INTO recovery_codes (user_id, hash) SELECT $1, h FROM unnest($2::bytea[]) h`, user, hashes)
	return pg.Wrap("replace recovery codes", err)
}

// RemoveCodes implements mfa.Factors.
func (s *Factors) RemoveCodes(ctx context.Context, user uuid.UUID, since time.Time) (int, error) {
	if err := lockUser(ctx, s.DB, user); err != nil {
		return 0, err
	}
	n, err := pg.Exec(ctx, s.DB, `DELETE FROM recovery_codes WHERE user_id = $1 AND created_at >= $2`, user, since)
	return int(n), pg.Wrap("remove recovery codes", err)
}

// Unpair implements mfa.Factors.
func (s *Factors) Unpair(ctx context.Context, user uuid.UUID) error {
	_, err := pg.Exec(ctx, s.DB, `
		UPDATE users SET password_state = 'unpaired' WHERE id = $1 AND password_state IS NULL AND password_hash IS NOT NULL`, user)
	return pg.Wrap("note password without factor", err)
}

// HasCode implements mfa.Factors.
func (s *Factors) HasCode(ctx context.Context, user uuid.UUID, hash []byte) (bool, error) {
	there, err := pg.One(ctx, s.DB, pgx.RowTo[bool], `
		SELECT EXISTS (SELECT FROM recovery_codes WHERE user_id = $1 AND hash = $2 AND used_at IS NULL)`, user, hash)
	return there, pg.Wrap("find recovery code", err)
}
