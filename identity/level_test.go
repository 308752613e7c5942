package identity

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"plinto/internal/password"
	"plinto/tenant"
)

// kinds counts how often it is asked, and answers or fails.
type kinds struct {
	asked atomic.Int32
	err   error
}

func (k *kinds) HashKinds(ctx context.Context) ([]string, error) {
	k.asked.Add(1)
	return []string{"a", "b"}, errors.Join(k.err, ctx.Err())
}

// verifying is a PasswordHasher that counts comparisons and takes no time.
type verifying struct {
	compared atomic.Int32
	floor    time.Duration
}

func (*verifying) Hash(context.Context, password.Owner, string, password.Rules) (string, error) {
	return "", nil
}

func (*verifying) Rehash(context.Context, password.Owner, string) (string, error) { return "", nil }
func (v *verifying) Floor() time.Duration                                         { return v.floor }
func (v *verifying) Readable(string) bool                                         { return true }

func (v *verifying) Verify(context.Context, password.Owner, string, string) (ok, rehash bool, err error) {
	v.compared.Add(1)
	return false, false, nil
}

// A hash of each kind is computed to measure it, which must not be had by every
// refused password, whether it succeeds or not, nor be spoilt by a visitor who leaves.
func TestTimingEqualizer_looksOnceHoweverManyAreRefused(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]error{"good": nil, "failing": errors.New("it takes too long")} {
		k, h := &kinds{err: fails}, &verifying{}
		l := &TimingEqualizer{Kinds: k, Hasher: h}
		ctx, leave := context.WithCancel(tenant.With(t.Context(), &tenant.Tenant{ID: tenant.ID(uuid.New())}))
		leave()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { l.Wait(ctx, time.Now(), 1) })
		}
		all.Wait()
		l.Wait(ctx, time.Now(), 1)
		if n := k.asked.Load(); n != 1 {
			t.Errorf("%s: looked %d times, want once", name, n)
		}
		if n := h.compared.Load(); fails == nil && n != 2 {
			t.Errorf("%s: measured %d hashes, want the two kinds", name, n)
		}
	}
}

// PWD-23: a password that is compared twice takes twice as long, whoever it is said to be of.
func TestTimingEqualizer_waitsForEachComparison(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &TimingEqualizer{Kinds: &kinds{}, Hasher: &verifying{floor: time.Second}}
		ctx := tenant.With(t.Context(), &tenant.Tenant{ID: tenant.ID(uuid.New())})
		for compared := range 3 {
			began := time.Now()
			if l.Wait(ctx, began, compared); time.Since(began) != time.Duration(compared)*time.Second {
				t.Errorf("%d comparisons: refused after %v", compared, time.Since(began))
			}
		}
	})
}
