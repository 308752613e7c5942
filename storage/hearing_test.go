package storage

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// answering answers questions after a while, until the test ends, and counts them.
func (h *hearing) answering(t *testing.T, after time.Duration) (asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	h.heard(time.Now())
	done := make(chan struct{})
	t.Cleanup(func() { <-done })
	go func() {
		defer close(done)
		for {
			select {
			case <-h.ask:
			case <-t.Context().Done():
				return
			}
			asked.Add(1)
			sent := time.Now()
			time.Sleep(after)
			h.heard(sent)
		}
	}()
	return asked
}

func TestHearing_asksOnlyWhileSomebodyWantsToKnow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHearing()
		asked := h.answering(t, 20*time.Millisecond)
		time.Sleep(time.Hour)
		if n := asked.Load(); n != 0 {
			t.Errorf("idle: asked %d times in an hour, want none", n)
		}
		began := time.Now()
		if !h.fresh() || time.Since(began) != 20*time.Millisecond || asked.Load() != 1 {
			t.Errorf("after that: %v after %v and %d questions, want true after one answer", h.fresh(), time.Since(began), asked.Load())
		}
		asked.Store(0)
		for began = time.Now(); time.Since(began) < 10*time.Second; time.Sleep(time.Millisecond) {
			before := time.Now()
			if !h.fresh() || time.Since(before) > 0 {
				t.Fatalf("busy: had to wait %v", time.Since(before))
			}
		}
		if n := asked.Load(); n > 40 {
			t.Errorf("busy: asked %d times in ten seconds", n)
		}
	})
}

// The first requests after a connection fell silent wait a moment for it. Nobody else
// does, and nobody believes it any more once the last answer is a second old.
func TestHearing_believesASilentConnectionForASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHearing()
		h.heard(time.Now())
		<-time.After(unheardMost - time.Millisecond)
		if !h.fresh() {
			t.Error("not believed within a second")
		}
		<-time.After(time.Millisecond)
		began := time.Now()
		if h.fresh() || time.Since(began) >= beatWait {
			t.Errorf("believed after a second, or waited for %v", time.Since(began))
		}
		for range 3 {
			began = time.Now()
			if h.fresh() || time.Since(began) > 0 {
				t.Errorf("believed later, or waited for %v", time.Since(began))
			}
		}
		h.heard(time.Now())
		if !h.fresh() {
			t.Error("not believed after another answer")
		}
	})
}

// An answer tells of what was there when the question was sent, however late it comes.
func TestHearing_countsFromTheQuestion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHearing()
		h.answering(t, unheardMost+time.Millisecond)
		time.Sleep(time.Hour)
		for range 20 {
			if h.fresh() {
				t.Fatal("believed an answer to a question of more than a second ago")
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
}

func TestHearing_isDeafWhileNobodyListens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHearing()
		began := time.Now()
		for name, deaf := range map[string]func(){"at first": func() {}, "again": func() { h.heard(time.Now()); h.deaf() }} {
			deaf()
			if h.fresh() || (&hearing{}).fresh() {
				t.Errorf("%s: believed", name)
			}
		}
		if time.Since(began) > 0 {
			t.Errorf("waited for %v", time.Since(began))
		}
	})
}
