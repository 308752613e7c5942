package gcra

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ten   = Limit{Rate: 10, Period: time.Minute, Burst: 5} // one per 6 s
)

func of(key string) Bucket { return Bucket{key, ten} }

func TestTake_grantsTheBurstAndThenTheRate(t *testing.T) {
	t.Parallel()
	l := New(10)
	for i := range ten.Burst {
		if wait := l.Take(start, 1, of("k")); wait != 0 {
			t.Fatalf("Take() number %d = %v, want 0", i+1, wait)
		}
	}
	if wait := l.Take(start, 1, of("k")); wait != 6*time.Second {
		t.Fatalf("Take() beyond the burst = %v, want 6s", wait)
	}
	if wait := l.Take(start.Add(6*time.Second-1), 1, of("k")); wait != 1 {
		t.Errorf("Take() a moment early = %v, want 1ns", wait)
	}
	if wait := l.Take(start.Add(6*time.Second), 1, of("k")); wait != 0 {
		t.Errorf("Take() when due = %v, want 0", wait)
	}
	if wait := l.Take(start, 1, of("other")); wait != 0 {
		t.Errorf("Take() of another key = %v, want 0", wait)
	}
}

// Over any span the number allowed is at most burst + span × rate.
func TestTake_neverExceedsTheRate(t *testing.T) {
	t.Parallel()
	l := New(10)
	allowed := 0
	for ms := range 10 * 60 * 10 { // ten minutes, ten tries a second
		if l.Take(start.Add(time.Duration(ms)*100*time.Millisecond), 1, of("k")) == 0 {
			allowed++
		}
	}
	if want := 5 + 10*10; allowed < want-1 || allowed > want {
		t.Errorf("%d were allowed in ten minutes, want %d", allowed, want)
	}
}

func TestTake_refusalSpendsNothing(t *testing.T) {
	t.Parallel()
	l := New(10)
	for range 1000 {
		l.Take(start, 1, of("k"))
	}
	if l.Take(start.Add(6*time.Second), 1, of("k")) != 0 {
		t.Error("refused tries have moved the time of the next one")
	}
}

func TestTake_countsCostAndStopsAtEmpty(t *testing.T) {
	t.Parallel()
	l := New(10)
	for i, want := range []time.Duration{0, 0, 0, 6 * time.Second} { // of 5: 3, 1 and nothing are left
		if wait := l.Take(start, 2, of("k")); wait != want {
			t.Errorf("Take() of two, number %d = %v, want %v", i+1, wait, want)
		}
	}
}

func TestTake_takesOfAllBucketsOrOfNone(t *testing.T) {
	t.Parallel()
	l := New(10)
	for range ten.Burst {
		l.Take(start, 1, of("full"))
	}
	if wait := l.Take(start, 1, of("new"), of("full")); wait != 6*time.Second {
		t.Errorf("Take() with an empty bucket = %v, want 6s", wait)
	}
	for i := range ten.Burst {
		if wait := l.Take(start, 1, of("new")); wait != 0 {
			t.Errorf("Take() number %d of a bucket that lost nothing = %v", i+1, wait)
		}
	}
}

func TestLimiter_refusesUnderALimitOfNothing(t *testing.T) {
	t.Parallel()
	l := New(10)
	for _, limit := range []Limit{
		{},
		{Rate: 1, Period: time.Second},
		{Rate: 1, Burst: 1},
		{Period: time.Second, Burst: 1},
		{Rate: -1, Period: time.Second, Burst: 1},
		{Rate: 2, Period: 1, Burst: 1},
	} {
		b := Bucket{"k", limit}
		if l.Take(start, 1, b) <= 0 || l.Wait(start, b) <= 0 {
			t.Errorf("%+v allows something", limit)
		}
		l.Spend(start, 1, b)
	}
	l.Spend(start, -1, of("k"))
	if l.Len() != 0 {
		t.Errorf("%d keys are counted, want none", l.Len())
	}
}

func TestWait_spendsNothing(t *testing.T) {
	t.Parallel()
	l := New(10)
	for range 100 {
		if wait := l.Wait(start, of("k")); wait != 0 {
			t.Fatalf("Wait() = %v, want 0", wait)
		}
	}
	l.Spend(start, ten.Burst, of("k"))
	if wait := l.Wait(start, of("new"), of("k")); wait != 6*time.Second {
		t.Errorf("Wait() with a spent key = %v, want 6s", wait)
	}
}

// What is recorded after the fact may be more than was left. It is no debt.
func TestSpend_neverOwes(t *testing.T) {
	t.Parallel()
	l := New(10)
	for i := range 1000 {
		if wait := l.Spend(start, 1, of("k")); (wait > 0) != (i >= ten.Burst) {
			t.Fatalf("Spend() number %d = %v", i+1, wait)
		}
	}
	if wait := l.Wait(start, of("k")); wait != 6*time.Second {
		t.Errorf("Wait() after a thousand = %v, want 6s", wait)
	}
	if wait := l.Wait(start.Add(30*time.Second), of("k")); wait != 0 {
		t.Errorf("Wait() after the time of the burst = %v, want 0", wait)
	}
}

func TestRaise_onlyRaises(t *testing.T) {
	t.Parallel()
	l := New(10)
	l.Raise(start, of("k"), start.Add(30*time.Second))
	if wait := l.Wait(start, of("k")); wait != 6*time.Second {
		t.Errorf("Wait() of a bucket that others emptied = %v, want 6s", wait)
	}
	l.Raise(start, of("k"), start)
	if wait := l.Wait(start, of("k")); wait != 6*time.Second {
		t.Errorf("Wait() after others forgot it = %v, want 6s", wait)
	}
	l.Raise(start, of("new"), start)
	l.Raise(start, of("past"), start.Add(-time.Hour))
	l.Raise(start, Bucket{Key: "nothing"}, start.Add(time.Hour))
	if l.Len() != 1 {
		t.Errorf("%d keys are counted, want the one that was raised", l.Len())
	}
}

func TestLimiter_boundsMemoryAndKeepsTheMostSpent(t *testing.T) {
	t.Parallel()
	l := New(100)
	l.Spend(start, ten.Burst, of("victim"))
	for i := range 10_000 {
		l.Spend(start, 1, of(fmt.Sprint("flood", i)))
	}
	if l.Len() != 100 {
		t.Errorf("%d keys are counted, want 100", l.Len())
	}
	if l.Wait(start, of("victim")) == 0 {
		t.Error("a flood of other keys has washed out the one that was spent")
	}
}

func TestLimiter_forgetsKeysThatAreAsGoodAsNew(t *testing.T) {
	t.Parallel()
	l := New(1000)
	for i := range 500 {
		l.Spend(start, 1, of(fmt.Sprint(i)))
	}
	for i := range 300 {
		l.Take(start.Add(time.Hour+time.Duration(i)*time.Minute), 1, of("k"))
	}
	if l.Len() > 2 {
		t.Errorf("%d keys are counted an hour later, want the one in use", l.Len())
	}
}

func TestTake_inParallelNeverExceedsTheBurst(t *testing.T) {
	t.Parallel()
	l := New(10)
	var granted atomic.Int32
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			if l.Take(start, 1, of("k"), of("larger")) == 0 {
				granted.Add(1)
			}
		})
	}
	group.Wait()
	if got := granted.Load(); got != int32(ten.Burst) {
		t.Errorf("%d of 100 parallel tries passed, want %d", got, ten.Burst)
	}
}

func BenchmarkTake(b *testing.B) {
	l := New(10_000)
	buckets := make([]Bucket, 20_000)
	for i := range buckets {
		buckets[i] = of(fmt.Sprint("tenant:signin:192.0.2.", i))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		l.Take(start.Add(time.Duration(i)*time.Millisecond), 1, buckets[i%len(buckets)])
	}
}
