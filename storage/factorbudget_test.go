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
	held, err := keys.Holder(w.ctx(), user.ID, limit, key)
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
	held, err = keys.Holder(w.ctx(), user.ID, limit, key)
	if err != nil || !held.Exhausted || held.Held.TOTP[0].LastStep != 0 {
		t.Errorf("after it: %+v, %v; want that nothing is left and the code is not used", held, err)
	}
	device, deviceKey := mfa.Budget(user.ID, "a browser")
	if other, err := keys.Holder(w.ctx(), user.ID, device, deviceKey); err != nil || other.Exhausted {
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
		if _, err := keys.Holder(ctx, id, limit, key); !errors.Is(err, identity.ErrUserNotFound) {
			t.Errorf("%s: %v, want ErrUserNotFound", name, err)
		}
	}
}
