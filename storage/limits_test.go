package storage

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"plinto/identity"
	"plinto/internal/embedded"
	"plinto/internal/testservice"
	"plinto/tenant"
)

var fivePerHour = identity.Limit{Name: "test", Count: 5, Period: time.Hour, Burst: 5}

// PWD-15.
func TestAttempts_allowNoMoreAtOnceThanTheLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var allowed atomic.Int32
	for _, err := range parallel(100, func(int) error {
		wait, err := w.attempts.Take(w.ctx(), fivePerHour, "alice")
		if wait == 0 && err == nil {
			allowed.Add(1)
		}
		return err
	}) {
		must(t, err)
	}
	if got := allowed.Load(); got != 5 {
		t.Errorf("%d of 100 were allowed, want 5", got)
	}
	var wait time.Duration
	n := w.counted.during(func() {
		var err error
		wait, err = w.attempts.Take(w.ctx(), fivePerHour, "alice")
		must(t, err)
	})
	if n != 1 || wait < 11*time.Minute || wait > 12*time.Minute {
		t.Errorf("got a wait of %v in %d statements, want about 12 minutes in 1", wait, n)
	}
	must(t, w.attempts.Return(w.ctx(), fivePerHour, "alice"))
	if wait, err := w.attempts.Take(w.ctx(), fivePerHour, "alice"); err != nil || wait != 0 {
		t.Errorf("after one was returned: got %v, %v", wait, err)
	}
	for name, take := range map[string]func() (time.Duration, error){
		"another key":    func() (time.Duration, error) { return w.attempts.Take(w.ctx(), fivePerHour, "bob\x00") },
		"another tenant": func() (time.Duration, error) { return w.attempts.Take(w.other(), fivePerHour, "alice") },
		"another limit": func() (time.Duration, error) {
			return w.attempts.Take(w.ctx(), identity.Limit{Name: "x", Count: 1, Period: time.Hour, Burst: 1}, "alice")
		},
	} {
		if wait, err := take(); err != nil || wait != 0 {
			t.Errorf("%s: got %v, %v; want to be allowed", name, wait, err)
		}
	}
}

func TestAttempts_areEarnedBackWithTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	take := func() time.Duration {
		t.Helper()
		wait, err := w.attempts.Take(w.ctx(), fivePerHour, "alice")
		must(t, err)
		return wait
	}
	for range 5 {
		take()
	}
	w.sql(`UPDATE attempts SET tat = tat - interval '12 minutes'`)
	if take() != 0 || take() == 0 {
		t.Error("want exactly one more try after a fifth of the period")
	}
	must(t, w.attempts.Return(w.ctx(), fivePerHour, "never took"))
	w.sql(`UPDATE attempts SET tat = now() - interval '1 day'`)
	must(t, w.attempts.Return(w.ctx(), fivePerHour, "alice"))
	for range 5 {
		take()
	}
	if take() == 0 {
		t.Error("a day of rest, or returning what was not taken, bought more than the burst")
	}
}

// limiters runs a test on a real Redis and on the one inside `plinto dev`.
func limiters(t *testing.T, test func(t *testing.T, l *Limiter)) {
	t.Helper()
	open := func(t *testing.T, url string) *Limiter {
		v, err := openVolatile(url, patient)
		must(t, err)
		t.Cleanup(func() { _ = v.close() })
		return newLimiter(v)
	}
	t.Run("redis", func(t *testing.T) { t.Parallel(); test(t, open(t, testservice.Redis(t))) })
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		url, stop, err := embedded.StartRedis()
		must(t, err)
		t.Cleanup(stop)
		test(t, open(t, url))
	})
}

func someTenant(t *testing.T) context.Context {
	return tenant.With(t.Context(), &tenant.Tenant{ID: tenant.ID{1}})
}

func taken(ctx context.Context, l *Limiter, limit identity.Limit, key string, n int) (allowed int32) {
	var count atomic.Int32
	parallel(n, func(int) error {
		if l.Take(ctx, limit, key) == 0 {
			count.Add(1)
		}
		return nil
	})
	return count.Load()
}

func TestLimiter_allowsNoMoreAtOnceThanTheLimit(t *testing.T) {
	t.Parallel()
	limiters(t, func(t *testing.T, l *Limiter) {
		ctx := someTenant(t)
		if got := taken(ctx, l, fivePerHour, "192.0.2.1", 15); got != 5 {
			t.Errorf("%d of 15 were allowed, want 5", got)
		}
		if wait := l.Take(ctx, fivePerHour, "192.0.2.1"); wait < 11*time.Minute || wait > 12*time.Minute {
			t.Errorf("got a wait of %v, want about 12 minutes", wait)
		}
		l.Return(ctx, fivePerHour, "192.0.2.1")
		l.Return(ctx, fivePerHour, "never took")
		if l.Take(ctx, fivePerHour, "192.0.2.1") != 0 || l.Take(ctx, fivePerHour, "192.0.2.1") == 0 {
			t.Error("want exactly one more after one was returned")
		}
		other := tenant.With(t.Context(), &tenant.Tenant{ID: tenant.ID{2}})
		if l.Take(ctx, fivePerHour, "192.0.2.2") != 0 || l.Take(other, fivePerHour, "192.0.2.1") != 0 {
			t.Error("another address or tenant pays for this one")
		}
	})
}

// F-05: without Redis the limit is half, and still a limit.
func TestLimiter_withoutRedisAllowsHalf(t *testing.T) {
	t.Parallel()
	limit := identity.Limit{Name: "test", Count: 10, Period: time.Hour, Burst: 10}
	if got := taken(someTenant(t), newLimiter(nil), limit, "a", 50); got != 5 {
		t.Errorf("%d of 50 were allowed, want 5", got)
	}
	server := testservice.NewRedis(t)
	v, err := openVolatile(server.URL(), patient)
	must(t, err)
	t.Cleanup(func() { _ = v.close() })
	l := newLimiter(v)
	if got := taken(someTenant(t), l, limit, "a", 15); got != 10 {
		t.Errorf("%d of 15 were allowed, want 10", got)
	}
	must(t, server.Stop())
	if got := taken(someTenant(t), l, limit, "a", 50); got != 5 {
		t.Errorf("stopped: %d of 50 were allowed, want 5", got)
	}
	must(t, server.Start())
	v.revive(t)
	if got := taken(someTenant(t), l, limit, "a", 15); got != 10 {
		t.Errorf("back and empty: %d of 15 were allowed, want 10", got)
	}
}

func TestLimiter_limitsWithoutATenantToo(t *testing.T) {
	t.Parallel()
	limiters(t, func(t *testing.T, l *Limiter) {
		if got := taken(t.Context(), l, fivePerHour, "a", 10); got != 5 {
			t.Errorf("%d of 10 were allowed, want 5", got)
		}
	})
}
