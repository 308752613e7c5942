package storage

import (
	"context"
	"fmt"
	"testing"
	"time"

	"plinto/identity"
	"plinto/tenant"
)

// Of a user the newest browsers are known, and no more than MaxDevices; those of others are left
// alone.
func TestDevices_areBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	devices, user, other := &Devices{w.db}, w.user(), w.user()
	see := func(u identity.User, hash string, remember time.Duration) {
		t.Helper()
		must(t, w.db.InTx(w.ctx(), func(ctx context.Context) error {
			return devices.Sight(ctx, identity.Sighting{UserID: u.ID, Hash: []byte(hash), Mark: u.NotBefore, RememberFor: remember})
		}))
	}
	see(other, "0", 0)
	for i := range identity.MaxDevices + 3 {
		see(user, fmt.Sprint(i), 0)
	}
	all, err := devices.List(w.ctx(), user.ID)
	if err != nil || len(all) != identity.MaxDevices {
		t.Fatalf("%d are known, %v; want %d", len(all), err, identity.MaxDevices)
	}
	for hash, want := range map[string]bool{"0": false, "2": false, "3": true, fmt.Sprint(identity.MaxDevices + 2): true} {
		held, err := w.users.Credential(w.ctx(), user.Email, []byte(hash))
		if err != nil || held.Device.Known != want || held.Device.Remembered {
			t.Errorf("browser %s: %+v, %v; want that it is known: %v", hash, held.Device, err, want)
		}
	}
	if all, err := devices.List(w.ctx(), other.ID); err != nil || len(all) != 1 {
		t.Errorf("of another user: %d, %v", len(all), err)
	}
}

// What is remembered runs out, and another sign-in neither ends nor prolongs it.
func TestDevices_areRememberedForAsLongAsItWasSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	devices, user := &Devices{w.db}, w.user()
	see := func(remember time.Duration) time.Time {
		t.Helper()
		must(t, w.db.InTx(w.ctx(), func(ctx context.Context) error {
			return devices.Sight(ctx, identity.Sighting{UserID: user.ID, Hash: []byte("h"), Mark: user.NotBefore, RememberFor: remember})
		}))
		all, err := devices.List(w.ctx(), user.ID)
		must(t, err)
		return all[0].RememberedUntil
	}
	until := see(time.Hour)
	if left := time.Until(until); left < 59*time.Minute || left > 61*time.Minute {
		t.Errorf("remembered for %s, want an hour", left)
	}
	if again := see(0); !again.Equal(until) {
		t.Errorf("remembered until %s after another sign-in, want %s", again, until)
	}
	w.sql(`UPDATE user_devices SET remembered_until = now() - interval '1 second'`)
	held, err := w.users.Credential(w.ctx(), user.Email, []byte("h"))
	if err != nil || !held.Device.Known || held.Device.Remembered {
		t.Errorf("%+v, %v; want one that is known alone", held.Device, err)
	}
}

// DVC-20: what was remembered before everything of the tenant ended asks for the factor again. The browser stays known.
func TestDevices_areForgottenWithEverythingOfTheTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	devices, user := &Devices{w.db}, w.user()
	remember := func() {
		t.Helper()
		must(t, w.db.InTx(w.ctx(), func(ctx context.Context) error {
			return devices.Sight(ctx, identity.Sighting{UserID: user.ID, Hash: []byte("h"), Mark: user.NotBefore, RememberFor: time.Hour})
		}))
	}
	ctx := func(notBefore time.Time) context.Context {
		t.Helper()
		later := *w.tenants[0]
		later.NotBefore = notBefore
		return tenant.With(t.Context(), &later)
	}
	looks := func(ctx context.Context, want bool) {
		t.Helper()
		held, err := w.users.Credential(ctx, user.Email, []byte("h"))
		if err != nil || !held.Device.Known || held.Device.Remembered != want {
			t.Errorf("%+v, %v; want one that is known, and remembered: %v", held.Device, err, want)
		}
		all, err := devices.List(ctx, user.ID)
		if err != nil || len(all) != 1 || all[0].RememberedUntil.IsZero() == want {
			t.Errorf("listed %+v, %v; want it remembered: %v", all, err, want)
		}
	}
	remember()
	looks(w.ctx(), true)
	var now time.Time
	must(t, w.owner.QueryRow(t.Context(), `SELECT now()`).Scan(&now))
	looks(ctx(now), false)
	remember()
	looks(ctx(now), true)
}
