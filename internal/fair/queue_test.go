package fair

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A line notes who is served, in order. It asks for places without waiting for them.
type line struct {
	t       *testing.T
	q       *Queue
	waiting []*asked
	in      []*asked
	served  []string
}

type asked struct {
	*waiter
	name string
}

// asks puts owners in line, whose names are levels divided by slashes.
func (l *line) asks(owners ...string) {
	l.t.Helper()
	for _, owner := range owners {
		if err := l.ask(owner); err != nil {
			l.t.Fatalf("%s: %v", owner, err)
		}
	}
}

func (l *line) ask(owner string) error {
	l.t.Helper()
	w, err := l.q.join(strings.Split(owner, "/"))
	if err == nil {
		l.waiting = append(l.waiting, &asked{w, owner})
		l.look()
	}
	return err
}

// look notes who is in by now.
func (l *line) look() {
	l.waiting = slices.DeleteFunc(l.waiting, func(a *asked) bool {
		if a.in {
			l.in, l.served = append(l.in, a), append(l.served, a.name)
		}
		return a.in
	})
}

// leaves gives the place back that was had first.
func (l *line) leaves() {
	l.t.Helper()
	if len(l.in) == 0 {
		l.t.Fatal("nobody is in")
	}
	l.q.leave(l.in[0].waiter)
	l.in = l.in[1:]
	l.look()
}

// leave gives back a place of that owner.
func (l *line) leave(owner string) {
	l.t.Helper()
	i := slices.IndexFunc(l.in, func(a *asked) bool { return a.name == owner })
	if i < 0 {
		l.t.Fatalf("%s is not in", owner)
	}
	l.q.leave(l.in[i].waiter)
	l.in = slices.Delete(l.in, i, i+1)
	l.look()
}

func (l *line) wants(want ...string) {
	l.t.Helper()
	if !slices.Equal(l.served, want) {
		l.t.Errorf("served %v\nwant   %v", l.served, want)
	}
	l.served = nil
}

func times(n int, owner string) []string { return slices.Repeat([]string{owner}, n) }

// One owner's flood is its own: whoever comes next gets the next place.
func TestQueue_aFloodLengthensOnlyItsOwnersQueue(t *testing.T) {
	t.Parallel()
	l := &line{t: t, q: New(0, Level{Places: 1}, Level{})}
	l.asks(times(50, "a")...)
	l.wants("a")
	l.asks("b")
	l.leaves()
	l.wants("b")
	l.leaves()
	l.asks("b", "b", "c")
	for range 5 {
		l.leaves()
	}
	l.wants("a", "b", "c", "a", "b", "a")
}

// Owners that come and go all the time are no faster than those that stay.
func TestQueue_newOwnersStarveNobody(t *testing.T) {
	t.Parallel()
	l := &line{t: t, q: New(0, Level{Places: 1}, Level{})}
	l.asks(times(9, "a")...)
	for i := range 8 {
		l.asks(fmt.Sprint("new", i))
		l.leaves()
	}
	l.wants("a", "new0", "a", "new1", "new2", "a", "new3", "new4", "new5")
}

// Who yields goes when nobody else waits, and after eight others.
func TestQueue_anOwnerThatYieldsGoesLastAndIsNotStarved(t *testing.T) {
	t.Parallel()
	l := &line{t: t, q: New(0, Level{Places: 1, Yields: "late"}, Level{})}
	l.asks("late", "late", "late", "late")
	l.asks(times(11, "a")...)
	l.asks("b")
	for range 15 {
		l.leaves()
	}
	l.wants("late", "a", "b", "a", "a", "a", "a", "a", "a", "late", "a", "a", "a", "a", "late", "late")
}

func TestQueue_servesOneOwnerInOrder(t *testing.T) {
	t.Parallel()
	q := New(0, Level{Places: 1}, Level{})
	first, _ := q.join([]string{"a"})
	second, _ := q.join([]string{"a"})
	third, _ := q.join([]string{"a"})
	if !first.in || second.in || third.in {
		t.Fatal("want the first in")
	}
	q.leave(first)
	if !second.in || third.in {
		t.Error("want the second in, then the third")
	}
}

// Owners below an owner take turns too: a crowd of networks at one tenant has one turn.
func TestQueue_sharesATurnAmongTheOwnersBelow(t *testing.T) {
	t.Parallel()
	l := &line{t: t, q: New(0, Level{Places: 1}, Level{}, Level{})}
	l.asks("a/1", "a/1", "a/1", "a/2", "a/3", "b/1", "b/1")
	for range 6 {
		l.leaves()
	}
	l.wants("a/1", "b/1", "a/2", "b/1", "a/3", "a/1", "a/1")
}

// An owner with a limit of its own leaves places for others, and its waiting holds up
// nobody behind it.
func TestQueue_keepsAnOwnerToItsPlaces(t *testing.T) {
	t.Parallel()
	l := &line{t: t, q: New(0, Level{Places: 4}, Level{Places: 2}, Level{Places: 1})}
	l.asks("a/x", "a/x", "a/x")
	l.wants("a/x")
	l.asks("a/y", "a/z")
	l.wants("a/y")
	l.asks("b/x", "c/x", "d/x")
	l.wants("b/x", "c/x")
	l.leave("b/x")
	l.wants("d/x")
	l.leave("a/y")
	l.wants("a/z")
	l.leave("a/z")
	l.leave("a/x")
	l.wants("a/x")
}

// In a full queue those who hold most of it give way.
func TestQueue_aFullQueueTakesInThoseWhoHoldLess(t *testing.T) {
	t.Parallel()
	q := New(0, Level{Places: 1}, Level{Queue: 4}, Level{})
	l := &line{t: t, q: q}
	l.asks("a/1", "a/1", "a/1", "a/1", "a/1")
	if err := l.ask("a/1"); !errors.Is(err, ErrFull) {
		t.Errorf("the fifth in line of four: got %v, want ErrFull", err)
	}
	last := l.waiting[3]
	l.asks("a/2")
	select {
	case <-last.done:
	default:
		t.Error("the last of those who hold the queue was not told to go")
	}
	l.asks("a/2")
	if err := l.ask("a/2"); !errors.Is(err, ErrFull) {
		t.Errorf("one more, where both hold as many: got %v, want ErrFull", err)
	}
	l.asks("b/1") // has a queue of its own
	for range 5 {
		l.leaves()
	}
	l.wants("a/1", "b/1", "a/2", "a/1", "a/2", "a/1")
}

func TestEnter_waitsForItsTurn(t *testing.T) {
	t.Parallel()
	q := New(time.Minute, Level{Places: 3}, Level{Places: 2}, Level{})
	var all sync.WaitGroup
	var in, most, done atomic.Int32
	for i := range 200 {
		all.Go(func() {
			leave, err := q.Enter(t.Context(), fmt.Sprint(i%3), fmt.Sprint(i%7))
			if err != nil {
				t.Errorf("Enter() = %v", err)
				return
			}
			now := in.Add(1)
			for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
			}
			in.Add(-1)
			leave()
			done.Add(1)
		})
	}
	all.Wait()
	if done.Load() != 200 || most.Load() > 3 {
		t.Errorf("%d of 200 had a place, %d at once; want at most 3", done.Load(), most.Load())
	}
	if q.root.in != 0 || q.root.waiting != 0 || len(q.root.children) != 0 || len(q.root.turns) != 0 {
		t.Errorf("afterwards: %d in, %d waiting, %d owners", q.root.in, q.root.waiting, len(q.root.children))
	}
}

func TestEnter_givesUpInTime(t *testing.T) {
	t.Parallel()
	q := New(time.Millisecond, Level{Places: 1}, Level{Queue: 1})
	leave, err := q.Enter(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.Enter(t.Context(), "a"); !errors.Is(err, ErrLate) {
		t.Errorf("got %v, want ErrLate", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	patient := New(0, Level{Places: 1}, Level{Queue: 1})
	kept, _ := patient.join([]string{"a"})
	if _, err := patient.Enter(gone, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	if _, err := patient.join([]string{"a"}); err != nil {
		t.Errorf("who gave up is still in line: %v", err)
	}
	if _, err := patient.Enter(t.Context(), "a"); !errors.Is(err, ErrFull) {
		t.Errorf("got %v, want ErrFull", err)
	}
	patient.leave(kept)
	leave()
	if len(q.root.children) != 0 {
		t.Errorf("%d owners are remembered", len(q.root.children))
	}
}

// Who is let in at the moment of giving up has a place, and nobody loses it.
func TestEnter_losesNoPlaceWhenGivingUp(t *testing.T) {
	t.Parallel()
	q := New(0, Level{Places: 1}, Level{})
	var all sync.WaitGroup
	for i := range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		all.Go(func() {
			if leave, err := q.Enter(ctx, fmt.Sprint(i%5)); err == nil {
				leave()
			}
		})
		all.Go(cancel)
	}
	all.Wait()
	leave, err := q.Enter(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	leave()
	if q.root.in != 0 || q.root.waiting != 0 || len(q.root.children) != 0 {
		t.Errorf("afterwards: %d in, %d waiting, %d owners", q.root.in, q.root.waiting, len(q.root.children))
	}
}

func BenchmarkEnter(b *testing.B) {
	q := New(0, Level{Places: 20}, Level{Places: 18})
	b.ReportAllocs()
	for b.Loop() {
		leave, err := q.Enter(b.Context(), "0192f3c0-0000-7000-8000-000000000001")
		if err != nil {
			b.Fatal(err)
		}
		leave()
	}
}

func TestQueue_countsWhoWaitedAndWhoWasSentAway(t *testing.T) {
	t.Parallel()
	q := New(time.Hour, Level{Places: 1, Queue: 1}, Level{})
	leave, err := q.Enter(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if s := q.Stat(); s != (Stat{In: 1}) {
		t.Errorf("nobody waited, and it says %+v", s)
	}
	ctx, gone := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := q.Enter(ctx, "b")
		left <- err
	}()
	for q.Stat().Waiting == 0 {
		runtime.Gosched()
	}
	if _, err := q.Enter(t.Context(), "b"); !errors.Is(err, ErrFull) {
		t.Errorf("a second one waits: %v", err)
	}
	gone()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	leave()
	s := q.Stat()
	if s.Waited <= 0 {
		t.Errorf("waited %v", s.Waited)
	}
	if s.Waited = 0; s != (Stat{Waits: 1, Full: 1}) {
		t.Errorf("got %+v", s)
	}
}
