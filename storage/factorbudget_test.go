package storage

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/identity/passkey"
	"plinto/internal/secret"
)

// MFA-05: a code that fits, of somebody whose wrong ones were counted between the look at what is left
// and the transaction, signs nobody in and is not used up. What is left is read with who is asked.
func TestFactors_aCodeBeyondTheLimitFailsTheTransaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user, now := w.user(), time.Now()
	root, _ := secret.NewRoot()
	factors, keys := &Factors{w.db, w.users.hot}, &Passkeys{w.db, w.users.hot}
	service, err := mfa.New(root, mfa.Service{Factors: factors, Attempts: w.attempts, Outbox: w.outbox, Tx: w.db, Now: func() time.Time { return now }})
	must(t, err)
	app := []byte("twenty bytes of app!")
	must(t, service.Take(w.ctx(), &user, app, "Phone"))
	limit, key := mfa.Budget(user.ID, "")
	all := passkey.Budget{Limit: limit, Key: key}
	held, err := keys.Holder(w.ctx(), user.ID, all)
	if err != nil || held.Exhausted || held.User.ID != user.ID || len(held.Held.TOTP) != 1 || !held.Held.Password {
		t.Fatalf("got %+v, %v", held, err)
	}
	code, err := totp.GenerateCode(strings.ReplaceAll(mfa.SecretText(app), " ", ""), now)
	must(t, err)
	prove := func() mfa.Proved {
		t.Helper()
		proved, err := service.Prove(w.ctx(), mfa.Try{User: &user, Typed: code, Held: &held.Held})
		must(t, err)
		return proved
	}
	late := prove()
	for range limit.Burst {
		_, err := w.attempts.Verdict(w.ctx(), limit, key, false)
		must(t, err)
	}
	if err := w.inTx(late.Spend); !errors.Is(err, mfa.ErrThrottled) {
		t.Errorf("beyond the limit: %v, want ErrThrottled", err)
	}
	held, err = keys.Holder(w.ctx(), user.ID, all)
	if err != nil || !held.Exhausted || held.Held.TOTP[0].LastStep != 0 {
		t.Errorf("after it: %+v, %v; want that nothing is left and the code is not used", held, err)
	}
	device, deviceKey := mfa.Budget(user.ID, "a browser")
	known := passkey.Budget{Limit: device, Key: deviceKey}
	if other, err := keys.Holder(w.ctx(), user.ID, known); err != nil || other.Exhausted || other.Known {
		t.Errorf("in a known browser: %+v, %v; want its own count", other, err)
	}
	if err := w.inTx(func(ctx context.Context) error { return w.attempts.Stands(ctx, device, deviceKey, mfa.ErrThrottled) }); err != nil {
		t.Errorf("in a known browser: %v", err)
	}
	for name, ctx := range map[string]context.Context{"another tenant": w.other(), "nobody": w.ctx()} {
		id := user.ID
		if name == "nobody" {
			id = uuid.New()
		}
		if _, err := keys.Holder(ctx, id, all); !errors.Is(err, identity.ErrUserNotFound) {
			t.Errorf("%s: %v, want ErrUserNotFound", name, err)
		}
	}
}

// MFA-05: what is left of a browser is that of its own while it is known, and that of all who are not any more after it.
func TestPasskeys_holderCountsAKnownBrowserApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	devices, keys, user := &Devices{w.db}, &Passkeys{w.db, w.users.hot}, w.user()
	must(t, w.db.InTx(w.ctx(), func(ctx context.Context) error {
		return devices.Sight(ctx, identity.Sighting{UserID: user.ID, Hash: []byte("known"), Mark: user.NotBefore})
	}))
	limit, others := mfa.Budget(user.ID, identity.OtherBrowsers)
	holder := func(browser string) passkey.Holder {
		t.Helper()
		_, own := mfa.Budget(user.ID, browser)
		h, err := keys.Holder(w.ctx(), user.ID, passkey.Budget{Limit: limit, Key: others, Browser: []byte(browser), Own: own})
		must(t, err)
		return h
	}
	wrong := func(key string) {
		t.Helper()
		for range limit.Burst {
			_, err := w.attempts.Verdict(w.ctx(), limit, key, false)
			must(t, err)
		}
	}
	wrong(others)
	if h := holder("another"); h.Known || !h.Exhausted {
		t.Errorf("one that is not known: %t, with something left: %t", h.Known, !h.Exhausted)
	}
	if h := holder("known"); !h.Known || h.Exhausted {
		t.Errorf("the known one is kept out by the others: known %t, exhausted %t", h.Known, h.Exhausted)
	}
	_, own := mfa.Budget(user.ID, "known")
	if wrong(own); !holder("known").Exhausted {
		t.Error("the known one has guesses without end")
	}
	w.sql(`UPDATE users SET not_before = now()`)
	if h := holder("known"); h.Known {
		t.Error("it is known after everything was ended")
	}
}
