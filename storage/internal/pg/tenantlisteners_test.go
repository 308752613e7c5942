package pg

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"plinto/internal/memory"
	"plinto/tenant"
)

// listeners are TenantListeners that run, on databases that share so many connections, and what their hooks were told.
type listeners struct {
	*TenantListeners
	t                 *testing.T
	db                *DB
	at                atomic.Int64 // time, in seconds since 1970
	clients, registry chan tenant.ID
}

func newListeners(t *testing.T, conns int) *listeners {
	t.Helper()
	pool := database(t)
	db := NewDB(pool)
	db.own = newPools(Options{TenantConns: conns}, time.Minute)
	t.Cleanup(db.Close)
	shared := NewListenerOf(pool, memory.NewAnnouncements(), slog.New(slog.DiscardHandler))
	l := &listeners{TenantListeners: db.NewTenantListeners(shared), t: t, db: db, clients: make(chan tenant.ID, 1000), registry: make(chan tenant.ID, 1000)}
	l.now = func() time.Time { return time.Unix(l.at.Load(), 0) }
	l.at.Store(1_000_000)
	shared.On("clients", func(id tenant.ID) { l.clients <- id })
	shared.OnShared("tenants", func(id tenant.ID) { l.registry <- id })
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { l.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	eventually(t, "the listeners to run", func() bool {
		l.mu.RLock()
		defer l.mu.RUnlock()
		return l.run != nil
	})
	return l
}

// eventually waits for what another goroutine does.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for tick := time.NewTicker(time.Millisecond); !ok(); {
		select {
		case <-deadline:
			t.Fatalf("waited in vain for %s", what)
		case <-tick.C:
		}
	}
}

// hears has a database be of use until what changes there is heard.
func (l *listeners) hears(of *tenant.Tenant) {
	l.t.Helper()
	l.wants(of)
	eventually(l.t, "the database to be heard", func() bool { return l.Current(of) })
}

// wants has it be of use to listen to a database for as long as it takes, and to others that are listened to.
func (l *listeners) wants(of *tenant.Tenant, others ...*tenant.Tenant) {
	for range listenAfter {
		l.Current(of)
		for _, other := range others {
			l.Current(other)
		}
		l.at.Add(1)
	}
}

// announce has the database of a tenant announce what its owner likes.
func (l *listeners) announce(of *tenant.Tenant, payloads ...string) {
	l.t.Helper()
	for _, payload := range payloads {
		if _, err := Exec(tenant.With(l.t.Context(), of), l.db, `SELECT pg_notify($1, $2)`, ChangesChannel, payload); err != nil {
			l.t.Fatal(err)
		}
	}
}

func (l *listeners) next() tenant.ID {
	l.t.Helper()
	select {
	case id := <-l.clients:
		return id
	case <-time.After(20 * time.Second):
		l.t.Fatal("nothing is heard")
		return tenant.ID{}
	}
}

// CAC-13: what changes in the database of a tenant that is asked much is heard: first all of it, as some may have been missed. What its owner
// announces of others, or of what is not there, is not believed.
func TestTenantListeners_hearOfTheirTenantAlone(t *testing.T) {
	t.Parallel()
	l := newListeners(t, 10)
	own, other := databases(t, 1)[0], someTenant()
	for range 100 * listenAfter {
		if l.Current(own) || l.Count() > 0 {
			t.Fatal("a database that is of use for a second is listened to")
		}
	}
	l.hears(own)
	if id := l.next(); id != own.ID {
		t.Errorf("missed may be changes of %s, want %s", id, own.ID)
	}
	l.announce(own, "clients "+other.ID.String(), "tenants "+own.ID.String(), "tenants "+other.ID.String(), "clients "+own.ID.String())
	if id := l.next(); id != own.ID {
		t.Errorf("its database says that clients of %s changed, and is believed", id)
	}
	if len(l.registry) > 0 || len(l.clients) > 0 {
		t.Errorf("heard besides: %d changes of clients, %d of the registry", len(l.clients), len(l.registry))
	}
}

// A tenant that is in another database now is not taken to be heard, and then is heard there.
func TestTenantListeners_goAlongWithATenant(t *testing.T) {
	t.Parallel()
	l := newListeners(t, 10)
	two := databases(t, 2)
	l.hears(two[0])
	moved := *two[0]
	moved.Placement = two[1].Placement
	if l.Current(&moved) {
		t.Error("a database is taken to be heard because another one of the tenant is")
	}
	l.hears(&moved)
	for len(l.clients) > 0 {
		<-l.clients
	}
	l.announce(&moved, "clients "+moved.ID.String())
	l.next()
	if l.Count() != 1 {
		t.Errorf("%d listeners for one tenant", l.Count())
	}
}

// Few listen, and those that are of no use make room. Requests are served meanwhile, as many as there are other connections.
func TestTenantListeners_areFew(t *testing.T) {
	t.Parallel()
	const conns = 10
	l := newListeners(t, conns)
	all := databases(t, 12)
	for _, own := range all[:conns/listenersPart] {
		l.hears(own)
	}
	last := all[len(all)-1]
	l.wants(last, all[:conns/listenersPart]...)
	l.wants(last, all[:conns/listenersPart]...)
	if _, ok := l.listener(last); ok || l.Count() != conns/listenersPart {
		t.Errorf("%d of %d connections listen", l.Count(), conns)
	}
	var asking sync.WaitGroup
	for range 5 {
		for _, own := range all {
			asking.Go(func() {
				if _, err := Exec(tenant.With(t.Context(), own), l.db, `SELECT pg_sleep(0.001)`); err != nil {
					t.Error(err)
				}
			})
		}
	}
	asking.Wait()
	l.at.Add(int64(2 * listenerSpared / time.Second))
	l.Current(all[0])
	l.hears(last)
	if _, ok := l.listener(all[1]); ok || !l.Current(all[0]) {
		t.Error("room was made by the wrong one")
	}
	l.at.Add(1)
	l.giveUp(l.now())
	if l.Count() != 0 {
		t.Errorf("%d listeners of no use are left", l.Count())
	}
	eventually(t, "connections of listeners to be closed", func() bool {
		free := conns
		for _, p := range l.openPools() {
			free -= int(p.Stat().TotalConns())
		}
		if !l.own.sockets.TryAcquire(int64(free)) {
			return false
		}
		l.own.sockets.Release(int64(free))
		return true
	})
}

func (l *listeners) listener(of *tenant.Tenant) (*tenantListener, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	found, ok := l.open[of.ID]
	return found, ok
}

func (l *listeners) openPools() (all []*pgxpool.Pool) {
	l.own.mu.Lock()
	defer l.own.mu.Unlock()
	for _, p := range l.own.open {
		all = append(all, p.Pool)
	}
	return all
}
