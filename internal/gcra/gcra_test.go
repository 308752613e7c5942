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

func TestAllow_grantsTheBurstAndThenTheRate(t *testing.T) {
	t.Parallel()
	l := New(10)
	for i := range ten.Burst {
		if ok, wait := l.Allow("k", ten, 1, start); !ok || wait != 0 {
			t.Fatalf("Allow() number %d = %v, %v, want allowed", i+1, ok, wait)
		}
	}
	if ok, wait := l.Allow("k", ten, 1, start); ok || wait != 6*time.Second {
		t.Fatalf("Allow() beyond the burst = %v, %v, want refused for 6s", ok, wait)
	}
	if ok, wait := l.Allow("k", ten, 1, start.Add(6*time.Second-1)); ok || wait != 1 {
		t.Errorf("Allow() a moment early = %v, %v, want refused for 1ns", ok, wait)
	}
	if ok, _ := l.Allow("k", ten, 1, start.Add(6*time.Second)); !ok {
		t.Error("Allow() when due is refused")
	}
	if ok, _ := l.Allow("other", ten, 1, start); !ok {
		t.Error("another key is refused")
	}
}

// Over any span the number allowed is at most burst + span × rate.
func TestAllow_neverExceedsTheRate(t *testing.T) {
	t.Parallel()
	l := New(10)
	allowed := 0
	for ms := range 10 * 60 * 10 { // ten minutes, ten tries a second
		if ok, _ := l.Allow("k", ten, 1, start.Add(time.Duration(ms)*100*time.Millisecond)); ok {
			allowed++
		}
	}
	if want := 5 + 10*10; allowed < want-1 || allowed > want {
		t.Errorf("%d were allowed in ten minutes, want %d", allowed, want)
	}
}

func TestAllow_refusalSpendsNothing(t *testing.T) {
	t.Parallel()
	l := New(10)
	for range 1000 {
		l.Allow("k", ten, 1, start)
	}
	if ok, _ := l.Allow("k", ten, 1, start.Add(6*time.Second)); !ok {
		t.Error("refused tries have moved the time of the next one")
	}
}

func TestAllow_countsCost(t *testing.T) {
	t.Parallel()
	l := New(10)
	if ok, _ := l.Allow("k", ten, 4, start); !ok {
		t.Fatal("4 of 5 are refused")
	}
	if ok, wait := l.Allow("k", ten, 3, start); ok || wait != 12*time.Second {
		t.Errorf("3 more = %v, %v, want refused for 12s", ok, wait)
	}
	if ok, _ := l.Allow("k", ten, 1, start); !ok {
		t.Error("the fifth is refused")
	}
	if ok, wait := l.Allow("new", ten, 6, start); ok || wait <= 0 {
		t.Errorf("a cost above the burst = %v, %v, want refused", ok, wait)
	}
}

func TestAllow_refusesUnderALimitOfNothing(t *testing.T) {
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
		if ok, wait := l.Allow("k", limit, 1, start); ok || wait <= 0 {
			t.Errorf("Allow(%+v) = %v, %v, want refused", limit, ok, wait)
		}
		l.Return("k", limit, start)
	}
	if ok, _ := l.Allow("k", ten, -1, start); ok {
		t.Error("a negative cost is allowed: it would earn credit")
	}
	if l.Len() != 0 {
		t.Errorf("%d keys are counted, want none", l.Len())
	}
}

func TestPeek_spendsNothing(t *testing.T) {
	t.Parallel()
	l := New(10)
	for range 100 {
		if wait := l.Peek("k", ten, start); wait != 0 {
			t.Fatalf("Peek() = %v, want 0", wait)
		}
	}
	for range ten.Burst {
		l.Take("k", ten, start)
	}
	if wait := l.Peek("k", ten, start); wait != 6*time.Second {
		t.Errorf("Peek() of a spent key = %v, want 6s", wait)
	}
}

func TestReturn_leavesOnlyFailuresCounted(t *testing.T) {
	t.Parallel()
	l := New(10)
	for i := range 100 {
		if wait := l.Take("k", ten, start); wait > 0 {
			t.Fatalf("good try %d has to wait %v", i+1, wait)
		}
		l.Return("k", ten, start)
	}
	if l.Len() != 0 {
		t.Errorf("%d keys are counted after successes only, want none", l.Len())
	}
	for range 50 { // credit cannot be hoarded
		l.Return("k", ten, start)
	}
	for range ten.Burst {
		l.Take("k", ten, start)
	}
	if wait := l.Take("k", ten, start); wait == 0 {
		t.Error("returns without a take have earned credit")
	}
}

func TestLimiter_boundsMemoryAndKeepsTheMostSpent(t *testing.T) {
	t.Parallel()
	l := New(100)
	for range ten.Burst {
		l.Take("victim", ten, start)
	}
	for i := range 10_000 {
		l.Take(fmt.Sprint("flood", i), ten, start)
	}
	if l.Len() != 100 {
		t.Errorf("%d keys are counted, want 100", l.Len())
	}
	if wait := l.Peek("victim", ten, start); wait == 0 {
		t.Error("a flood of other keys has washed out the one that was spent")
	}
}

func TestLimiter_forgetsKeysThatAreAsGoodAsNew(t *testing.T) {
	t.Parallel()
	l := New(1000)
	for i := range 500 {
		l.Take(fmt.Sprint(i), ten, start)
	}
	for i := range 300 {
		l.Take("k", ten, start.Add(time.Hour+time.Duration(i)*time.Minute))
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
			if l.Take("k", ten, start) == 0 {
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
	keys := make([]string, 20_000)
	for i := range keys {
		keys[i] = fmt.Sprint("tenant:signin:192.0.2.", i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		l.Take(keys[i%len(keys)], ten, start.Add(time.Duration(i)*time.Millisecond))
	}
}
