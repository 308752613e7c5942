package storage

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/identity/passkey"
	"plinto/storage/internal/pg"
)

// Passkeys implements passkey.Store.
type Passkeys struct {
	*DB
	hot *hotCopies
}

// passkeyColumns are read by passkeyFields, of a table named p.
const passkeyColumns = `p.id, p.user_id, p.credential_id, p.public_key, p.aaguid, p.sign_count, p.transports,
	p.backup_eligible, p.backed_up, p.user_verified, p.name, p.silent, p.created_at, p.used_at`

func passkeyFields(p *passkey.Passkey) []any {
	return []any{
		&p.ID, &p.UserID, &p.CredentialID, &p.PublicKey, &p.AAGUID, &p.SignCount, &p.Transports,
		&p.BackupEligible, &p.BackedUp, &p.UserVerified, &p.Name, &p.Silent, &p.CreatedAt, (*zeronull.Timestamptz)(&p.UsedAt),
	}
}

const passkeysOf = `SELECT ` + passkeyColumns + ` FROM passkeys p WHERE p.user_id = $1 ORDER BY p.id`

func toPasskey(row pgx.CollectableRow) (p passkey.Passkey, err error) {
	err = row.Scan(passkeyFields(&p)...)
	return p, err
}

// Of implements passkey.Store.
func (s *Passkeys) Of(ctx context.Context, user uuid.UUID) ([]passkey.Passkey, error) {
	found, err := pg.Query(ctx, s.DB, toPasskey, passkeysOf, user)
	return found, pg.Wrap("find passkeys", err)
}

// Holder implements passkey.Store: three statements in one round trip.
func (s *Passkeys) Holder(ctx context.Context, user uuid.UUID, b passkey.Budget) (h passkey.Holder, err error) {
	step, room := gcraOf(b.Limit)
	err = s.InTx(ctx, func(ctx context.Context) error {
		return errors.Join(
			pg.QueryLater(ctx, func(found []struct{}, err error) error {
				if err == nil && len(found) == 0 {
					return identity.ErrUserNotFound
				}
				return err
			}, func(row pgx.CollectableRow) (none struct{}, err error) {
				return none, row.Scan(append(userFields(&h.User), &h.Held.Codes, &h.Held.Password, &h.Known, &h.Exhausted)...)
			}, `SELECT `+userColumns+`, (SELECT count(*) FROM recovery_codes WHERE user_id = u.id AND used_at IS NULL),
				u.password_hash IS NOT NULL, d.id IS NOT NULL, `+isExhaustedOf+`(CASE WHEN d.id IS NULL THEN @key ELSE @own END)`+ahead+`
				FROM users u LEFT JOIN user_devices d ON d.user_id = u.id AND d.hash = @browser AND `+deviceKnown+` WHERE u.id = @user`,
				pg.Named{
					"user": user, "browser": b.Browser, "key": attemptKey(b.Limit, b.Key), "own": attemptKey(b.Limit, b.Own), "step": step, "room": room,
				}),
			pg.QueryLater(ctx, func(found []mfa.TOTP, err error) error { h.Held.TOTP = found; return err }, toTOTP,
				`SELECT `+totpColumns+` FROM totp_factors f WHERE f.user_id = $1 ORDER BY f.id`, user),
			pg.QueryLater(ctx, func(found []passkey.Passkey, err error) error { h.Keys = found; return err }, toPasskey, passkeysOf, user))
	})
	for i := range h.Keys {
		key := &h.Keys[i]
		if key.Silent {
			h.Held.Silent++
		} else {
			h.Held.Passkeys++
		}
		if key.UserVerified || key.BackupEligible {
			h.Held.Alone++
		}
	}
	return h, pg.Wrap("find holder of factors", err)
}

// Holding implements passkey.Store.
func (s *Passkeys) Holding(ctx context.Context, user uuid.UUID) (identity.KeyHolding, error) {
	h, err := pg.One(ctx, s.DB, func(row pgx.CollectableRow) (h identity.KeyHolding, err error) {
		return h, row.Scan(&h.Lacks, &h.Password, (*zeronull.Timestamptz)(&h.ResetAt))
	}, `SELECT NOT EXISTS (SELECT FROM passkeys WHERE user_id = u.id AND NOT silent), u.password_hash IS NOT NULL, u.reset_at
		FROM users u WHERE u.id = $1`, user)
	return h, pg.Wrap("find passkeys of user", pg.Absent(err, identity.ErrUserNotFound))
}

// ByCredential implements passkey.Store.
func (s *Passkeys) ByCredential(ctx context.Context, credential []byte) (p passkey.Passkey, u identity.User, err error) {
	_, err = pg.One(ctx, s.DB, func(row pgx.CollectableRow) (none struct{}, err error) {
		return none, row.Scan(append(passkeyFields(&p), userFields(&u)...)...)
	}, `SELECT `+passkeyColumns+`, `+userColumns+` FROM passkeys p JOIN users u ON u.id = p.user_id WHERE p.credential_id = $1`, credential)
	return p, u, pg.Wrap("find passkey", pg.Absent(err, passkey.ErrUnknown))
}

// Add implements passkey.Store. The row of the user is locked, as by AddTOTP.
func (s *Passkeys) Add(ctx context.Context, p passkey.Passkey, first bool, challenge []byte, expires time.Time) error {
	if err := lockUser(ctx, s.DB, p.UserID); err != nil {
		return err
	}
	if err := s.spend(ctx, challenge, expires); err != nil {
		return err
	}
	added, err := pg.Exec(ctx, s.DB, `
		INSERT INTO passkeys (id, user_id, credential_id, public_key, aaguid, sign_count, transports, backup_eligible, backed_up, user_verified, name, silent)
		SELECT @id, @user, @credential, @key, @aaguid, @count, @transports, @eligible, @backed, @verified, @name, @silent
		WHERE (SELECT count(*) FROM passkeys WHERE user_id = @user) < @most
			AND NOT (@first AND (EXISTS (SELECT FROM passkeys WHERE user_id = @user AND (NOT silent OR @silent))
				OR EXISTS (SELECT FROM totp_factors WHERE user_id = @user)))`,
		pg.Named{
			"id": p.ID, "user": p.UserID, "credential": p.CredentialID, "key": p.PublicKey, "aaguid": p.AAGUID, "count": p.SignCount,
			"transports": p.Transports, "eligible": p.BackupEligible, "backed": p.BackedUp, "verified": p.UserVerified, "name": p.Name, "most": passkey.Max, "first": first, "silent": p.Silent,
		})
	switch violated := new(pgconn.PgError); {
	case errors.As(err, &violated) && violated.ConstraintName == "passkeys_credential_key":
		return passkey.ErrTaken
	case err != nil:
		return pg.Wrap("add passkey", err)
	case added == 0 && first:
		return mfa.ErrHeld
	case added == 0:
		return passkey.ErrFull
	}
	return s.hot.endOf(ctx, s.DB, p.UserID)
}

// spend uses a challenge up.
func (s *Passkeys) spend(ctx context.Context, challenge []byte, expires time.Time) error {
	spent, err := pg.Exec(ctx, s.DB, spendChallenge, challenge, expires)
	if err == nil && spent == 0 {
		return passkey.ErrSpent
	}
	return pg.Wrap("spend challenge", err)
}

// Use implements passkey.Store. The INSERT and the UPDATE are the gates: see UseTOTP. The
// highest counter stays, so a copy is noticed again and again.
func (s *Passkeys) Use(ctx context.Context, u passkey.Use) error {
	return pg.ExecLaterOr(ctx, s.DB, answeredBefore, `
		WITH spent AS (
			INSERT INTO spent_challenges (hash, expires_at) VALUES ($5, $6) ON CONFLICT DO NOTHING RETURNING hash
		), used AS (
			UPDATE passkeys SET sign_count = greatest(sign_count, $3), backed_up = $4, user_verified = user_verified OR $7, used_at = now() WHERE user_id = $1 AND id = $2
			RETURNING id
		)
		SELECT 1 / count(*) FROM spent, used`,
		u.Passkey.UserID, u.Passkey.ID, u.SignCount, u.BackedUp, u.Challenge, u.Expires, u.Verified)
}

func answeredBefore(err error) error {
	if errors.Is(usedBefore(err), mfa.ErrRefused) {
		return passkey.ErrSpent
	}
	return pg.Wrap("use passkey", err)
}

// Rename implements passkey.Store.
func (s *Passkeys) Rename(ctx context.Context, user, id uuid.UUID, name string) error {
	renamed, err := pg.Exec(ctx, s.DB, `UPDATE passkeys SET name = $3 WHERE id = $1 AND user_id = $2`, id, user, name)
	if err == nil && renamed == 0 {
		return passkey.ErrNotFound
	}
	return pg.Wrap("rename passkey", err)
}

// Remove implements passkey.Store.
func (s *Passkeys) Remove(ctx context.Context, user, id uuid.UUID) error {
	if err := lockUser(ctx, s.DB, user); err != nil {
		return err
	}
	removed, err := pg.Exec(ctx, s.DB, `DELETE FROM passkeys WHERE id = $1 AND user_id = $2`, id, user)
	switch {
	case err != nil:
		return pg.Wrap("remove passkey", err)
	case removed == 0:
		return passkey.ErrNotFound
	}
	return s.hot.endOf(ctx, s.DB, user)
}
