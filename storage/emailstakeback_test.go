package storage

import (
	"context"
	"errors"
	"slices"
	"testing"

	"plinto/storage/internal/pg"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/identity/addresses"
)

// ADR-04: the old mailbox takes a change back, whatever was done after it.
func TestEmails_takeBackWhatAnIntruderDid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		intruder func(w *world, user uuid.UUID) addresses.Cause
		want     string
		removed  int
		primary  bool
	}{
		"another primary": {func(w *world, user uuid.UUID) addresses.Cause {
			return addresses.Cause{Change: w.promote(user, w.proved(user, "c@x")).ID}
		}, "a@x b@x / ab", 1, true},
		"and the old one removed": {func(w *world, user uuid.UUID) addresses.Cause {
			change := w.promote(user, w.proved(user, "c@x"))
			w.removes(user, "a@x")
			return addresses.Cause{Change: change.ID}
		}, "a@x b@x / ab", 1, true},
		"twice, with two addresses": {func(w *world, user uuid.UUID) addresses.Cause {
			c, d := w.proved(user, "c@x"), w.proved(user, "d@x")
			change := w.promote(user, d)
			w.promote(user, c)
			w.removes(user, "a@x")
			return addresses.Cause{Change: change.ID}
		}, "a@x b@x / ab", 2, true},
		"an address of the user's": {func(w *world, user uuid.UUID) addresses.Cause {
			return addresses.Cause{Change: w.promote(user, w.idOf(user, "b@x")).ID}
		}, "a@x / a", 1, true},
		"an address of the user's, and one of theirs": {func(w *world, user uuid.UUID) addresses.Cause {
			id := w.proved(user, "c@x")
			w.promote(user, w.idOf(user, "b@x"))
			return addresses.Cause{Email: id}
		}, "a@x b@x / ab", 1, true},
		"an address alone": {func(w *world, user uuid.UUID) addresses.Cause {
			id := w.proved(user, "c@x")
			w.pending(user, "d@x")
			return addresses.Cause{Email: id}
		}, "a@x b@x / ab", 2, false},
		"an address that became the primary one": {func(w *world, user uuid.UUID) addresses.Cause {
			id := w.proved(user, "c@x")
			w.promote(user, id)
			w.removes(user, "a@x")
			return addresses.Cause{Email: id}
		}, "a@x b@x / ab", 1, true},
		"an address that is gone": {func(w *world, user uuid.UUID) addresses.Cause {
			id := w.proved(user, "c@x")
			w.removes(user, "c@x")
			return addresses.Cause{Email: id}
		}, "a@x b@x / ab", 0, false},
		"somebody else's change": {func(w *world, user uuid.UUID) addresses.Cause {
			other := w.someone("c@x")
			return addresses.Cause{Change: w.promote(other, w.proved(other, "d@x")).ID}
		}, "a@x b@x / ab", 0, false},
		"a change that is too old": {func(w *world, user uuid.UUID) addresses.Cause {
			change := w.promote(user, w.proved(user, "c@x"))
			w.sql(`UPDATE email_changes SET expires_at = now()`)
			return addresses.Cause{Change: change.ID}
		}, "c@x b@x a@x / abc", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			user := w.someone("a@x")
			w.proved(user, "b@x")
			w.sql(`UPDATE user_emails SET verified_at = now() - interval '8 days'`)
			cause := c.intruder(w, user)
			w.changes(func(ctx context.Context) error {
				taken, err := w.emails().TakeBack(ctx, user, cause)
				if taken.Removed != c.removed || taken.Primary != c.primary {
					t.Errorf("removed %d and primary %v, want %d and %v", taken.Removed, taken.Primary, c.removed, c.primary)
				}
				if taken.Since.IsZero() != (c.removed == 0) {
					t.Errorf("since %s, with %d removed", taken.Since, c.removed)
				}
				return err
			})
			w.has(user, c.want)
		})
	}
}

func (w *world) idOf(user uuid.UUID, email string) uuid.UUID {
	w.t.Helper()
	all, err := w.emails().Of(w.ctx(), user)
	must(w.t, err)
	at := slices.IndexFunc(all, func(e addresses.Email) bool { return e.Address == email })
	if at < 0 {
		w.t.Fatalf("%s is none of the others", email)
	}
	return all[at].ID
}

func (w *world) removes(user uuid.UUID, email string) {
	w.t.Helper()
	id := w.idOf(user, email)
	w.changes(func(ctx context.Context) error { _, err := w.emails().Remove(ctx, user, id); return err })
}

// ADR-05: an address that the user gave up is nobody's while a change can be taken back to it.
func TestEmails_areKeptWhileAChangeCanBeTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.someone("a@x")
	w.promote(user, w.proved(user, "b@x"))
	w.removes(user, "a@x")
	w.has(user, "b@x / b")
	other := w.someone("c@x")
	id := w.pending(other, "a@x")
	take := func() error {
		return w.db.InTx(w.ctx(), func(ctx context.Context) error { _, err := w.emails().Verify(ctx, other, id); return err })
	}
	if err := take(); !errors.Is(err, identity.ErrEmailTaken) {
		t.Errorf("somebody else proves it: %v", err)
	}
	must(t, clean(t.Context(), pg.NewSystem(w.platform), cleanupBatch))
	if err := take(); !errors.Is(err, identity.ErrEmailTaken) {
		t.Errorf("after a clean-up: %v", err)
	}
	w.sql(`UPDATE email_changes SET expires_at = now() - interval '1 second'`)
	must(t, clean(t.Context(), pg.NewSystem(w.platform), cleanupBatch))
	must(t, take())
	w.has(other, "c@x a@x / ac")
}

// The version before this one knows nothing of several addresses: it must not take one away.
func TestEmails_areNotLostByTheVersionBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.someone("a@x")
	w.proved(user, "b@x")
	_, err := w.owner.Exec(t.Context(), `DELETE FROM user_identifiers WHERE user_id = $1`, user)
	if err == nil {
		t.Error("what a proved address signs in by was deleted")
	}
	w.has(user, "a@x b@x / ab")
}
