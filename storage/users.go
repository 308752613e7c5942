package storage

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/event"
	"plinto/identity"
	"plinto/storage/internal/pg"
)

// Users implements identity.Users and identity.UserWrites.
type Users struct {
	*DB
	hot   *hotCopies
	jobs  *Jobs                  // only needed to delete users of whom there is much
	ender *identity.SessionEnder // only needed to go on with that
}

func newUsers(db *DB, hot *hotCopies) *Users { return &Users{DB: db, hot: hot} }

// userColumns are read by userFields, of a table named u.
const userColumns = `u.id, coalesce(u.username, ''), coalesce(u.email, ''), u.email_verified,
	coalesce(u.phone, ''), u.phone_verified, u.profile, u.disabled_at, nullif(u.not_before, '-infinity'),
	coalesce(u.password_state, ''), u.delete_at, u.created_at, u.updated_at, u.version`

// userFields are for a user who is read alone. identity.ErrUserUnreadable.
func userFields(u *identity.User) []any { return addUserFields(nil, u, (*wholeProfile)(u)) }

// addUserFields is userFields behind what is there, with what reads the profile. By its own Scan an id would be read as text.
func addUserFields(to []any, u *identity.User, profile any) []any {
	return append(to,
		(*zeronull.UUID)(&u.ID), &u.Username, &u.Email, &u.EmailVerified,
		&u.Phone, &u.PhoneVerified, profile, (*zeronull.Timestamptz)(&u.DisabledAt), (*zeronull.Timestamptz)(&u.NotBefore),
		&u.PasswordState, (*zeronull.Timestamptz)(&u.DeleteAt), &u.CreatedAt, &u.UpdatedAt, &u.Version,
	)
}

func toUser(row pgx.CollectableRow) (u identity.User, err error) {
	err = row.Scan(userFields(&u)...)
	return u, err
}

func toListedUser(row pgx.CollectableRow) (u identity.User, err error) {
	err = row.Scan(addUserFields(nil, &u, (*listedProfile)(&u))...)
	return u, err
}

func userArgs(u identity.User) pg.Named {
	kept := identity.Kept{}
	if u.Kept != nil {
		kept = *u.Kept
	}
	return pg.Named{
		"external_id": zeronull.Text(kept.ExternalID), "public": kept.Public, "private": kept.Private,
		"id": u.ID, "username": zeronull.Text(u.Username), "email": zeronull.Text(u.Email), "email_verified": u.EmailVerified,
		"phone": zeronull.Text(u.Phone), "phone_verified": u.PhoneVerified, "profile": u.Profile,
	}
}

// Create implements identity.UserWrites.
func (s *Users) Create(ctx context.Context, u identity.User, passwordHash string) error {
	with := userArgs(u)
	with["created_at"] = zeronull.Timestamptz(u.CreatedAt)
	with["password_hash"], with["disabled_at"] = zeronull.Text(passwordHash), zeronull.Timestamptz(u.DisabledAt)
	err := s.InTx(ctx, func(ctx context.Context) error {
		// It travels with the identifiers.
		err := pg.ExecLaterOr(ctx, s.DB, takenUser, `
			INSERT INTO users (id, username, email, email_verified, phone, phone_verified, profile,
				disabled_at, password_hash, password_set_at, external_id, public_metadata, private_metadata,
				created_at, updated_at)
			VALUES (@id, @username, @email, @email_verified, @phone, @phone_verified, @profile,
				@disabled_at, @password_hash::text, CASE WHEN @password_hash::text IS NOT NULL THEN now() END,
				@external_id, @public, @private, coalesce(@created_at, now()), coalesce(@created_at, now()))`, with)
		if err != nil {
			return err
		}
		return s.identify(ctx, u)
	})
	return pg.Wrap("create user", err)
}

// Update implements identity.UserWrites. The version is compared in the statement
// that writes: of two who read the same row one writes.
func (s *Users) Update(ctx context.Context, u identity.User) error {
	with := userArgs(u)
	with["version"], with["kept"] = u.Version, u.Kept != nil
	err := s.InTx(ctx, func(ctx context.Context) error {
		changed, err := pg.Exec(ctx, s.DB, `
			UPDATE users SET username = @username, email = @email, email_verified = @email_verified,
				phone = @phone, phone_verified = @phone_verified, profile = @profile, updated_at = now(),
				external_id = CASE WHEN @kept THEN @external_id ELSE external_id END,
				public_metadata = CASE WHEN @kept THEN @public ELSE public_metadata END,
				private_metadata = CASE WHEN @kept THEN @private ELSE private_metadata END
			WHERE id = @id AND version = @version`, with)
		if err != nil {
			return takenUser(err)
		}
		if changed == 0 {
			return s.missing(ctx, u.ID)
		}
		if err := s.unidentify(ctx, u); err != nil {
			return err
		}
		return s.identify(ctx, u)
	})
	return pg.Wrap("update user", err)
}

// unidentify takes away what identify stores anew. A user name that the user gives up is kept from
// others for a time; an address that becomes the primary one is none of the others any more.
func (s *Users) unidentify(ctx context.Context, u identity.User) error {
	name, _ := identity.Canonical(u.Username) // "" retires whatever there was
	if err := s.retireName(ctx, u.ID, name); err != nil {
		return err
	}
	email, _ := identity.Canonical(u.Email)
	_, err := pg.Exec(ctx, s.DB, `DELETE FROM user_emails WHERE user_id = $1 AND canonical = $2`, u.ID, email)
	if err == nil {
		_, err = pg.Exec(ctx, s.DB, `DELETE FROM user_identifiers WHERE user_id = $1 AND (kind IN ('email', 'username') OR canonical = $2)`, u.ID, email)
	}
	return err
}

// missing says why a row was not found under its version.
func (s *Users) missing(ctx context.Context, id uuid.UUID) error {
	there, err := pg.One(ctx, s.DB, pgx.RowTo[bool], `SELECT EXISTS (SELECT FROM users WHERE id = $1)`, id)
	return changedOr(identity.ErrUserNotFound, there, err)
}

// versioned makes a change that the row of one user has to have, and has everybody forget the user.
func (s *Users) versioned(ctx context.Context, what string, id uuid.UUID, do func(context.Context) (int64, error)) error {
	return pg.Wrap(what, s.InTx(ctx, func(ctx context.Context) error {
		n, err := do(ctx)
		switch {
		case err != nil:
			return err
		case n == 0:
			return s.missing(ctx, id)
		}
		return s.forget(ctx, id)
	}))
}

// SetDisabled implements identity.UserWrites.
func (s *Users) SetDisabled(ctx context.Context, id uuid.UUID, disabled bool) (bool, error) {
	return switched(ctx, s.versioned, "disable or enable user", id, func(ctx context.Context) (int64, error) {
		return pg.Exec(ctx, s.DB, `
			UPDATE users SET disabled_at = CASE WHEN $2 THEN now() END, updated_at = now()
			WHERE id = $1 AND (disabled_at IS NULL) = $2`, id, disabled)
	})
}

// Mark implements identity.UserWrites. The mark always moves forward, also when the
// clock does not. Sessions are made under a lock that waits for this one (see
// Sessions.Create), so none is made meanwhile for a proof under the old mark.
func (s *Users) Mark(ctx context.Context, id uuid.UUID) (before, after time.Time, err error) {
	err = s.InTx(ctx, func(ctx context.Context) error {
		moment := func(row pgx.CollectableRow) (t time.Time, err error) {
			return t, row.Scan((*zeronull.Timestamptz)(&t))
		}
		if before, err = pg.One(ctx, s.DB, moment, `
			SELECT nullif(not_before, '-infinity') FROM users WHERE id = $1 FOR NO KEY UPDATE`, id); err != nil {
			return pg.Absent(err, identity.ErrUserNotFound)
		}
		after, err = pg.One(ctx, s.DB, moment, `
			UPDATE users SET not_before = greatest(now(), not_before + interval '1 microsecond'), updated_at = now()
			WHERE id = $1 RETURNING not_before`, id)
		if err != nil {
			return err
		}
		return s.forget(ctx, id)
	})
	return before, after, pg.Wrap("mark user", err)
}

// identify stores what the user may type to sign in. Whoever has a spelling
// first keeps it: parallel registrations of one address wait for each other.
func (s *Users) identify(ctx context.Context, u identity.User) error {
	names, err := namesOf(&u)
	if err != nil {
		return err
	}
	var canonical, kinds []string
	for _, n := range names {
		canonical, kinds = append(canonical, n.canonical), append(kinds, n.kind)
	}
	stored, err := pg.Query(ctx, s.DB, pgx.RowTo[string], `
		INSERT INTO user_identifiers (canonical, kind, user_id)
		SELECT i.canonical, i.kind, $3 FROM unnest($1::text[], $2::text[]) AS i (canonical, kind)
		ON CONFLICT (tenant_id, canonical) DO NOTHING
		RETURNING kind`, canonical, kinds, u.ID)
	switch {
	case err != nil:
		return err
	case len(stored) == len(kinds):
		return nil
	case slices.Contains(kinds, "email") && !slices.Contains(stored, "email"):
		return identity.ErrEmailTaken
	default:
		return identity.ErrUsernameTaken
	}
}

// eraseKey destroys the key of the user's personal detail in the audit log. What is not sealed yet is
// dropped when it is: the row stays, so that no new key is made.
func (s *Users) eraseKey(ctx context.Context, id uuid.UUID) error {
	return pg.ExecLater(ctx, s.DB, pg.AnyNumber, `
		INSERT INTO audit_persons (person, sealed, erased_at) VALUES ($1, '', now())
		ON CONFLICT (tenant_id, person) DO UPDATE SET sealed = '', erased_at = now()`, person(id))
}

// erase deletes what was encrypted under that key, and empties addresses and browsers in what is kept of
// events. It sees what a sealer stored while the destruction of the key waited for it.
func (s *Users) erase(ctx context.Context, id uuid.UUID) error {
	if err := pg.ExecLater(ctx, s.DB, pg.AnyNumber, `DELETE FROM audit_details WHERE person = $1`, person(id)); err != nil {
		return err
	}
	// A trigger empties the body.
	return pg.ExecLater(ctx, s.DB, pg.AnyNumber, `UPDATE events SET person = NULL WHERE person = $1`, person(id))
}

// forget makes every instance ask Postgres about the user's sessions and tokens.
func (s *Users) forget(ctx context.Context, id uuid.UUID) error {
	pg.EndsTokens(ctx, s.DB)
	return s.hot.endOf(ctx, s.DB, id)
}

// ByID implements identity.Users.
func (s *Users) ByID(ctx context.Context, id uuid.UUID) (identity.User, error) {
	u, err := pg.One(ctx, s.DB, toUser, `SELECT `+userColumns+` FROM users u WHERE u.id = $1`, id)
	return u, pg.Wrap("find user", pg.Absent(err, identity.ErrUserNotFound))
}

// Credential implements identity.Users.
func (s *Users) Credential(ctx context.Context, identifier string, device []byte) (identity.Credential, error) {
	canonical, err := identity.Canonical(identifier)
	if err != nil {
		canonical = "" // belongs to nobody, and costs the same look-up as a name
	}
	c, err := pg.One(ctx, s.DB, func(row pgx.CollectableRow) (c identity.Credential, err error) {
		err = row.Scan(append(userFields(&c.User), &c.PasswordHash, (*zeronull.Timestamptz)(&c.Checked.At), &c.Checked.List, &c.SecondFactor, (*zeronull.UUID)(&c.Device.ID), &c.Device.Remembered, &c.Device.ByCookie)...)
		c.Device.Known = c.Device.ID != uuid.Nil
		return c, err
	}, `SELECT `+userColumns+`, coalesce(u.password_hash, ''), k.checked_at, coalesce(k.list, ''), `+holdsFactor+`, d.id, coalesce(`+deviceRemembered+`, false), u.known_by_cookie
		FROM user_identifiers i CROSS JOIN LATERAL (SELECT * FROM users WHERE id = i.user_id OFFSET 0) u
		LEFT JOIN user_devices d ON d.user_id = i.user_id AND d.hash = @device AND `+deviceKnown+`
		LEFT JOIN password_checks k ON k.user_id = i.user_id AND k.checked_at > coalesce(u.password_set_at, '-infinity')
		WHERE i.canonical = @name AND i.kind <> 'kept_email'`, pg.Named{"name": canonical, "device": device, "tenant_mark": mark(ctx)})
	return c, pg.Wrap("find credential", pg.Absent(err, identity.ErrUserNotFound))
}

// HasSecondFactor implements identity.Users.
func (s *Users) HasSecondFactor(ctx context.Context, id uuid.UUID) (bool, error) {
	has, err := pg.One(ctx, s.DB, pgx.RowTo[bool], `SELECT `+holdsFactor+` FROM (SELECT $1::uuid AS id) u`, id)
	return has, pg.Wrap("find second factor", err)
}

// List implements identity.Users.
func (s *Users) List(ctx context.Context, after uuid.UUID, limit int) ([]identity.User, error) {
	users, err := pg.Query(ctx, s.DB, toListedUser,
		`SELECT `+userColumns+` FROM users u WHERE u.id > $1 ORDER BY u.id LIMIT $2`, after, limit)
	return users, pg.Wrap("list users", err)
}

// deleter deletes a user whose sessions have ended, each with its event.
func (s *Users) deleter() deleter {
	return deleter{DB: s.DB, jobs: s.jobs, of: &userSteps, first: s.endSessions}
}

// endSessions ends sessions of a user that is being deleted, in a transaction that sees the user. Those that another
// one has just ended are looked for again.
func (s *Users) endSessions(ctx context.Context, id uuid.UUID) (int64, error) {
	ended, _, err := s.ender.EndRest(ctx, id, event.SessionUserDeleted)
	if err != nil || ended > 0 {
		return int64(ended), err
	}
	open, err := pg.One(ctx, s.DB, pgx.RowTo[int64], `SELECT count(*) FROM (SELECT FROM sessions s WHERE `+sessionEvicted+` LIMIT 1) s`, id)
	return open, err
}

// GoOnDeleting works on the job that deletes a user: see deleter.goOn.
func (s *Users) GoOnDeleting(ctx context.Context, job uuid.UUID) error {
	return s.deleter().goOn(ctx, job)
}

// Delete implements identity.UserWrites. Where much hangs on the user, a job goes on with it.
func (s *Users) Delete(ctx context.Context, id uuid.UUID) error {
	err := s.InTx(ctx, func(ctx context.Context) error {
		if err := s.forget(ctx, id); err != nil {
			return err
		}
		if err := s.retireName(ctx, id, ""); err != nil {
			return err
		}
		if err := s.eraseKey(ctx, id); err != nil {
			return err
		}
		if begun, err := s.deleter().begin(ctx, id); err != nil || begun {
			return err
		}
		deleted, err := pg.Exec(ctx, s.DB, `DELETE FROM users WHERE id = $1`, id)
		if err == nil && deleted == 0 {
			err = identity.ErrUserNotFound
		}
		if err != nil {
			return err
		}
		return s.erase(ctx, id)
	})
	return pg.Wrap("delete user", err)
}
