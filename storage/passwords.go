package storage

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/storage/internal/pg"
)

// keepPassword is user @id, locked, with its hash kept where any are.
const keepPassword = `
		WITH old AS (SELECT id, password_hash FROM users WHERE id = @id FOR NO KEY UPDATE), kept AS (
			INSERT INTO password_history (id, user_id, hash)
			SELECT @entry, id, password_hash FROM old WHERE password_hash IS NOT NULL AND @keep > 0
		)
		UPDATE users u SET password_hash = @hash, password_set_at = now(), password_state = NULL, updated_at = now()
		FROM old WHERE u.id = old.id`

// SetPassword implements identity.UserWrites.
func (s *Users) SetPassword(ctx context.Context, id uuid.UUID, passwordHash string, keep int) error {
	err := s.InTx(ctx, func(ctx context.Context) error {
		changed, err := pg.Exec(ctx, s.DB, keepPassword, passwordArgs(id, passwordHash, keep))
		if err == nil && changed == 0 {
			err = identity.ErrUserNotFound
		}
		if err != nil {
			return err
		}
		return s.forgetPasswords(ctx, id, keep)
	})
	return pg.Wrap("set password", err)
}

// SetFirstPassword implements identity.UserWrites. The condition is that of the statement that writes: who sets a password at the
// same time keeps theirs.
func (s *Users) SetFirstPassword(ctx context.Context, id uuid.UUID, passwordHash string) (set bool, err error) {
	n, err := pg.Exec(ctx, s.DB, `
		UPDATE users SET password_hash = $2, password_set_at = now(), password_state = NULL, updated_at = now()
		WHERE id = $1 AND password_hash IS NULL`, id, passwordHash)
	return n > 0, pg.Wrap("set first password", err)
}

// NoteReset implements identity.UserWrites.
func (s *Users) NoteReset(ctx context.Context, id uuid.UUID, mailed bool) error {
	return pg.ExecLater(ctx, s.DB, pg.AnyNumber, `UPDATE users SET reset_at = CASE WHEN $2 THEN now() END WHERE id = $1`, id, mailed)
}

// EndLinks implements identity.UserWrites.
func (s *Users) EndLinks(ctx context.Context, id uuid.UUID) error {
	return pg.ExecLater(ctx, s.DB, pg.AnyNumber, `UPDATE one_time_tokens SET spent_at = now() WHERE purpose = $1 AND spent_at IS NULL`,
		identity.PurposeRecoveryLink+id.String())
}

// ReplacePassword implements identity.UserWrites. The UPDATE is the gate.
func (s *Users) ReplacePassword(ctx context.Context, id uuid.UUID, mark time.Time, passwordHash string, keep int) error {
	with := passwordArgs(id, passwordHash, keep)
	with["mark"] = zeronull.Timestamptz(mark)
	err := s.InTx(ctx, func(ctx context.Context) error {
		changed, err := pg.Exec(ctx, s.DB, keepPassword+`
			AND u.not_before = coalesce(@mark::timestamptz, '-infinity') AND u.disabled_at IS NULL`, with)
		if err == nil && changed == 0 {
			err = identity.ErrRefused
		}
		if err != nil {
			return err
		}
		return s.forgetPasswords(ctx, id, keep)
	})
	return pg.Wrap("replace password", err)
}

// RemovePassword implements identity.UserWrites.
func (s *Users) RemovePassword(ctx context.Context, id uuid.UUID, keep int) (removed bool, err error) {
	err = s.InTx(ctx, func(ctx context.Context) error {
		if err := lockUser(ctx, s.DB, id); err != nil {
			return err
		}
		changed, err := pg.Exec(ctx, s.DB, keepPassword+` AND u.password_hash IS NOT NULL`, passwordArgs(id, "", keep))
		if err != nil {
			return err
		}
		if removed = changed > 0; !removed {
			if err := s.missing(ctx, id); !errors.Is(err, fault.ErrChanged) {
				return err
			}
			return nil // there is none
		}
		return s.forgetPasswords(ctx, id, keep)
	})
	return removed, pg.Wrap("remove password", err)
}

func passwordArgs(id uuid.UUID, hash string, keep int) pg.Named {
	return pg.Named{"id": id, "entry": uuid.Must(uuid.NewV7()), "hash": zeronull.Text(hash), "keep": keep}
}

// forgetPasswords removes all kept hashes of a user but the newest.
func (s *Users) forgetPasswords(ctx context.Context, id uuid.UUID, keep int) error {
	return pg.ExecLater(ctx, s.DB, pg.AnyNumber, `
		DELETE FROM password_history WHERE user_id = $1 AND id NOT IN (
			SELECT id FROM password_history WHERE user_id = $1 ORDER BY id DESC LIMIT $2)`, id, keep)
}

// PasswordHashes implements identity.Users.
func (s *Users) PasswordHashes(ctx context.Context, id uuid.UUID, n int) ([]string, error) {
	hashes, err := pg.Query(ctx, s.DB, pgx.RowTo[string], `
		SELECT hash FROM (
			SELECT NULL AS id, password_hash AS hash FROM users WHERE id = $1 AND password_hash IS NOT NULL
			UNION ALL SELECT id, hash FROM password_history WHERE user_id = $1) had
		ORDER BY id DESC NULLS FIRST LIMIT $2`, id, n)
	return hashes, pg.Wrap("find passwords", err)
}

// Rehash implements identity.Users.
func (s *Users) Rehash(ctx context.Context, id uuid.UUID, old, fresh string) error {
	// The condition keeps a password that was changed meanwhile.
	_, err := pg.Exec(ctx, s.DB, `UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2`, id, old, fresh)
	return pg.Wrap("rehash password", err)
}

// HashKinds implements identity.HashKinds, by one look into an index for each kind.
func (s *Users) HashKinds(ctx context.Context) ([]string, error) {
	kinds, err := pg.Query(ctx, s.DB, pgx.RowTo[string], `SELECT password_samples(8)`)
	return kinds, pg.Wrap("list kinds of password hash", err)
}

// SetPasswordChecked implements identity.UserWrites. Rows are not updated for it: administrators
// see another version of a user only when something they can see was changed.
func (s *Users) SetPasswordChecked(ctx context.Context, id uuid.UUID, list, passwordHash string) error {
	_, err := pg.Exec(ctx, s.DB, `
		INSERT INTO password_checks (user_id, checked_at, list)
		SELECT id, now(), $2 FROM users WHERE id = $1 AND password_hash = $3
		ON CONFLICT (tenant_id, user_id) DO UPDATE SET checked_at = excluded.checked_at, list = excluded.list`,
		id, list, passwordHash)
	return pg.Wrap("note look at password", err)
}

// SetPasswordState implements identity.UserWrites. A state that is about another password changes nothing.
func (s *Users) SetPasswordState(ctx context.Context, id uuid.UUID, state, passwordHash string) (bool, error) {
	return switched(ctx, s.versioned, "note state of password", id, func(ctx context.Context) (int64, error) {
		return pg.Exec(ctx, s.DB, `
			UPDATE users SET password_state = nullif($2, ''), updated_at = now()
			WHERE id = $1 AND coalesce(password_state, '') NOT IN ($2, 'due') AND ($3 = '' OR password_hash = $3)
				AND ($2 <> '' OR password_state IN ('unpaired', 'short'))`, id, state, passwordHash)
	})
}
