package storage

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/identity/mfa"
)

// SGN-01: recovery codes are no factor of their own: who has others made while the last factor goes, in another tab,
// gets none.
func TestRecoveryCodes_areNotMadeBesideTheLastFactorsRemoval(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user()
	factors, err := mfa.New(root(t), mfa.Service{
		Factors: &Factors{w.db, w.users.hot}, Outbox: w.outbox, Tx: w.db, Now: time.Now,
		Forget: func(context.Context, event.Actor, *identity.User) error { return nil },
	})
	must(t, err)
	app := uuid.Must(uuid.NewV7())
	must(t, w.inTx(func(ctx context.Context) error {
		return (&Factors{w.db, w.users.hot}).AddTOTP(ctx, mfa.TOTP{ID: app, UserID: user.ID, Name: "Phone", Sealed: []byte("s")}, true)
	}))
	codes, err := factors.ReplaceCodes(w.ctx(), &user)
	if err != nil || len(codes) != 10 {
		t.Fatalf("with a factor: %d codes, %v", len(codes), err)
	}
	err = w.holding(func(ctx context.Context) error {
		return factors.Remove(ctx, event.Actor{Type: "user", ID: user.PublicID()}, &user, app)
	}, func(ctx context.Context) error {
		_, err := factors.ReplaceCodes(ctx, &user)
		return err
	})
	held, errHeld := factors.Held(w.ctx(), user.ID)
	must(t, errHeld)
	if !errors.Is(err, mfa.ErrNoFactor) || held.Codes != 0 {
		t.Errorf("%d codes of who has no factor, %v", held.Codes, err)
	}
}
