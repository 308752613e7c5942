package storage

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"plinto/identity"
)

func TestPasswords_areKeptAsLongAsTheyCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := identity.User{ID: uuid.New(), Email: "alice@example.com"}
	must(t, w.users.Create(w.ctx(), u, "first"))
	for _, step := range []struct {
		set  string
		keep int
		want string
	}{
		{"second", 2, "second first"},
		{"third", 2, "third second first"},
		{"fourth", 2, "fourth third second"},
		{"fifth", 1, "fifth fourth"},
		{"sixth", 0, "sixth"},
		{"seventh", 3, "seventh sixth"},
	} {
		must(t, w.users.SetPassword(w.ctx(), u.ID, step.set, step.keep))
		got, err := w.users.PasswordHashes(w.ctx(), u.ID, 10)
		if err != nil || strings.Join(got, " ") != step.want {
			t.Errorf("after %s: %v, %v; want %s", step.set, got, err, step.want)
		}
	}
	if got, err := w.users.PasswordHashes(w.ctx(), u.ID, 1); err != nil || !slices.Equal(got, []string{"seventh"}) {
		t.Errorf("one: %v, %v", got, err)
	}
	if got, err := w.users.PasswordHashes(w.other(), u.ID, 10); err != nil || len(got) > 0 {
		t.Errorf("of another tenant: %v, %v", got, err)
	}
	must(t, w.users.Delete(w.ctx(), u.ID))
	if n := w.count(`SELECT count(*) FROM password_history`); n != 0 {
		t.Errorf("%d are kept of a user who is gone", n)
	}
}

func TestPasswordState_isOfThePasswordThatThereIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := identity.User{ID: uuid.New(), Email: "alice@example.com"}
	must(t, w.users.Create(w.ctx(), u, "first"))
	for _, step := range []struct {
		state, hash string
		changed     bool
		want        string
	}{
		{identity.PasswordBreached, "another", false, ""},
		{identity.PasswordBreached, "first", true, identity.PasswordBreached},
		{identity.PasswordBreached, "first", false, identity.PasswordBreached},
		{identity.PasswordDue, "", true, identity.PasswordDue},
		{identity.PasswordBreached, "first", false, identity.PasswordDue},
	} {
		changed, err := w.users.SetPasswordState(w.ctx(), u.ID, step.state, step.hash)
		if err != nil || changed != step.changed {
			t.Errorf("%+v: changed %v, %v", step, changed, err)
		}
		if got, err := w.users.ByID(w.ctx(), u.ID); err != nil || got.PasswordState != step.want {
			t.Errorf("%+v: %q, %v", step, got.PasswordState, err)
		}
	}
	must(t, w.users.SetPassword(w.ctx(), u.ID, "second", 0))
	if got, err := w.users.ByID(w.ctx(), u.ID); err != nil || got.PasswordState != "" {
		t.Errorf("with another password: %q, %v", got.PasswordState, err)
	}
	if _, err := w.users.SetPasswordState(w.ctx(), uuid.New(), identity.PasswordDue, ""); err == nil {
		t.Error("nobody has to set another password")
	}
}

// PWD-12: who proved who they are before everything of theirs ended sets no password.
func TestReplacePassword_isForTheMarkOfTheProof(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := identity.User{ID: uuid.New(), Email: "alice@example.com"}
	must(t, w.users.Create(w.ctx(), u, "first"))
	must(t, w.users.ReplacePassword(w.ctx(), u.ID, u.NotBefore, "second", 0))
	before, after, err := w.users.Mark(w.ctx(), u.ID)
	must(t, err)
	if err := w.users.ReplacePassword(w.ctx(), u.ID, before, "third", 0); !errors.Is(err, identity.ErrRefused) {
		t.Errorf("under the mark before: %v, want ErrRefused", err)
	}
	must(t, w.users.ReplacePassword(w.ctx(), u.ID, after, "fourth", 0))
	_, err = w.users.SetDisabled(w.ctx(), u.ID, true)
	must(t, err)
	if err := w.users.ReplacePassword(w.ctx(), u.ID, after, "fifth", 0); !errors.Is(err, identity.ErrRefused) {
		t.Errorf("of a disabled user: %v, want ErrRefused", err)
	}
	if got, err := w.users.PasswordHashes(w.ctx(), u.ID, 1); err != nil || !slices.Equal(got, []string{"fourth"}) {
		t.Errorf("%v, %v", got, err)
	}
}
