package storage

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"plinto/identity/mfa"
)

// inTx runs one change in a transaction of tenant a.
func (w *world) inTx(do func(context.Context) error) error { return w.db.InTx(w.ctx(), do) }

func TestFactors_aStepIsUsedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	factors, user := &Factors{w.db, w.users.hot}, w.user()
	f := mfa.TOTP{ID: uuid.Must(uuid.NewV7()), UserID: user.ID, Name: "Phone", Sealed: []byte("s"), LastStep: 10}
	must(t, w.inTx(func(ctx context.Context) error { return factors.AddTOTP(ctx, f, true) }))
	use := func(id uuid.UUID, step int64) error {
		return w.inTx(func(ctx context.Context) error { return factors.UseTOTP(ctx, user.ID, id, step) })
	}
	for _, step := range []int64{9, 10} {
		if err := use(f.ID, step); !errors.Is(err, mfa.ErrRefused) {
			t.Errorf("step %d: %v, want ErrRefused", step, err)
		}
	}
	if err := use(uuid.New(), 99); !errors.Is(err, mfa.ErrRefused) {
		t.Errorf("an app that is gone: %v, want ErrRefused", err)
	}
	if err := w.db.InTx(w.other(), func(ctx context.Context) error { return factors.UseTOTP(ctx, user.ID, f.ID, 99) }); !errors.Is(err, mfa.ErrRefused) {
		t.Errorf("by another tenant: %v, want ErrRefused", err)
	}
	var used atomic.Int32
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			switch err := use(f.ID, 11); {
			case err == nil:
				used.Add(1)
			case !errors.Is(err, mfa.ErrRefused):
				t.Error(err)
			}
		})
	}
	if group.Wait(); used.Load() != 1 {
		t.Errorf("one step was used %d times", used.Load())
	}
}

// A transaction whose code was used before keeps nothing.
func TestFactors_aCodeThatWasUsedFailsTheTransaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	factors, user := &Factors{w.db, w.users.hot}, w.user()
	hash := random()
	must(t, factors.ReplaceCodes(w.ctx(), user.ID, [][]byte{hash, random()}))
	use := func(ctx context.Context) error { return factors.UseCode(ctx, user.ID, hash) }
	must(t, w.inTx(use))
	if there, err := factors.HasCode(w.ctx(), user.ID, hash); there || err != nil {
		t.Errorf("a code that was used: %v, %v", there, err)
	}
	err := w.inTx(func(ctx context.Context) error {
		if err := use(ctx); err != nil {
			return err
		}
		return factors.ReplaceCodes(ctx, user.ID, nil)
	})
	if !errors.Is(err, mfa.ErrRefused) {
		t.Errorf("got %v, want ErrRefused", err)
	}
	if held, err := factors.Of(w.ctx(), user.ID); err != nil || held.Codes != 1 || held.Any() {
		t.Errorf("got %+v, %v; want one code left", held, err)
	}
}

func TestFactors_areFewAndTheirUsersOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	factors, user := &Factors{w.db, w.users.hot}, w.user()
	add := func(first bool) (uuid.UUID, error) {
		f := mfa.TOTP{ID: uuid.Must(uuid.NewV7()), UserID: user.ID, Sealed: []byte("s")}
		return f.ID, w.inTx(func(ctx context.Context) error { return factors.AddTOTP(ctx, f, first) })
	}
	id, err := add(true)
	must(t, err)
	if _, err := add(true); !errors.Is(err, mfa.ErrHeld) {
		t.Errorf("a second one as the first: %v, want ErrHeld", err)
	}
	for range mfa.MaxTOTP - 1 {
		_, err := add(false)
		must(t, err)
	}
	if _, err := add(false); !errors.Is(err, mfa.ErrTooManyHeld) {
		t.Errorf("one too many: %v, want ErrTooManyHeld", err)
	}
	remove := func(ctx context.Context, user uuid.UUID) error {
		return w.db.InTx(ctx, func(ctx context.Context) error { return factors.RemoveTOTP(ctx, user, id) })
	}
	for name, err := range map[string]error{"by another tenant": remove(w.other(), user.ID), "of another user": remove(w.ctx(), w.user().ID)} {
		if !errors.Is(err, mfa.ErrFactorUnknown) {
			t.Errorf("removed %s: %v, want ErrFactorUnknown", name, err)
		}
	}
	must(t, remove(w.ctx(), user.ID))
	if held, err := factors.Of(w.ctx(), user.ID); err != nil || len(held.TOTP) != mfa.MaxTOTP-1 {
		t.Errorf("got %+v, %v", held, err)
	}
}
