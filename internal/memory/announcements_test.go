package memory

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// answering answers questions after a while, until the test ends, and counts them.
func (a *Announcements) answering(t *testing.T, after time.Duration) (asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	a.Answered(time.Now(), Snapshot{})
	done := make(chan struct{})
	t.Cleanup(func() { <-done })
	go func() {
		defer close(done)
		for {
			select {
			case <-a.questions:
			case <-t.Context().Done():
				return
			}
			asked.Add(1)
			sent := time.Now()
			time.Sleep(after)
			a.Answered(sent, Snapshot{})
		}
	}()
	return asked
}

func TestAnnouncements_asksOnlyWhileSomebodyWantsToKnow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := NewAnnouncements()
		asked := a.answering(t, 20*time.Millisecond)
		time.Sleep(time.Hour)
		if n := asked.Load(); n != 0 {
			t.Errorf("idle: asked %d times in an hour, want none", n)
		}
		began := time.Now()
		if !a.Current() || time.Since(began) != 20*time.Millisecond || asked.Load() != 1 {
			t.Errorf("after that: %v after %v and %d questions, want true after one answer", a.Current(), time.Since(began), asked.Load())
		}
		asked.Store(0)
		for began = time.Now(); time.Since(began) < 10*time.Second; time.Sleep(time.Millisecond) {
			before := time.Now()
			if !a.Current() || time.Since(before) > 0 {
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
func TestAnnouncements_believesASilentConnectionForASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := NewAnnouncements()
		a.Answered(time.Now(), Snapshot{})
		<-time.After(MaxLag - time.Millisecond)
		if !a.Current() {
			t.Error("not believed within a second")
		}
		<-time.After(time.Millisecond)
		began := time.Now()
		if a.Current() || time.Since(began) >= answerWait {
			t.Errorf("believed after a second, or waited for %v", time.Since(began))
		}
		for range 3 {
			began = time.Now()
			if a.Current() || time.Since(began) > 0 {
				t.Errorf("believed later, or waited for %v", time.Since(began))
			}
		}
		a.Answered(time.Now(), Snapshot{})
		if !a.Current() {
			t.Error("not believed after another answer")
		}
	})
}

// An answer tells of what was there when the question was sent, however late it comes.
func TestAnnouncements_countsFromTheQuestion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := NewAnnouncements()
		a.answering(t, MaxLag+time.Millisecond)
		time.Sleep(time.Hour)
		for range 20 {
			if a.Current() {
				t.Fatal("believed an answer to a question of more than a second ago")
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
}

func TestAnnouncements_areMissingWhileNobodyListens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := NewAnnouncements()
		began := time.Now()
		for name, lost := range map[string]func(){"at first": func() {}, "again": func() { a.Answered(time.Now(), Snapshot{}); a.Lost() }} {
			lost()
			if a.Current() || (&Announcements{}).Current() {
				t.Errorf("%s: believed", name)
			}
		}
		if time.Since(began) > 0 {
			t.Errorf("waited for %v", time.Since(began))
		}
	})
}
