package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/identity/addresses"
)

func (w *world) emails() *Emails { return &Emails{w.db} }

// changes runs what needs a transaction.
func (w *world) changes(do func(context.Context) error) {
	w.t.Helper()
	must(w.t, w.db.InTx(w.ctx(), do))
}

// pending keeps an address of a user that is not proved.
func (w *world) pending(user uuid.UUID, email string) uuid.UUID {
	w.t.Helper()
	id := uuid.Must(uuid.NewV7())
	w.changes(func(ctx context.Context) error {
		_, err := w.emails().Add(ctx, user, addresses.Email{ID: id, Address: email}, addresses.Max)
		return err
	})
	return id
}

// proved gives a user an address.
func (w *world) proved(user uuid.UUID, email string) uuid.UUID {
	w.t.Helper()
	id := w.pending(user, email)
	w.changes(func(ctx context.Context) error { _, err := w.emails().Verify(ctx, user, id); return err })
	return id
}

func (w *world) promote(user, id uuid.UUID) (c addresses.Change) {
	w.t.Helper()
	w.changes(func(ctx context.Context) (err error) {
		c, err = w.emails().Promote(ctx, user, id, addresses.Change{ID: uuid.Must(uuid.NewV7()), Revocable: true}, addresses.ChangeLife)
		return err
	})
	return c
}

// mailboxes are the addresses of a user: the primary one, then the others, "?" after those that are
// not proved, then a slash and all that sign in.
func (w *world) mailboxes(user uuid.UUID) string {
	w.t.Helper()
	u, err := w.users.ByID(w.ctx(), user)
	must(w.t, err)
	all := []string{u.Email}
	others, err := w.emails().Of(w.ctx(), user)
	must(w.t, err)
	for _, e := range others {
		if !e.Verified {
			e.Address += "?"
		}
		all = append(all, e.Address)
	}
	var signIn []string
	for _, email := range []string{"a@x", "b@x", "c@x", "d@x"} {
		if held, err := w.users.Credential(w.ctx(), email, nil); err == nil && held.User.ID == user {
			signIn = append(signIn, email[:1])
		}
	}
	return strings.Join(all, " ") + " / " + strings.Join(signIn, "")
}

func (w *world) has(user uuid.UUID, want string) {
	w.t.Helper()
	if got := w.mailboxes(user); got != want {
		w.t.Errorf("got %s, want %s", got, want)
	}
}

// someone is a user with a proved address.
func (w *world) someone(email string) uuid.UUID {
	w.t.Helper()
	u := identity.User{ID: uuid.Must(uuid.NewV7()), Email: email, EmailVerified: true}
	must(w.t, w.users.Create(w.ctx(), u, "hash"))
	return u.ID
}

// ADR-01: an address signs in once it is proved, and only then is it anybody's.
func TestEmails_areTheUsersOnceTheyAreProved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.someone("a@x")
	id := w.pending(user, "b@x")
	w.has(user, "a@x b@x? / a")
	if again := w.pending(user, "B@X"); again == id || w.count(`SELECT count(*) FROM user_emails`) != 1 {
		t.Error("one address is kept twice")
	}
	owner := w.someone("b@x") // an address that was not proved keeps nobody from it
	w.has(owner, "b@x / b")
	err := w.db.InTx(w.ctx(), func(ctx context.Context) error { _, err := w.emails().Verify(ctx, user, id); return err })
	if !errors.Is(err, identity.ErrEmailTaken) {
		t.Errorf("somebody else's address: %v", err)
	}
	other := w.proved(user, "c@x")
	w.has(user, "a@x B@X? c@x / ac")
	if err := w.users.Create(w.ctx(), identity.User{ID: uuid.New(), Email: "C@x"}, ""); !errors.Is(err, identity.ErrEmailTaken) {
		t.Errorf("another account for a proved address: %v", err)
	}
	for _, id := range []uuid.UUID{other, uuid.New()} {
		err := w.db.InTx(w.ctx(), func(ctx context.Context) error { _, err := w.emails().Verify(ctx, user, id); return err })
		if !errors.Is(err, addresses.ErrUnknown) {
			t.Errorf("proved again, or unknown: %v", err)
		}
	}
	w.changes(func(ctx context.Context) error { _, err := w.emails().Remove(ctx, user, other); return err })
	w.has(user, "a@x B@X? / a")
	w.someone("c@x")
}

// ADR-02: of two users who prove one address at once one gets it, and of one who proves it twice
// each time counts once.
func TestEmails_haveOneOwnerOfAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	type claim struct{ user, id uuid.UUID }
	var claims []claim
	for n := range 4 {
		user := w.someone(fmt.Sprintf("user%d@x", n))
		claims = append(claims, claim{user, w.pending(user, "b@x")})
	}
	var all sync.WaitGroup
	results := make([]error, 2*len(claims))
	for i := range results {
		c := claims[i%len(claims)]
		all.Go(func() {
			results[i] = w.db.InTx(w.ctx(), func(ctx context.Context) error { _, err := w.emails().Verify(ctx, c.user, c.id); return err })
		})
	}
	all.Wait()
	won := 0
	for _, err := range results {
		if err == nil {
			won++
		} else if !errors.Is(err, identity.ErrEmailTaken) && !errors.Is(err, addresses.ErrUnknown) {
			t.Errorf("lost by %v", err)
		}
	}
	if won != 1 || w.count(`SELECT count(*) FROM user_emails WHERE verified_at IS NOT NULL`) != 1 {
		t.Errorf("%d proved one address", won)
	}
}

func TestEmails_areBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.someone("a@x")
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			_ = w.db.InTx(w.ctx(), func(ctx context.Context) error {
				_, err := w.emails().Add(ctx, user, addresses.Email{ID: uuid.Must(uuid.NewV7()), Address: fmt.Sprintf("%d@x", n)}, 3)
				return err
			})
		})
	}
	all.Wait()
	if n := w.count(`SELECT count(*) FROM user_emails`); n != 3 {
		t.Errorf("%d addresses, want 3", n)
	}
	kept, err := w.emails().Of(w.ctx(), user)
	must(t, err)
	add := func(email string) error {
		return w.db.InTx(w.ctx(), func(ctx context.Context) error {
			_, err := w.emails().Add(ctx, user, addresses.Email{ID: uuid.Must(uuid.NewV7()), Address: email}, 3)
			return err
		})
	}
	must(t, add(kept[0].Address)) // another mail to one that is kept
	w.changes(func(ctx context.Context) error { _, err := w.emails().Verify(ctx, user, kept[0].ID); return err })
	if err := add(kept[0].Address); !errors.Is(err, addresses.ErrHeld) {
		t.Errorf("one that is proved: %v", err)
	}
	if err := add("more@x"); !errors.Is(err, addresses.ErrTooMany) {
		t.Errorf("one more: %v", err)
	}
}

// An unproved primary address is proved like any other, and stays the primary one.
func TestEmails_provesThePrimaryOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := identity.User{ID: uuid.Must(uuid.NewV7()), Email: "a@x"}
	must(t, w.users.Create(w.ctx(), u, ""))
	id := w.pending(u.ID, "A@x")
	w.changes(func(ctx context.Context) error {
		primary, err := w.emails().Verify(ctx, u.ID, id)
		if !primary {
			t.Error("not told that it is the primary one")
		}
		return err
	})
	w.has(u.ID, "a@x / a")
	if got, err := w.users.ByID(w.ctx(), u.ID); err != nil || !got.EmailVerified {
		t.Errorf("verified: %v, %v", got.EmailVerified, err)
	}
}

func TestEmails_changeThePrimaryOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.someone("a@x")
	b := w.proved(user, "b@x")
	version := w.count(`SELECT version FROM users WHERE id = $1`, user)
	if c := w.promote(user, b); c.Address != "a@x" || c.UserID != user {
		t.Errorf("the change is %+v", c)
	}
	w.has(user, "b@x a@x / ab")
	if w.count(`SELECT version FROM users WHERE id = $1`, user) == version {
		t.Error("the row of the user has the same version: who read it before would write the old address again")
	}
	others, err := w.emails().Of(w.ctx(), user)
	must(t, err)
	w.promote(user, others[0].ID)
	w.has(user, "a@x b@x / ab")
	if others, err = w.emails().Of(w.ctx(), user); err != nil || others[0].ID != b {
		t.Errorf("an address that is one of the others again has another id: %v, %v", others[0].ID, err)
	}
	for _, id := range []uuid.UUID{uuid.New(), w.pending(user, "c@x")} {
		err := w.db.InTx(w.ctx(), func(ctx context.Context) error {
			_, err := w.emails().Promote(ctx, user, id, addresses.Change{ID: uuid.New()}, time.Hour)
			return err
		})
		if !errors.Is(err, addresses.ErrUnknown) {
			t.Errorf("unknown or unproved: %v", err)
		}
	}
	// An unproved primary address is nobody's once it is not the primary one.
	must(t, w.users.Create(w.ctx(), identity.User{ID: uuid.Must(uuid.NewV7()), Email: "unproved@x"}, ""))
	held, err := w.users.Credential(w.ctx(), "unproved@x", nil)
	must(t, err)
	w.promote(held.User.ID, w.proved(held.User.ID, "d@x"))
	w.has(held.User.ID, "d@x unproved@x? / d")
	w.someone("unproved@x")
}

// An operator's change of the primary address takes it from the others.
func TestUsers_updateKeepsTheOtherAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.someone("a@x")
	w.proved(user, "b@x")
	w.proved(user, "c@x")
	u, err := w.users.ByID(w.ctx(), user)
	must(t, err)
	u.Profile.Name = "A"
	must(t, w.users.Update(w.ctx(), u))
	w.has(user, "a@x b@x c@x / abc")
	u.Version++
	u.Email = "C@x"
	must(t, w.users.Update(w.ctx(), u))
	w.has(user, "C@x b@x / bc")
	w.someone("a@x")
}
