package memory

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// tenantScope is as wide as the ID of a tenant.
type tenantScope [16]byte

func (s tenantScope) String() string { return string(s[:]) }

func numbered(n int) (s tenantScope) {
	copy(s[:], fmt.Sprintf("%016d", n))
	return s
}

// record is as rows are: some texts, some lists.
type record struct {
	Name  string
	Texts []string
	Named map[string]string
	Made  time.Time
}

func recordOf(n int) *record {
	text := fmt.Sprintf("%032d", n)
	return &record{strings.Clone(text), []string{strings.Repeat(text, 2), strings.Repeat(text, 4)}, map[string]string{"a": strings.Repeat(text, 3)}, time.Now()}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

var someLimits = Limits{Announced: time.Minute, Unannounced: time.Minute}

// Ten thousand tenants take no more memory than a thousand once the bound is reached, and the bound
// is that of the heap: half of it to twice as much. It is the only test here that runs alone.
func TestSpace_countsWhatTheHeapHolds(t *testing.T) {
	const most = 4 << 20
	before := heap()
	space := NewSpace[tenantScope](most)
	rows, names := New[tenantScope, *record](space, Options{Name: "rows", Limits: someLimits}), New[tenantScope, string](space, Options{Name: "names", Limits: someLimits})
	fill := func(tenants int) uint64 {
		for n := range tenants {
			key := Key[tenantScope]{numbered(n), "name"}
			_, _ = rows.Get(t.Context(), key, func(context.Context) (*record, error) { return recordOf(n), nil })
			_, _ = names.Get(t.Context(), key, func(context.Context) (string, error) { return fmt.Sprintf("%0100d", n), nil })
			rows.Invalidate(numbered(n))
			rows.Revalidate(numbered(n))
		}
		space.entries.CleanUp()
		if held := space.entries.WeightedSize(); held > most {
			t.Errorf("%d tenants: %d bytes are held, want %d at most", tenants, held, most)
		}
		return heap() - before
	}
	few, many := fill(5_000), fill(50_000)
	if few > 2*most || few < most/2 {
		t.Errorf("the heap has %d bytes more, want about %d", few, most)
	}
	if many > few+few/4 {
		t.Errorf("ten times the tenants take %d bytes in place of %d", many, few)
	}
	var bytes, evictions int64
	for _, u := range space.Usages() {
		bytes, evictions = bytes+u.Bytes, evictions+int64(u.Evictions)
		if u.Entries <= 0 || u.Bytes <= 0 || u.Loads < 50_000 {
			t.Errorf("%+v: want it counted", u)
		}
	}
	if uint64(bytes) != space.entries.WeightedSize() || evictions == 0 {
		t.Errorf("caches count %d bytes and %d evictions, together they hold %d", bytes, evictions, space.entries.WeightedSize())
	}
	t.Logf("bound %d bytes, heap %d with 5,000 tenants, %d with 50,000", most, few, many)
	runtime.KeepAlive(rows)
}

// A cache fills a Space, and takes nothing of what another one is asked for all the time.
func TestSpace_keepsWhatIsUsed(t *testing.T) {
	t.Parallel()
	space := NewSpace[scope](1 << 20)
	used, crowd := New[scope, string](space, Options{Limits: someLimits}), New[scope, string](space, Options{Limits: someLimits})
	loads := 0
	ask := func() {
		_, _ = used.Get(t.Context(), Key[scope]{"tenant", "used"}, func(context.Context) (string, error) { loads++; return "value", nil })
	}
	for n := range 20_000 {
		ask()
		_, _ = crowd.Get(t.Context(), Key[scope]{"loud", fmt.Sprint(n)}, func(context.Context) (string, error) { return strings.Repeat("x", 200), nil })
	}
	if loads > 100 {
		t.Errorf("what is asked for every time was loaded %d times in 20,000", loads)
	}
}

// Two hundred that miss at once cost one load, errors are held by nobody.
func TestCache_loadsOnceForAllThatMissAtOnce(t *testing.T) {
	t.Parallel()
	c := New[scope, int](nil, Options{Limits: someLimits})
	var loads, waiting atomic.Int32
	begin := make(chan struct{})
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			waiting.Add(1)
			n, err := c.Get(t.Context(), Key[scope]{"tenant", "name"}, func(context.Context) (int, error) {
				<-begin
				return int(loads.Add(1)), nil
			})
			if n != 1 || err != nil {
				t.Errorf("got %d, %v", n, err)
			}
		})
	}
	for waiting.Load() < 200 {
		runtime.Gosched()
	}
	close(begin)
	all.Wait()
	if n := loads.Load(); n != 1 {
		t.Errorf("%d loads", n)
	}
	failed := 0
	for range 3 {
		_, err := c.Get(t.Context(), Key[scope]{"tenant", "none"}, func(context.Context) (int, error) { failed++; return 0, errAway })
		if err == nil {
			t.Error("no error")
		}
	}
	if failed != 3 {
		t.Errorf("an error was loaded %d times in three", failed)
	}
}

// More scopes change than are remembered: none of what ended is served, and what did not change is
// loaded again once at most.
func TestChanges_forgetScopesAndServeNothingThatEnded(t *testing.T) {
	t.Parallel()
	c := New[tenantScope, int](nil, Options{Limits: someLimits})
	get := func(n, value int) int {
		got, _ := c.Get(t.Context(), Key[tenantScope]{Scope: numbered(n)}, func(context.Context) (int, error) { return value, nil })
		return got
	}
	get(0, 1)
	c.Invalidate(numbered(0))
	for n := 1; n <= 2*changedScopes; n++ {
		c.Invalidate(numbered(n))
	}
	if got := get(0, 2); got != 2 {
		t.Errorf("served %d although it ended", got)
	}
	for n := 1; n <= changedScopes; n++ { // fewer than push it out
		c.Invalidate(numbered(n))
	}
	if got := get(0, 3); got != 2 {
		t.Errorf("loaded %d again although nothing of it ended", got)
	}
	if n := len(c.changes.of); n > changedScopes || c.changes.order.Len() != n {
		t.Errorf("%d scopes are remembered, want %d at most", n, changedScopes)
	}
}

func TestCache_aHitTakesNoMemory(t *testing.T) {
	c, key := warm(t)
	if n := testing.AllocsPerRun(1000, func() { _, _ = c.Held(t.Context(), key) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	load := func(context.Context) (*record, error) { return nil, errAway }
	if n := testing.AllocsPerRun(1000, func() { _, _ = c.Get(t.Context(), key, load) }); n > 0 {
		t.Errorf("with a load: %v allocations", n)
	}
}

func warm(t testing.TB) (*Cache[tenantScope, *record], Key[tenantScope]) {
	c := New[tenantScope, *record](nil, Options{Limits: someLimits, Current: announced})
	key := Key[tenantScope]{numbered(7), "name"}
	if _, err := c.Get(t.Context(), key, func(context.Context) (*record, error) { return recordOf(7), nil }); err != nil {
		t.Fatal(err)
	}
	return c, key
}

func BenchmarkHit(b *testing.B) {
	c, key := warm(b)
	ctx := b.Context()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, ok := c.Held(ctx, key); !ok {
				b.Fatal("a miss")
			}
		}
	})
}
