package admission

import (
	"testing"
	"time"
)

// A gauge is a process whose goroutines wait for as long as a test says.
type gauge struct {
	*pressure
	at     time.Time
	median time.Duration
	of     uint64
}

func newGauge() *gauge {
	g := &gauge{at: time.UnixMilli(1_700_000_000_000), of: pressureEvents}
	g.pressure = &pressure{delays: func() (time.Duration, uint64) { return g.median, g.of }, now: func() time.Time { return g.at }}
	return g
}

// refused returns which part of requests is refused after a number of looks.
func (g *gauge) refused(looks int, median time.Duration) float64 {
	g.median = median
	for range looks {
		g.at = g.at.Add(pressureEvery)
		g.refuses()
	}
	const of = 20_000
	n := 0
	for range of {
		if g.refuses() {
			n++
		}
	}
	return float64(n) / of
}

// As long as goroutines wait too long, more and more is refused; some are let in always; and soon after nobody is.
func TestPressure_refusesWhatCannotBeComputed_MPR_06(t *testing.T) {
	t.Parallel()
	g := newGauge()
	if n := g.refused(5, pressedAt/2); n != 0 {
		t.Errorf("%v are refused when goroutines wait for half of what is too long", n)
	}
	if n := g.refused(1, pressedAt); n != 0 {
		t.Errorf("%v are refused after one look", n)
	}
	if n := g.refused(3, pressedAt); n < 0.25 || n > 0.35 {
		t.Errorf("%v are refused after three more, want 0.3", n)
	}
	if n := g.refused(100, 10*pressedAt); n < 0.93 || n > 0.97 {
		t.Errorf("%v are refused in the end, want 0.95", n)
	}
	if n := g.refused(19, 0); n != 0 {
		t.Errorf("%v are refused two seconds after the end", n)
	}
	g.refused(100, pressedAt)
	g.at = g.at.Add(3 * time.Second) // nobody came
	if n := g.refused(1, 0); n != 0 {
		t.Errorf("%v are refused after a rest", n)
	}
	g.of = pressureEvents - 1
	if n := g.refused(10, time.Minute); n != 0 {
		t.Errorf("%v are refused because a few goroutines waited", n)
	}
}

// What the runtime says is read: goroutines that wait for each other show, and what was read is not read again.
func TestSchedulerDelays_readsTheRuntime(t *testing.T) {
	t.Parallel()
	delays := schedulerDelays()
	delays()
	for range 1000 {
		done := make(chan struct{})
		go close(done)
		<-done
	}
	if median, of := delays(); of < 100 || median < 0 || median > time.Minute {
		t.Errorf("median %v of %d", median, of)
	}
}
