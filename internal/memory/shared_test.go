package memory

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A board is a SharedStore in memory, which everybody may write to.
type board struct {
	mu    sync.Mutex
	found map[string]string
	asked atomic.Int32
}

func (b *board) Find(_ context.Context, s scope, name string) ([]byte, bool) {
	b.asked.Add(1)
	b.mu.Lock()
	defer b.mu.Unlock()
	text, ok := b.found[s.String()+" "+name]
	return []byte(text), ok
}

func (b *board) Put(_ context.Context, s scope, name string, value []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.found[s.String()+" "+name] = string(value)
}

func (b *board) names() (all []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name := range b.found {
		all = append(all, name)
	}
	return all
}

// A peer is a process that listens and has a cache.
type peer struct {
	*Cache[scope, int]
	heard *Announcements
	loads atomic.Int32
}

func numbers(format int) Codec[int] {
	return Codec[int]{
		Format: format,
		Encode: func(n int) ([]byte, error) { return strconv.AppendInt(nil, int64(n), 10), nil },
		Decode: func(text []byte) (int, error) { return strconv.Atoi(string(text)) },
	}
}

func newPeer(b *board, format int) *peer {
	p := &peer{heard: NewAnnouncements()}
	limits := Limits{Announced: time.Minute, Unannounced: time.Second}
	p.Cache = New[scope, int](nil, Options{Name: "numbers", Limits: limits, Current: func(context.Context) bool { return p.heard.Current() }})
	p.Share(NewShared[scope](b, p.heard), numbers(format))
	return p
}

// answer is what a listener hears from a database that has come that far.
func (p *peer) answer(server string, high uint64) {
	p.heard.Answered(time.Now(), Snapshot{Server: server, High: high})
}

// get returns the value of a name, and whether it was loaded: as n, in a snapshot that has every transaction below low.
func (p *peer) get(t *testing.T, name string, n int, server string, low uint64) (value int, loaded bool) {
	t.Helper()
	before := p.loads.Load()
	value, err := p.Get(t.Context(), Key[scope]{"tenant", name}, func(ctx context.Context) (int, error) {
		p.loads.Add(1)
		Note(ctx, Snapshot{Server: server, Low: low})
		return n, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Wait() // until it is in the store
	return value, p.loads.Load() > before
}

// What one process loaded the others take, as long as it has every change that they heard of: CAC-11.
func TestShared_takesWhatHasEveryChangeThatWasHeard_CAC_11(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &board{found: map[string]string{}}
		here, there := newPeer(b, 1), newPeer(b, 1)
		all := func(server string, high uint64) { here.answer(server, high); there.answer(server, high) }
		all("one", 10)
		here.get(t, "name", 1, "one", 10)
		if n, loaded := there.get(t, "name", 2, "one", 10); loaded || n != 1 {
			t.Errorf("got %d, loaded: %v; want what the other process loaded", n, loaded)
		}
		time.Sleep(time.Millisecond)
		there.Invalidate("tenant")
		time.Sleep(time.Millisecond)
		all("one", 12) // transaction 11 was the change
		if n, loaded := there.get(t, "name", 3, "one", 12); !loaded || n != 3 {
			t.Errorf("got %d, loaded: %v; want no value from before a change", n, loaded)
		}
		if n, loaded := here.get(t, "name", 0, "one", 12); loaded || n != 1 {
			t.Errorf("got %d, loaded: %v; want what is held, as nothing was heard", n, loaded)
		}
		here.Invalidate("tenant")
		all("one", 12)
		if n, loaded := here.get(t, "name", 4, "one", 12); !loaded || n != 4 {
			t.Errorf("got %d, loaded: %v; want no value from before the question that followed the change", n, loaded)
		}
	})
}

// What is not compared with the same announcements is neither taken nor given: CAC-13.
func TestShared_leavesOutWhatIsElsewhere_CAC_13(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &board{found: map[string]string{}}
		here, there := newPeer(b, 1), newPeer(b, 1)
		elsewhere := true
		for _, p := range []*peer{here, there} {
			p.options.Shares = func(context.Context) bool { return !elsewhere }
			p.answer("one", 10)
		}
		here.get(t, "name", 1, "one", 10)
		if names := b.names(); len(names) > 0 {
			t.Errorf("given to others: %q", names)
		}
		elsewhere = false
		here.Invalidate("tenant")
		time.Sleep(time.Millisecond)
		here.answer("one", 11)
		here.get(t, "name", 2, "one", 11)
		if names := b.names(); len(names) != 1 {
			t.Fatalf("given to others: %q, want one value", names)
		}
		elsewhere = true
		there.answer("one", 11)
		if n, loaded := there.get(t, "name", 3, "one", 11); !loaded || n != 3 {
			t.Errorf("got %d, loaded: %v; want it loaded", n, loaded)
		}
	})
}

// Of what it is not known to have every change nobody takes anything: of another server, of one that was listened to
// later, of another format, while nothing is heard, or that is too old.
func TestShared_takesNothingElse_CAC_11(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		format int
		listen func(p *peer)
	}{
		"another server":       {1, func(p *peer) { p.answer("two", 5) }},
		"heard nothing yet":    {1, func(*peer) {}},
		"snapshots unknown":    {1, func(p *peer) { p.heard.Answered(time.Now(), Snapshot{}) }},
		"a later transaction":  {1, func(p *peer) { p.answer("one", 11) }},
		"lost since":           {1, func(p *peer) { p.answer("one", 10); p.heard.Lost() }},
		"another format":       {2, func(p *peer) { p.answer("one", 10) }},
		"silent for a second":  {1, func(p *peer) { p.answer("one", 10); time.Sleep(2 * MaxLag) }},
		"a minute old":         {1, func(p *peer) { p.answer("one", 10); time.Sleep(time.Minute); p.answer("one", 11) }},
		"listened to the next": {1, func(p *peer) { p.answer("one", 10); p.answer("two", 3); p.answer("one", 11) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &board{found: map[string]string{}}
				here, there := newPeer(b, 1), newPeer(b, of.format)
				here.answer("one", 10)
				here.get(t, "name", 1, "one", 10)
				if len(b.names()) != 1 {
					t.Fatalf("in the store: %q", b.names())
				}
				of.listen(there)
				if n, loaded := there.get(t, "name", 2, "one", 10); !loaded || n != 2 {
					t.Errorf("got %d, loaded: %v", n, loaded)
				}
			})
		})
	}
}

// What is put into the store says what it is, so that versions of a server do not read each other's.
func TestShared_namesFormatAndType(t *testing.T) {
	t.Parallel()
	type one struct{ A, B string }
	type same struct{ A, B string }
	type other struct {
		A string
		B int
	}
	names := map[string]bool{}
	for _, name := range []string{
		formatOf[one]("c", 1), formatOf[one]("c", 2), formatOf[one]("d", 1), formatOf[other]("c", 1), formatOf[*one]("c", 1), formatOf[[]one]("c", 1),
		formatOf[map[string]one]("c", 1), formatOf[same]("c", 1),
	} {
		names[name] = true
	}
	if len(names) != 8 {
		t.Errorf("two formats or types have one name: %v", names)
	}
	type list struct{ Next *list }
	if !strings.HasPrefix(formatOf[list]("c", 1), "c/1-") {
		t.Error("a type that has itself in it")
	}
}

// However many miss at once, one asks the store, and one loads. A value that must not leave the process does not.
func TestShared_isAskedOnceForAllThatMissAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &board{found: map[string]string{}}
		p := newPeer(b, 1)
		p.answer("one", 10)
		begin := make(chan struct{})
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() {
				_, _ = p.Get(t.Context(), Key[scope]{"tenant", "name"}, func(context.Context) (int, error) {
					<-begin
					p.loads.Add(1)
					return 1, nil
				})
			})
		}
		synctest.Wait()
		close(begin)
		all.Wait()
		if p.loads.Load() != 1 || b.asked.Load() != 1 {
			t.Errorf("%d loads, the store was asked %d times", p.loads.Load(), b.asked.Load())
		}
		if len(b.names()) > 0 {
			t.Errorf("a value of which nobody knows the snapshot was put into the store: %q", b.names())
		}
		private := newPeer(b, 1)
		private.sharing.codec.Encode = func(int) ([]byte, error) { return nil, errors.New("private") }
		private.answer("one", 10)
		if private.get(t, "other", 1, "one", 10); len(b.names()) > 0 {
			t.Errorf("a private value was put into the store: %q", b.names())
		}
	})
}
