package keys

import (
	"context"
	"runtime"
	"testing"

	"plinto/internal/memory"
	"plinto/tenant"
)

// What a ring takes in memory is counted: the keys of tenants that are not used make room. It runs
// alone, because it measures the heap.
func TestRings_areCountedAndMakeRoom(t *testing.T) {
	const tenants, most = 800, 1 << 20
	var all []context.Context
	held := func() (n int64) {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	fill := func(space *memory.Space[tenant.ID]) (services []*Service, bytes int64) {
		for range tenants {
			ctx, s, _, _ := setup(t)
			all = append(all, ctx)
			s.Memory = space
			sign(ctx, t, s)
			services = append(services, s)
		}
		for _, u := range space.Usages() {
			bytes += u.Bytes
		}
		return services, bytes
	}
	services, counted := fill(memory.NewSpace[tenant.ID](0))
	before := held()
	var rings []*ring
	for i, s := range services {
		again, err := newRing(all[i], s, s.Keys.(*stored).keys, nil, s.Now())
		if err != nil {
			t.Fatal(err)
		}
		rings = append(rings, again)
	}
	took := held() - before
	if counted < took/2 || counted > 2*took {
		t.Errorf("%d rings count as %d bytes and take %d", tenants, counted, took)
	}
	runtime.KeepAlive(rings)
	runtime.KeepAlive(services)
	narrow, bytes := fill(memory.NewSpace[tenant.ID](most))
	if bytes > most+most/4 { // room is made beside the request
		t.Errorf("%d bytes are held, want about %d at most", bytes, most)
	}
	runtime.KeepAlive(narrow)
	t.Logf("a ring counts as %d bytes and takes %d", counted/tenants, took/tenants)
}
