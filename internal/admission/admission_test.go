package admission

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"plinto/internal/fault"
)

func enter(t *testing.T, g *Gate, tenant, network string) (context.Context, func()) {
	t.Helper()
	ctx, done, err := g.Enter(t.Context(), tenant, network)
	if err != nil {
		t.Fatal(err)
	}
	return ctx, done
}

// Half of the places are there for whoever comes first, until somebody waits.
func TestGate_givesPlacesQuicklyWhileNobodyWaits_MPR_02(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Places: 4}, prometheus.NewRegistry())
		_, first, ok := g.TryEnter(t.Context())
		_, _, second := g.TryEnter(t.Context())
		_, _, third := g.TryEnter(t.Context())
		if !ok || !second || third {
			t.Fatalf("given quickly: %v %v %v, want two", ok, second, third)
		}
		_, _ = enter(t, g, "a", "1")
		go func() {
			_, done, err := g.Enter(t.Context(), "a", "1") // one tenant gets one of the two
			if err == nil {
				done()
			}
		}()
		synctest.Wait()
		first()
		if _, _, ok := g.TryEnter(t.Context()); ok {
			t.Error("a place is given quickly while somebody waits")
		}
		time.Sleep(2 * defaultWait)
		synctest.Wait()
		if _, _, ok := g.TryEnter(t.Context()); !ok {
			t.Error("no place is given quickly, although nobody waits any more")
		}
		if n := g.in.Load(); n != 3 {
			t.Errorf("%d have a place, want 3", n)
		}
	})
}

// Who finds every place taken waits for as long as is said, and is then told to come again.
func TestGate_refusesWhoeverFindsNoPlaceInTime_MPR_01(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Places: 4}, prometheus.NewRegistry()) // two of them quickly
		_, first := enter(t, g, "a", "1")
		_, second := enter(t, g, "b", "1")
		began := time.Now()
		_, _, err := g.Enter(t.Context(), "c", "1")
		var told *fault.Error
		if !errors.Is(err, ErrOverloaded) || !errors.Is(err, fault.Unavailable) || !errors.As(err, &told) || told.RetryAfter < time.Second || told.RetryAfter > retryMost*time.Second {
			t.Errorf("no place: %v, %+v", err, told)
		}
		if waited := time.Since(began); waited != defaultWait {
			t.Errorf("waited %v, want %v", waited, defaultWait)
		}
		if n := testutil.ToFloat64(g.refused.WithLabelValues("late")); n != 1 {
			t.Errorf("%v were counted as refused", n)
		}
		first()
		_, third := enter(t, g, "c", "1")
		second()
		third()
		third() // as after Release
		if n := g.in.Load(); n != 0 {
			t.Errorf("%d have a place when nobody is there", n)
		}
	})
}

// However many come, only so many wait.
func TestGate_letsOnlySoManyWait_MPR_01(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Places: 1}, prometheus.NewRegistry())
		_, done := enter(t, g, "a", "1")
		refused := make(chan error, 2*queuePerPlace)
		for range 2 * queuePerPlace {
			go func() {
				_, _, err := g.Enter(t.Context(), "a", "1")
				refused <- err
			}()
		}
		synctest.Wait()
		if n := len(refused); n != queuePerPlace {
			t.Errorf("%d were refused at once, want %d", n, queuePerPlace)
		}
		time.Sleep(2 * defaultWait)
		synctest.Wait()
		done()
	})
}

// One tenant's flood leaves a place to others.
func TestGate_leavesAPlaceToOtherTenants_MPR_02(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Places: 16}, prometheus.NewRegistry()) // eight of them quickly
		for range 7 {
			enter(t, g, "flood", "1")
		}
		if _, _, err := g.Enter(t.Context(), "flood", "2"); !errors.Is(err, ErrOverloaded) {
			t.Errorf("the eighth of one tenant: %v", err)
		}
		enter(t, g, "other", "1")
	})
}

// Who gave the place back is worked on without one, and its end takes nobody's.
func TestRelease_givesThePlaceBackOnce_MPR_03(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Places: 1}, prometheus.NewRegistry())
		ctx, done := enter(t, g, "a", "1")
		Release(ctx)
		Release(ctx)
		enter(t, g, "b", "1")
		done()
		if _, _, err := g.Enter(t.Context(), "c", "1"); !errors.Is(err, ErrOverloaded) {
			t.Errorf("a second end freed the place of somebody else: %v", err)
		}
		Release(t.Context()) // without a place
	})
}
