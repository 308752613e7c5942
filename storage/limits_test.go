package storage

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"plinto/identity"
	"plinto/internal/embedded"
	"plinto/internal/testservice"
	"plinto/tenant"
)

var fivePerHour = identity.Limit{Name: "test", Count: 5, Period: time.Hour, Burst: 5}

// verdict is one guess at alice's password.
func (w *world) verdict(good bool) (stands bool) {
	w.t.Helper()
	stands, err := w.attempts.Verdict(w.ctx(), fivePerHour, "alice", good)
	must(w.t, err)
	return stands
}

// PWD-15: of guesses at once no more can turn out good than of guesses one after the
// other: whatever is right after five wrong ones does not stand.
func TestAttempts_noMoreGuessesAtOnceStandThanTheLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 5 {
		if !w.verdict(true) {
			t.Fatal("a good guess does not stand before the limit")
		}
		w.verdict(false)
	}
	if w.verdict(true) {
		t.Error("a good guess stands after five wrong ones")
	}
	w.sql(`DELETE FROM attempts`)
	for _, err := range parallel(100, func(int) error {
		_, err := w.attempts.Verdict(w.ctx(), fivePerHour, "alice", false)
		return err
	}) {
		must(t, err)
	}
	if w.verdict(true) {
		t.Error("a good guess stands after a hundred wrong ones at once")
	}
	if n := w.count(`SELECT count(*) FROM attempts WHERE tat > now() + interval '59 minutes' AND tat <= now() + interval '60 minutes'`); n != 1 {
		t.Error("a hundred wrong guesses cost their owner more than the limit, or less")
	}
	for name, verdict := range map[string]func() (bool, error){
		"another key":    func() (bool, error) { return w.attempts.Verdict(w.ctx(), fivePerHour, "bob\x00", true) },
		"another tenant": func() (bool, error) { return w.attempts.Verdict(w.other(), fivePerHour, "alice", true) },
		"another limit": func() (bool, error) {
			return w.attempts.Verdict(w.ctx(), identity.Limit{Name: "x", Count: 1, Period: time.Hour, Burst: 1}, "alice", true)
		},
	} {
		if stands, err := verdict(); err != nil || !stands {
			t.Errorf("%s: got %v, %v; want it to stand", name, stands, err)
		}
	}
}

// Good guesses are not counted, however many there are at once, and every guess costs
// the same statement.
func TestAttempts_goodGuessesAreFree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, err := range parallel(100, func(int) error {
		stands, err := w.attempts.Verdict(w.ctx(), fivePerHour, "alice", true)
		if err == nil && !stands {
			err = errors.New("does not stand")
		}
		return err
	}) {
		if err != nil {
			t.Errorf("good guess %d: %v", i, err)
		}
	}
	if n := w.count(`SELECT count(*) FROM attempts`); n != 0 {
		t.Errorf("%d rows of good guesses", n)
	}
	for range 7 { // into the limit
		for _, good := range []bool{true, false} {
			if n := w.counted.Count(func() { w.verdict(good) }); n != 1 {
				t.Errorf("%d statements of a guess, good: %v; want 1", n, good)
			}
		}
	}
}

func TestAttempts_areEarnedBackWithTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 50 {
		w.verdict(false)
	}
	w.sql(`UPDATE attempts SET tat = tat - interval '12 minutes'`)
	if !w.verdict(true) {
		t.Error("a good guess does not stand after a fifth of the period")
	}
	if w.verdict(false); w.verdict(true) {
		t.Error("more than one guess was earned back in a fifth of the period")
	}
	w.sql(`UPDATE attempts SET tat = now() - interval '1 day'`)
	for range 5 {
		if !w.verdict(true) {
			t.Error("a day of rest did not buy the burst")
		}
		w.verdict(false)
	}
	if w.verdict(true) {
		t.Error("a day of rest bought more than the burst")
	}
}

// limiters runs a test on a real Redis and on the one inside `plinto dev`.
func limiters(t *testing.T, test func(t *testing.T, open func() *Limiter)) {
	t.Helper()
	run := func(t *testing.T, url string) {
		test(t, func() *Limiter {
			v, err := openVolatile(url, patient, nil)
			must(t, err)
			t.Cleanup(func() { _ = v.close() })
			return newLimiter(v)
		})
	}
	t.Run("redis", func(t *testing.T) { t.Parallel(); run(t, testservice.Redis(t)) })
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		url, stop, err := embedded.StartRedis()
		must(t, err)
		t.Cleanup(stop)
		run(t, url)
	})
}

func someTenant(t *testing.T) context.Context {
	return tenant.With(t.Context(), &tenant.Tenant{ID: tenant.ID{1}})
}

func taken(ctx context.Context, n int, l *Limiter, buckets ...identity.Bucket) (allowed int32) {
	var count atomic.Int32
	parallel(n, func(int) error {
		if l.Take(ctx, buckets...) == 0 {
			count.Add(1)
		}
		return nil
	})
	return count.Load()
}

var (
	host    = fivePerHour.Of("192.0.2.1")
	network = identity.Limit{Name: "test", Count: 8, Period: time.Hour, Burst: 8}.Of("192.0.2.0/24")
)

func TestLimiter_allowsNoMoreAtOnceThanTheLimit(t *testing.T) {
	t.Parallel()
	limiters(t, func(t *testing.T, open func() *Limiter) {
		ctx, l := someTenant(t), open()
		if got := taken(ctx, 15, l, host); got != 5 {
			t.Errorf("%d of 15 were allowed, want 5", got)
		}
		for name, l := range map[string]*Limiter{"the same": l, "another": open()} {
			if wait := l.Take(ctx, host); wait < 11*time.Minute || wait > 12*time.Minute {
				t.Errorf("%s instance: got a wait of %v, want about 12 minutes", name, wait)
			}
		}
		other := tenant.With(t.Context(), &tenant.Tenant{ID: tenant.ID{2}})
		if l.Take(ctx, fivePerHour.Of("192.0.2.2")) != 0 || l.Take(other, host) != 0 {
			t.Error("another address or tenant pays for this one")
		}
	})
}

// PWD-13: a network has a limit of its own, of which no address can use up all.
func TestLimiter_countsNestedNetworksTogether(t *testing.T) {
	t.Parallel()
	limiters(t, func(t *testing.T, open func() *Limiter) {
		ctx, l := someTenant(t), open()
		if got := taken(ctx, 20, l, host, network); got != 5 {
			t.Errorf("%d of the first address were allowed, want 5", got)
		}
		if got := taken(ctx, 20, l, fivePerHour.Of("192.0.2.2"), network); got != 3 {
			t.Errorf("%d of the second address were allowed, want the 3 that the network has left", got)
		}
		if got := taken(ctx, 20, open(), fivePerHour.Of("192.0.2.3"), network); got != 0 {
			t.Errorf("%d of a third address were allowed at another instance, want none", got)
		}
		if got := taken(ctx, 20, l, fivePerHour.Of("192.0.2.3")); got != 5 {
			t.Errorf("%d of an address whose network refused it were allowed, want all 5: a refusal counts nothing", got)
		}
	})
}

func TestLimiter_countsFailuresOnly(t *testing.T) {
	t.Parallel()
	limiters(t, func(t *testing.T, open func() *Limiter) {
		ctx, l := someTenant(t), open()
		for range 50 {
			if l.Wait(ctx, host, network) != 0 || l.Verdict(ctx, true, host, network) != 0 {
				t.Fatal("good guesses are counted")
			}
		}
		for i := range 7 {
			if got := l.Verdict(ctx, false, host, network); (got == 0) != (i < 5) {
				t.Errorf("wrong guess %d: told to wait %v", i+1, got)
			}
		}
		if l.Verdict(ctx, true, host, network) == 0 {
			t.Error("a good guess stands where there were too many wrong ones")
		}
		for name, l := range map[string]*Limiter{"the same": l, "another": open()} {
			if wait := l.Wait(ctx, host, network); wait < 11*time.Minute || wait > 12*time.Minute {
				t.Errorf("%s instance: got a wait of %v, want about 12 minutes", name, wait)
			}
		}
	})
}

// Half of what a network may fail is a strain, on every instance that asked for its wait.
func TestLimiter_knowsWhoIsStrained(t *testing.T) {
	t.Parallel()
	limiters(t, func(t *testing.T, open func() *Limiter) {
		ctx, l := someTenant(t), open()
		for i := range 5 {
			l.Verdict(ctx, true, host)
			another := open()
			another.Wait(ctx, host)
			for name, l := range map[string]*Limiter{"the same": l, "another": another} {
				if got := l.Strained(ctx, host); got != (i >= 3) {
					t.Errorf("%s instance, after %d failures: strained %v", name, i, got)
				}
			}
			l.Verdict(ctx, false, host)
		}
	})
}

// PWD-15: guesses at once all pass a look that comes before the first verdict.
func TestLimiter_noMoreGuessesAtOnceStandThanTheLimit(t *testing.T) {
	t.Parallel()
	limiters(t, func(t *testing.T, open func() *Limiter) {
		ctx, l := someTenant(t), open()
		var stand atomic.Int32
		parallel(100, func(int) error {
			if l.Wait(ctx, host) == 0 && l.Verdict(ctx, false, host) == 0 {
				stand.Add(1)
			}
			return nil
		})
		if got := stand.Load(); got != 5 {
			t.Errorf("%d of 100 wrong guesses at once had a verdict of their own, want 5", got)
		}
	})
}

// F-05, PWD-18: when Redis goes, comes back, or loses everything, nobody who failed is
// forgotten and nobody else pays. Without it the limit is half, and still a limit.
func TestLimiter_goesOnWithoutRedis(t *testing.T) {
	t.Parallel()
	limit := identity.Limit{Name: "test", Count: 10, Period: time.Hour, Burst: 10}
	ctx := someTenant(t)
	if got := taken(ctx, 50, newLimiter(nil), limit.Of("a")); got != 5 {
		t.Errorf("never there: %d of 50 were allowed, want 5", got)
	}
	server := testservice.NewRedis(t)
	v, err := openVolatile(server.URL(), patient, nil)
	must(t, err)
	t.Cleanup(func() { _ = v.close() })
	l, other := newLimiter(v), newLimiter(v)
	fails := func(l *Limiter, key string, n int) (stand int) {
		for range n {
			if l.Verdict(ctx, false, limit.Of(key)) == 0 {
				stand++
			}
		}
		return stand
	}
	fails(other, "seen elsewhere", 10)
	if l.Wait(ctx, limit.Of("seen elsewhere")) == 0 {
		t.Error("an attacker that another instance saw is let in")
	}
	fails(l, "attacker", 10)
	fails(l, "clumsy", 4)

	must(t, server.Stop())
	for key, want := range map[string]bool{"seen elsewhere": false, "attacker": false, "clumsy": true, "good": true} {
		if in := l.Wait(ctx, limit.Of(key)) == 0; in != want {
			t.Errorf("stopped: %s is let in: %v", key, in)
		}
	}
	if got := fails(l, "clumsy", 20); got != 3 {
		t.Errorf("stopped: of the six failures that were left %d stand, want half", got)
	}
	if got := fails(l, "fresh", 20); got != 5 {
		t.Errorf("stopped: %d of 20 failures stand, want 5", got)
	}
	for range 100 {
		if l.Wait(ctx, limit.Of("good")) != 0 || l.Verdict(ctx, true, limit.Of("good")) != 0 {
			t.Fatal("stopped: good guesses are counted")
		}
	}

	must(t, server.Start()) // and empty
	v.revive(t)
	for key, want := range map[string]bool{"seen elsewhere": false, "attacker": false, "clumsy": false, "fresh": false, "good": true} {
		if in := l.Wait(ctx, limit.Of(key)) == 0; in != want {
			t.Errorf("back and empty: %s is let in: %v", key, in)
		}
	}
	if got := fails(l, "later", 20); got != 10 {
		t.Errorf("back: %d of 20 failures stand, want 10", got)
	}
}

func TestLimiter_limitsWithoutATenantToo(t *testing.T) {
	t.Parallel()
	limiters(t, func(t *testing.T, open func() *Limiter) {
		if got := taken(t.Context(), 10, open(), fivePerHour.Of("a")); got != 5 {
			t.Errorf("%d of 10 were allowed, want 5", got)
		}
	})
}
