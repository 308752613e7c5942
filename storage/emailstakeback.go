package storage

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/identity/addresses"
	"plinto/storage/internal/pg"
)

// A restored is what a cause takes the addresses back to.
type restored struct {
	since time.Time // addresses that were proved from then on go; zero: there is nothing to do
	came  time.Time // addresses.TakenBack.Since
	drops string    // canonical: this one goes too, however old it is
	to    *primary  // the primary address, or nil: as it is
}

// TakeBack implements addresses.Store.
func (s *Emails) TakeBack(ctx context.Context, user uuid.UUID, cause addresses.Cause) (taken addresses.TakenBack, err error) {
	now, err := s.primaryOf(ctx, user)
	if err != nil {
		return taken, err
	}
	back, err := s.before(ctx, user, cause)
	if err != nil || back.since.IsZero() {
		return taken, err
	}
	taken.Since = back.came
	keep, stays := now.canonical, now.verifiedAt.Before(back.since) && now.canonical != back.drops
	if taken.Primary = back.to != nil && back.to.canonical != now.canonical; taken.Primary {
		if err := s.restore(ctx, user, &now, back.to, stays); err != nil {
			return taken, err
		}
		keep = back.to.canonical
		if !stays {
			taken.Removed++
		}
	}
	gone, err := pg.Query(ctx, s.DB, pgx.RowTo[string], `
		DELETE FROM user_emails WHERE user_id = $1 AND canonical <> $3 AND (verified_at IS NULL OR verified_at >= $2 OR canonical = $4)
		RETURNING canonical`, user, back.since, keep, back.drops)
	if err != nil {
		return taken, pg.Wrap("remove addresses", err)
	}
	taken.Removed += len(gone)
	if _, err = pg.Exec(ctx, s.DB, `DELETE FROM email_changes WHERE user_id = $1 AND changed_at >= $2`, user, back.since); err != nil {
		return taken, pg.Wrap("forget changes of addresses", err)
	}
	// What nothing stands for any more is free again.
	_, err = pg.Exec(ctx, s.DB, `
		DELETE FROM user_identifiers i WHERE user_id = $1 AND kind IN ('other_email', 'kept_email')
			AND NOT EXISTS (SELECT FROM user_emails e WHERE e.user_id = $1 AND e.identifier = i.canonical)
			AND NOT EXISTS (SELECT FROM email_changes c WHERE c.user_id = $1 AND c.canonical = i.canonical AND c.revocable AND c.expires_at > now())`, user)
	return taken, pg.Wrap("free addresses", err)
}

// restore makes an old primary address the primary one again. The present one may stay as one of
// the others.
func (s *Emails) restore(ctx context.Context, user uuid.UUID, now, old *primary, stays bool) error {
	_, err := pg.Exec(ctx, s.DB, `DELETE FROM user_emails WHERE user_id = $1 AND canonical = $2`, user, old.canonical)
	if err != nil {
		return pg.Wrap("restore primary address", err)
	}
	if stays {
		err = s.demote(ctx, user, now)
	} else {
		_, err = pg.Exec(ctx, s.DB, `DELETE FROM user_identifiers WHERE user_id = $1 AND kind = 'email'`, user)
	}
	if err != nil {
		return pg.Wrap("restore primary address", err)
	}
	return s.setPrimary(ctx, user, old)
}

// before returns what the addresses were before a cause. Of a change of the primary address that
// is the old one, without the new one and all that was proved in the week before: an intruder
// proves an address, perhaps two, before they make one the primary. They came no later than the new one was
// proved: what the user got before that in the same week was told to the old mailbox.
func (s *Emails) before(ctx context.Context, user uuid.UUID, cause addresses.Cause) (back restored, err error) {
	old := new(primary)
	if cause.Change != uuid.Nil {
		back.since, err = pg.One(ctx, s.DB, func(row pgx.CollectableRow) (since time.Time, err error) {
			err = row.Scan(&old.canonical, &old.email, &old.verified, &back.drops, &since, &back.came)
			return since, err
		}, `
			SELECT canonical, email, email_verified, promoted_canonical, changed_at - $3::interval, greatest(verified_at, changed_at - $3::interval)
			FROM email_changes
			WHERE user_id = $1 AND id = $2 AND revocable AND expires_at > now()`, user, cause.Change, addresses.ChangeLife)
		if errors.Is(err, pgx.ErrNoRows) {
			return restored{}, nil
		}
		back.to = old
		return back, pg.Wrap("find change of address", err)
	}
	back.since, err = pg.One(ctx, s.DB, func(row pgx.CollectableRow) (since time.Time, err error) {
		err = row.Scan((*zeronull.Timestamptz)(&since))
		return since, err
	}, `
		SELECT min(verified_at) FROM (
			SELECT verified_at FROM user_emails WHERE user_id = $1 AND id = $2
			UNION ALL SELECT verified_at FROM email_changes WHERE user_id = $1 AND promoted = $2) proved`, user, cause.Email)
	if err != nil || back.since.IsZero() {
		return restored{}, pg.Wrap("find address", err)
	}
	back.came = back.since
	_, err = pg.One(ctx, s.DB, func(row pgx.CollectableRow) (none struct{}, err error) {
		return none, row.Scan(&old.canonical, &old.email, &old.verified)
	}, `
		SELECT canonical, email, email_verified FROM email_changes
		WHERE user_id = $1 AND changed_at >= $2 AND revocable AND expires_at > now() ORDER BY changed_at LIMIT 1`, user, back.since)
	switch {
	case err == nil:
		back.to = old
	case !errors.Is(err, pgx.ErrNoRows):
		return restored{}, pg.Wrap("find change of address", err)
	}
	return back, nil
}
