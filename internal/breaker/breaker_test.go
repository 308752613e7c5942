package breaker

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

var errDown = errors.New("down")

func failing(context.Context) error { return errDown }

func TestBreaker_leavesAServiceAloneThatFailsAndTriesItAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		set := NewSet(prometheus.NewRegistry())
		b := set.New(Options{Name: "smtp", Failures: 3, Pause: time.Minute})
		for i := range 3 {
			if err := b.Do(t.Context(), failing); !errors.Is(err, errDown) {
				t.Fatalf("call %d: got %v, want the error of the service", i, err)
			}
		}
		called := false
		note := func(context.Context) error { called = true; return nil }
		if err := b.Do(t.Context(), note); !errors.Is(err, ErrOpen) || called || b.State() != "open" {
			t.Fatalf("after three failures: got %v, called %t, %s", err, called, b.State())
		}
		if n := testutil.ToFloat64(set.shut.WithLabelValues("smtp")); n != 1 {
			t.Errorf("opened %v times, want 1", n)
		}
		time.Sleep(time.Minute + time.Second) // of a clock that stands still otherwise
		if err := b.Do(t.Context(), note); err != nil || !called || b.State() != "closed" {
			t.Errorf("after the pause: got %v, called %t, %s", err, called, b.State())
		}
	})
}

func TestBreaker_countsOnlyWhatIsTheServicesFault(t *testing.T) {
	t.Parallel()
	errRefused := errors.New("no such recipient")
	b := NewSet(prometheus.NewRegistry()).New(Options{Name: "smtp", Failures: 2, Healthy: func(err error) bool { return errors.Is(err, errRefused) }})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 5 {
		if err := b.Do(t.Context(), func(context.Context) error { return errRefused }); !errors.Is(err, errRefused) {
			t.Fatalf("got %v", err)
		}
		if err := b.Do(gone, func(ctx context.Context) error { return ctx.Err() }); !errors.Is(err, context.Canceled) {
			t.Fatalf("given up: got %v", err)
		}
	}
	if b.State() != "closed" {
		t.Errorf("the breaker is %s", b.State())
	}
}

func TestBreaker_limitsTheTimeOfACall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewSet(prometheus.NewRegistry()).New(Options{Name: "slow", Timeout: 3 * time.Second, Failures: 1})
		begun := time.Now()
		err := b.Do(t.Context(), func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != 3*time.Second || b.State() != "open" {
			t.Errorf("got %v after %v, %s", err, time.Since(begun), b.State())
		}
	})
}
