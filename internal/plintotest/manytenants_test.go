package plintotest

import (
	"fmt"
	"net/http"
	"runtime"
	"testing"

	"plinto/storage/storagetest"
)

// F-31, CAC-16: what ten thousand tenants leave in memory is counted, so its bound holds; and nobody makes keys for
// a tenant of which only documents are read. Alone: it measures the heap of the process.
func TestTenants_leaveInMemoryWhatIsCounted(t *testing.T) { //nolint:paralleltest // see above
	const tenants = 1000
	server, owner := storagetest.URL(t)
	s := Start(t, Options{Database: server})
	conn := storagetest.Owner(t, owner)
	if _, err := conn.Exec(t.Context(), `INSERT INTO tenants (id, slug, name) SELECT gen_random_uuid(), 'many-' || n, 'Many ' || n FROM generate_series(1, $1) n`, tenants); err != nil {
		t.Fatal(err)
	}
	counted := func() (bytes int64) {
		for _, u := range s.Store.Memory.Usages() {
			bytes += u.Bytes
		}
		return bytes
	}
	heap := func() int64 {
		runtime.GC()
		runtime.GC() // what finalizers and pools held until the first
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	ask := func(from, to int) {
		for n := from; n < to; n++ {
			for _, document := range []string{"/t/many-%d/.well-known/openid-configuration", "/t/many-%d/.well-known/oauth-authorization-server"} {
				if a := s.Send(http.MethodGet, fmt.Sprintf(document, n), nil); a.StatusCode != http.StatusOK {
					t.Fatalf("tenant %d: %s %s", n, a.Status, a.Text)
				}
			}
		}
	}
	ask(1, 100) // what is made once
	heapBefore, countedBefore := heap(), counted()
	ask(100, tenants+1)
	grown, told := heap()-heapBefore, counted()-countedBefore
	t.Logf("%d more tenants: the heap has %d bytes more, counted are %d", tenants-99, grown, told)
	if told < 900*2000 || grown > told+told/2 {
		t.Errorf("the heap has %d bytes more, counted are %d", grown, told)
	}
	var keys int
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM signing_keys k JOIN tenants t ON t.id = k.tenant_id WHERE t.slug LIKE 'many-%'`).Scan(&keys); err != nil || keys > 0 {
		t.Errorf("%d keys were made (%v)", keys, err)
	}
}
