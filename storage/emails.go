package storage

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/identity"
	"plinto/identity/addresses"
	"plinto/storage/internal/pg"
)

// Emails implements addresses.Store. The primary address of a user is in users, all others in
// user_emails; user_identifiers has those that sign in.
type Emails struct{ *DB }

const emailColumns = `id, email, created_at, sent_at, verified_at`

func toEmail(row pgx.CollectableRow) (e addresses.Email, err error) {
	err = row.Scan(&e.ID, &e.Address, &e.CreatedAt, &e.SentAt, (*zeronull.Timestamptz)(&e.VerifiedAt))
	e.Verified = !e.VerifiedAt.IsZero()
	return e, err
}

// Of implements addresses.Store.
func (s *Emails) Of(ctx context.Context, user uuid.UUID) ([]addresses.Email, error) {
	all, err := pg.Query(ctx, s.DB, toEmail, `SELECT `+emailColumns+` FROM user_emails WHERE user_id = $1 ORDER BY id`, user)
	return all, pg.Wrap("list addresses", err)
}

// Add implements addresses.Store.
func (s *Emails) Add(ctx context.Context, user uuid.UUID, e addresses.Email, most int) (addresses.Email, error) {
	canonical, err := identity.Canonical(e.Address)
	if err != nil {
		return e, err
	}
	if err := lockUser(ctx, s.DB, user); err != nil {
		return e, err
	}
	kept, err := pg.Query(ctx, s.DB, toEmail, `
		INSERT INTO user_emails (id, user_id, canonical, email)
		SELECT @id, @user, @canonical, @email
		WHERE (SELECT count(*) FROM user_emails WHERE user_id = @user AND canonical <> @canonical) < @most
		ON CONFLICT (tenant_id, user_id, canonical) DO UPDATE SET email = excluded.email, sent_at = now()
		WHERE user_emails.verified_at IS NULL
		RETURNING `+emailColumns, pg.Named{"id": e.ID, "user": user, "canonical": canonical, "email": e.Address, "most": most})
	if err != nil {
		return e, pg.Wrap("add address", err)
	}
	if len(kept) > 0 {
		return kept[0], nil
	}
	held, err := pg.One(ctx, s.DB, pgx.RowTo[bool], `SELECT EXISTS (SELECT FROM user_emails WHERE user_id = $1 AND canonical = $2)`, user, canonical)
	switch {
	case err != nil:
		return e, pg.Wrap("find address", err)
	case held:
		return e, addresses.ErrHeld
	}
	return e, addresses.ErrTooMany
}

// Verify implements addresses.Store. The insertion of the identifier is the gate: of two users who
// prove one address at once the second waits for the first, and is refused.
func (s *Emails) Verify(ctx context.Context, user, id uuid.UUID) (primary bool, err error) {
	if err := lockUser(ctx, s.DB, user); err != nil {
		return false, err
	}
	canonical, err := pg.One(ctx, s.DB, pgx.RowTo[string], `
		SELECT canonical FROM user_emails WHERE user_id = $1 AND id = $2 AND verified_at IS NULL`, user, id)
	if err != nil {
		return false, pg.Wrap("find address", pg.Absent(err, addresses.ErrUnknown))
	}
	kind, err := pg.One(ctx, s.DB, pgx.RowTo[string], `
		INSERT INTO user_identifiers (canonical, kind, user_id) VALUES ($1, 'other_email', $2)
		ON CONFLICT (tenant_id, canonical) DO UPDATE
		SET kind = CASE user_identifiers.kind WHEN 'kept_email' THEN 'other_email' ELSE user_identifiers.kind END
		WHERE user_identifiers.user_id = excluded.user_id
		RETURNING kind`, canonical, user)
	if err != nil {
		return false, pg.Wrap("take address", pg.Absent(err, identity.ErrEmailTaken))
	}
	if kind != "email" {
		_, err = pg.Exec(ctx, s.DB, `UPDATE user_emails SET verified_at = now(), identifier = canonical WHERE user_id = $1 AND id = $2`, user, id)
		return false, pg.Wrap("verify address", err)
	}
	if _, err = pg.Exec(ctx, s.DB, `UPDATE users SET email_verified = true, updated_at = now() WHERE id = $1`, user); err == nil {
		_, err = pg.Exec(ctx, s.DB, `DELETE FROM user_emails WHERE user_id = $1 AND id = $2`, user, id)
	}
	return true, pg.Wrap("verify primary address", err)
}

// Remove implements addresses.Store. An address to which a change can be taken back stays taken.
func (s *Emails) Remove(ctx context.Context, user, id uuid.UUID) (proved bool, err error) {
	if err := lockUser(ctx, s.DB, user); err != nil {
		return false, err
	}
	canonical, err := pg.One(ctx, s.DB, pgx.RowTo[string], `
		DELETE FROM user_emails WHERE user_id = $1 AND id = $2 RETURNING coalesce(identifier, '')`, user, id)
	if err != nil || canonical == "" {
		return false, pg.Wrap("remove address", pg.Absent(err, addresses.ErrUnknown))
	}
	_, err = pg.Exec(ctx, s.DB, `
		UPDATE user_identifiers SET kind = 'kept_email' WHERE user_id = $1 AND canonical = $2 AND EXISTS (
			SELECT FROM email_changes WHERE user_id = $1 AND canonical = $2 AND revocable AND expires_at > now())`, user, canonical)
	if err == nil {
		_, err = pg.Exec(ctx, s.DB, `DELETE FROM user_identifiers WHERE user_id = $1 AND canonical = $2 AND kind = 'other_email'`, user, canonical)
	}
	return true, pg.Wrap("remove address", err)
}

// A primary is the primary address of a user, with what it was in user_emails before.
type primary struct {
	email, canonical string
	verified         bool
	id               uuid.UUID // a new one for an address that was always the primary one
	verifiedAt       time.Time // when the user was made, for such an address
}

// primaryOf returns the primary address of a user and locks the user.
func (s *Emails) primaryOf(ctx context.Context, user uuid.UUID) (p primary, err error) {
	p, err = pg.One(ctx, s.DB, func(row pgx.CollectableRow) (p primary, err error) {
		err = row.Scan(&p.email, &p.verified, &p.verifiedAt)
		return p, err
	}, `SELECT coalesce(email, ''), email_verified, created_at FROM users WHERE id = $1 FOR NO KEY UPDATE`, user)
	if err != nil || p.email == "" {
		return p, pg.Wrap("find primary address", pg.Absent(err, identity.ErrUserNotFound))
	}
	if p.canonical, err = identity.Canonical(p.email); err != nil {
		return p, err
	}
	was, err := pg.One(ctx, s.DB, func(row pgx.CollectableRow) (was primary, err error) {
		err = row.Scan(&was.id, &was.verifiedAt)
		return was, err
	}, `SELECT promoted, verified_at FROM email_changes WHERE user_id = $1 AND promoted_canonical = $2 ORDER BY changed_at DESC LIMIT 1`, user, p.canonical)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		p.id = uuid.Must(uuid.NewV7())
	case err != nil:
		return p, pg.Wrap("find change of address", err)
	default:
		p.id, p.verifiedAt = was.id, was.verifiedAt
	}
	return p, nil
}

// demote makes the primary address one of the others. users.email is set by what comes next.
func (s *Emails) demote(ctx context.Context, user uuid.UUID, p *primary) error {
	if p.email == "" {
		return nil
	}
	// An unproved address that nobody signs in with any more is not kept for this user either.
	_, err := pg.Exec(ctx, s.DB, `DELETE FROM user_identifiers WHERE user_id = $1 AND canonical = $2 AND NOT $3::boolean`, user, p.canonical, p.verified)
	if err == nil {
		_, err = pg.Exec(ctx, s.DB, `UPDATE user_identifiers SET kind = 'other_email' WHERE user_id = $1 AND canonical = $2`, user, p.canonical)
	}
	if err == nil {
		_, err = pg.Exec(ctx, s.DB, `
			INSERT INTO user_emails (id, user_id, canonical, email, created_at, identifier, verified_at)
			VALUES (@id, @user, @canonical, @email, @verified_at, CASE WHEN @verified::boolean THEN @canonical::text END, CASE WHEN @verified::boolean THEN @verified_at::timestamptz END)
			ON CONFLICT (tenant_id, user_id, canonical) DO UPDATE SET identifier = excluded.identifier, verified_at = excluded.verified_at`,
			pg.Named{"id": p.id, "user": user, "canonical": p.canonical, "email": p.email, "verified": p.verified, "verified_at": p.verifiedAt})
	}
	return pg.Wrap("keep old primary address", err)
}

// Promote implements addresses.Store.
func (s *Emails) Promote(ctx context.Context, user, id uuid.UUID, c addresses.Change, life time.Duration) (addresses.Change, error) {
	old, err := s.primaryOf(ctx, user)
	if err != nil {
		return c, err
	}
	chosen, err := pg.One(ctx, s.DB, func(row pgx.CollectableRow) (p primary, err error) {
		err = row.Scan(&p.id, &p.canonical, &p.email, &p.verifiedAt)
		return p, err
	}, `DELETE FROM user_emails WHERE user_id = $1 AND id = $2 AND verified_at IS NOT NULL RETURNING id, canonical, email, verified_at`, user, id)
	if err != nil {
		return c, pg.Wrap("find address", pg.Absent(err, addresses.ErrUnknown))
	}
	chosen.verified = true
	if err := s.demote(ctx, user, &old); err != nil {
		return c, err
	}
	if err := s.setPrimary(ctx, user, &chosen); err != nil {
		return c, err
	}
	c.UserID, c.Address = user, old.email
	if old.email == "" {
		return c, nil
	}
	return c, noteChange(ctx, s.DB, &c, &old, &chosen, life)
}

// noteChange notes that the primary address was another one. It is sent with the rest of the transaction of ctx.
func noteChange(ctx context.Context, db *DB, c *addresses.Change, old, chosen *primary, life time.Duration) error {
	err := pg.ExecLater(ctx, db, pg.AnyNumber, `
		INSERT INTO email_changes (id, user_id, canonical, email, email_verified, promoted, promoted_canonical, verified_at, revocable, expires_at)
		VALUES (@id, @user, @canonical, @email, @verified, @promoted, @promoted_canonical, coalesce(@verified_at, now()), @revocable, now() + @life::interval)`,
		pg.Named{
			"id": c.ID, "user": c.UserID, "canonical": old.canonical, "email": old.email, "verified": old.verified, "promoted": chosen.id,
			"promoted_canonical": chosen.canonical, "verified_at": zeronull.Timestamptz(chosen.verifiedAt), "revocable": c.Revocable, "life": life,
		})
	return pg.Wrap("note change of address", err)
}

// NoteEmail implements identity.UserWrites.
func (s *Users) NoteEmail(ctx context.Context, change, promoted uuid.UUID, before, after *identity.User) error {
	old, chosen := primary{email: before.Email, verified: before.EmailVerified}, primary{id: promoted}
	old.canonical, _ = identity.Canonical(before.Email)
	chosen.canonical, _ = identity.Canonical(after.Email) // "" for none
	return noteChange(ctx, s.DB, &addresses.Change{ID: change, UserID: after.ID}, &old, &chosen, addresses.ChangeLife)
}

// setPrimary makes an address the primary one. Its row in user_emails and the identifier of the
// one before are gone.
func (s *Emails) setPrimary(ctx context.Context, user uuid.UUID, p *primary) error {
	_, err := pg.Exec(ctx, s.DB, `
		INSERT INTO user_identifiers (canonical, kind, user_id) VALUES ($2, 'email', $1)
		ON CONFLICT (tenant_id, canonical) DO UPDATE SET kind = 'email' WHERE user_identifiers.user_id = excluded.user_id`, user, p.canonical)
	if err == nil {
		_, err = pg.Exec(ctx, s.DB, `UPDATE users SET email = $2, email_verified = $3, updated_at = now() WHERE id = $1`, user, p.email, p.verified)
	}
	return pg.Wrap("set primary address", err)
}

// Mailboxes implements addresses.Store.
func (s *Emails) Mailboxes(ctx context.Context, user uuid.UUID) ([]string, error) {
	all, err := pg.Query(ctx, s.DB, pgx.RowTo[string], `
		SELECT canonical FROM user_identifiers WHERE user_id = $1 AND kind IN ('email', 'other_email', 'kept_email')`, user)
	return all, pg.Wrap("list mailboxes", err)
}

// PrimaryAt implements addresses.Store. The first change after the time knows what was there before it.
func (s *Emails) PrimaryAt(ctx context.Context, user uuid.UUID, at time.Time) (string, error) {
	old, err := pg.One(ctx, s.DB, pgx.RowTo[string], `
		SELECT email FROM email_changes WHERE user_id = $1 AND changed_at > $2 AND revocable AND expires_at > now() ORDER BY changed_at LIMIT 1`, user, at)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return old, pg.Wrap("find address of a time", err)
}

// Changed implements addresses.Store.
func (s *Emails) Changed(ctx context.Context, user, id uuid.UUID) (addresses.Change, error) {
	c, err := pg.One(ctx, s.DB, func(row pgx.CollectableRow) (c addresses.Change, err error) {
		err = row.Scan(&c.ID, &c.UserID, &c.Address, &c.Revocable)
		return c, err
	}, `SELECT id, user_id, email, revocable FROM email_changes WHERE user_id = $1 AND id = $2 AND expires_at > now()`, user, id)
	return c, pg.Wrap("find change of address", pg.Absent(err, addresses.ErrUnknown))
}
