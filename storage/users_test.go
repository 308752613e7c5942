package storage

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"plinto/identity"
	"plinto/identity/addresses"
	"plinto/internal/fault"
)

func TestUser_comesBackAsItWasStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	full := identity.User{
		ID: uuid.Must(uuid.NewV7()), Username: "Alice", Email: "Alice@Example.com", EmailVerified: true, Phone: "+4912345", PhoneVerified: true,
		Profile:    identity.Profile{Name: "Alice", Address: &identity.Address{Locality: "Köln"}},
		DisabledAt: now(),
	}
	bare := identity.User{ID: uuid.Must(uuid.NewV7())}
	for _, want := range []identity.User{full, bare} {
		must(t, w.users.Create(w.ctx(), want, ""))
		for range 2 { // as created, then as updated
			got, err := w.users.ByID(w.ctx(), want.ID)
			must(t, err)
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(identity.User{}, "CreatedAt", "UpdatedAt", "Version")); diff != "" {
				t.Errorf("user differs (-want +got):\n%s", diff)
			}
			want.Profile.Nickname, want.Version = "al", got.Version
			must(t, w.users.Update(w.ctx(), want))
		}
	}
}

// PWD-11.
func TestUser_isFoundByEverySpellingOfTheirNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := identity.User{ID: uuid.Must(uuid.NewV7()), Username: "Zoë", Email: "Zoe@Example.com"}
	must(t, w.users.Create(w.ctx(), u, "hash"))
	for _, typed := range []string{"zoë", " ZOE\u0308 ", "zoe@example.COM"} {
		held, err := w.users.Credential(w.ctx(), typed, nil)
		if err != nil || held.User.ID != u.ID || held.PasswordHash != "hash" {
			t.Errorf("%q: got %v, %q, %v; want the user and the hash", typed, held.User.ID, held.PasswordHash, err)
		}
	}
	for _, typed := range []string{"", "\x00", "zoe", "\xff", "nobody@example.com"} {
		var err error
		n := w.counted.Count(func() { _, err = w.users.Credential(w.ctx(), typed, nil) })
		if !errors.Is(err, identity.ErrUserNotFound) || n != 1 {
			t.Errorf("%q: got %v in %d statements, want ErrUserNotFound in 1", typed, err, n)
		}
	}
}

func TestUsers_shareOneNameSpaceOfNamesAndAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	must(t, w.users.Create(w.ctx(), identity.User{ID: uuid.New(), Username: "alice", Email: "alice@example.com"}, ""))
	bob := identity.User{ID: uuid.New(), Username: "bob", Email: "bob@example.com"}
	must(t, w.users.Create(w.ctx(), bob, ""))
	for name, c := range map[string]struct {
		username, email string
		want            error
	}{
		"same name":                  {"ALICE", "x@example.com", identity.ErrUsernameTaken},
		"same address":               {"x", "Alice@example.com", identity.ErrEmailTaken},
		"name is somebody's address": {"alice@example.com", "x@example.com", identity.ErrUsernameTaken},
		"both":                       {"alice", "alice@example.com", identity.ErrEmailTaken},
		"invisible":                  {"ali\u200bce", "", identity.ErrIdentifier},
	} {
		before := w.count(`SELECT count(*) FROM users`)
		u := identity.User{ID: uuid.New(), Username: c.username, Email: c.email}
		if err := w.users.Create(w.ctx(), u, ""); !errors.Is(err, c.want) {
			t.Errorf("%s: create: got %v, want %v", name, err, c.want)
		}
		if n := w.count(`SELECT count(*) FROM users`); n != before {
			t.Errorf("%s: the refused user is stored", name)
		}
		u.ID = bob.ID
		if err := w.users.Update(w.ctx(), w.asItIs(u)); !errors.Is(err, c.want) {
			t.Errorf("%s: update: got %v, want %v", name, err, c.want)
		}
		if held, err := w.users.Credential(w.ctx(), "bob", nil); err != nil || held.User.ID != bob.ID {
			t.Errorf("%s: the refused update changed names: %v, %v", name, held.User.ID, err)
		}
	}
	// One's own address may be one's name, and names may change places.
	bob.Username = "BOB@example.com"
	must(t, w.users.Update(w.ctx(), w.asItIs(bob)))
	bob.Username, bob.Email = "", "bobby@example.com"
	must(t, w.users.Update(w.ctx(), w.asItIs(bob)))
	must(t, w.users.Create(w.ctx(), identity.User{ID: uuid.New(), Username: "bob", Email: "bob@example.com"}, ""))
}

// asItIs gives u the version that is stored.
func (w *world) asItIs(u identity.User) identity.User {
	w.t.Helper()
	stored, err := w.users.ByID(w.ctx(), u.ID)
	must(w.t, err)
	u.Version = stored.Version
	return u
}

func TestUsers_createdAtOnceWithOneAddressAreOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	won := 0
	for _, err := range parallel(20, func(int) error {
		return w.users.Create(w.ctx(), identity.User{ID: uuid.New(), Email: "alice@example.com"}, "")
	}) {
		if err == nil {
			won++
		} else if !errors.Is(err, identity.ErrEmailTaken) {
			t.Errorf("got %v, want ErrEmailTaken", err)
		}
	}
	if won != 1 || w.count(`SELECT count(*) FROM users`) != 1 {
		t.Errorf("%d won and %d are stored, want 1", won, w.count(`SELECT count(*) FROM users`))
	}
}

// PWD-08.
func TestUser_passwordThatChangedMeanwhileIsNotRehashed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user()
	hash := func() string {
		held, err := w.users.Credential(w.ctx(), u.Email, nil)
		encoded := held.PasswordHash
		must(t, err)
		return encoded
	}
	must(t, w.users.Rehash(w.ctx(), u.ID, "hash", "better"))
	if got := hash(); got != "better" {
		t.Errorf("got %q, want the better hash", got)
	}
	must(t, w.users.SetPassword(w.ctx(), u.ID, "new", 0))
	must(t, w.users.Rehash(w.ctx(), u.ID, "better", "old again"))
	if got := hash(); got != "new" {
		t.Errorf("got %q, want the new password's", got)
	}
	if err := w.users.SetPassword(w.ctx(), uuid.New(), "x", 0); !errors.Is(err, identity.ErrUserNotFound) {
		t.Errorf("got %v, want ErrUserNotFound", err)
	}
}

func TestUsers_areListedInOrderOfID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var want, got []uuid.UUID
	for range 5 {
		want = append(want, w.user().ID)
	}
	for after := uuid.Nil; ; after = got[len(got)-1] {
		page, err := w.users.List(w.ctx(), after, 2)
		must(t, err)
		for _, u := range page {
			got = append(got, u.ID)
		}
		if len(page) < 2 {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pages differ (-want +got):\n%s", diff)
	}
}

func TestUser_deletedLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	must(t, w.consents.Allow(w.ctx(), consentOf(s)))
	other := w.proved(s.user.ID, "other@example.com")
	w.changes(func(ctx context.Context) error {
		_, err := w.emails().Promote(ctx, s.user.ID, other, addresses.Change{ID: uuid.New(), Revocable: true}, time.Hour)
		return err
	})
	must(t, w.directory().Delete(w.ctx(), byOperator, s.user.ID))
	for _, table := range []string{"users", "user_identifiers", "user_emails", "email_changes", "sessions", "grants", "codes", "refresh_tokens", "user_consents"} {
		if n := w.count(`SELECT count(*) FROM ` + table); n != 0 {
			t.Errorf("%d rows left in %s", n, table)
		}
	}
	if err := w.users.Delete(w.ctx(), s.user.ID); !errors.Is(err, identity.ErrUserNotFound) {
		t.Errorf("again: got %v, want ErrUserNotFound", err)
	}
}

func TestUsers_areTheirTenants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user()
	want := identity.ErrUserNotFound
	if _, err := w.users.ByID(w.other(), u.ID); !errors.Is(err, want) {
		t.Errorf("by id: got %v", err)
	}
	if _, err := w.users.Credential(w.other(), u.Email, nil); !errors.Is(err, want) {
		t.Errorf("credential: got %v", err)
	}
	if err := w.users.Update(w.other(), w.asItIs(u)); !errors.Is(err, want) {
		t.Errorf("update: got %v", err)
	}
	if _, err := w.users.SetDisabled(w.other(), u.ID, true); !errors.Is(err, want) {
		t.Errorf("disable: got %v", err)
	}
	if _, _, err := w.users.Mark(w.other(), u.ID); !errors.Is(err, want) {
		t.Errorf("mark: got %v", err)
	}
	if err := w.users.SetPassword(w.other(), u.ID, "x", 0); !errors.Is(err, want) {
		t.Errorf("set password: got %v", err)
	}
	must(t, w.users.Rehash(w.other(), u.ID, "hash", "x"))
	if err := w.users.Delete(w.other(), u.ID); !errors.Is(err, want) {
		t.Errorf("delete: got %v", err)
	}
	if page, err := w.users.List(w.other(), uuid.Nil, 10); err != nil || len(page) != 0 {
		t.Errorf("list: got %v, %v", page, err)
	}
	if held, err := w.users.Credential(w.ctx(), u.Email, nil); err != nil || held.PasswordHash != "hash" {
		t.Errorf("after another tenant's tries: got %q, %v", held.PasswordHash, err)
	}
	u.ID = uuid.New()
	must(t, w.users.Create(w.other(), u, "")) // names are free in every tenant
	if _, err := w.users.ByID(context.Background(), u.ID); err == nil {
		t.Error("a query without a tenant was answered")
	}
}

func TestUser_withTextThatCannotBeKeptIsInvalid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, u := range []identity.User{
		{Phone: "\x00"}, {Phone: "\xff"}, {Profile: identity.Profile{Name: "\x00"}}, {Username: "a\x00b"},
	} {
		u.ID = uuid.New()
		if err := w.users.Create(w.ctx(), u, ""); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: got %v, want an error of kind Invalid", u.Phone+u.Username+u.Profile.Name, err)
		}
	}
}
