package pg

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"plinto/internal/memory"
	"plinto/internal/secret"
	"plinto/tenant"
)

const (
	// listenersPart is which part of the connections to databases of tenants may listen.
	listenersPart = 5
	// listenAfter is in how many seconds of listenWindow it has to be of use that a database is listened to.
	listenAfter  = 3
	listenWindow = 10 * time.Second
	// listenerSpared is how long a listener that is of no use keeps its place while another database wants it.
	listenerSpared = 5 * time.Second
)

// TenantListeners hear what changes in those databases of tenants that are asked most: a listener takes one of the
// connections that all of them share. Of the others nothing is heard.
type TenantListeners struct {
	own   *pools
	hooks *Hooks
	most  int
	log   *slog.Logger

	mu     sync.RWMutex
	run    context.Context // nil: not yet running //nolint:containedctx // listeners begin when requests come, and are part of none
	all    sync.WaitGroup
	open   map[tenant.ID]*tenantListener
	wanted map[tenant.ID]wanted
	since  time.Time // when counting of wanted began
	now    func() time.Time
}

// wanted are the seconds in which it would have been of use to listen to a database.
type wanted struct {
	seconds int
	last    int64 // since 1970
}

type tenantListener struct {
	announcements *memory.Announcements
	url           secret.String
	used          atomic.Int64 // nanoseconds since 1970
	stop          context.CancelFunc
}

// NewTenantListeners prepares TenantListeners that call the hooks of another listener. They listen while Run runs.
func (db *DB) NewTenantListeners(l *Listener) *TenantListeners {
	t := &TenantListeners{own: db.own, hooks: l.Hooks, log: l.log, open: map[tenant.ID]*tenantListener{}, wanted: map[tenant.ID]wanted{}, now: time.Now}
	if db.own != nil {
		t.most = listenersOf(db.own.most)
	}
	return t
}

// listenersOf is how many of so many connections may listen.
func listenersOf(conns int) int { return conns / listenersPart }

// Run has databases listened to until ctx ends.
func (t *TenantListeners) Run(ctx context.Context) {
	t.mu.Lock()
	t.run = ctx
	t.mu.Unlock()
	tick := time.NewTicker(idleKept / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			t.all.Wait()
			return
		case <-tick.C:
			t.giveUp(t.now().Add(-idleKept))
		}
	}
}

// Current reports whether every change in the database of a tenant that was committed more than memory.MaxLag ago has
// been heard. What was heard has to be looked at afterwards.
func (t *TenantListeners) Current(of *tenant.Tenant) bool {
	t.mu.RLock()
	l, ok := t.open[of.ID]
	t.mu.RUnlock()
	if !ok || l.url != of.Placement.Database {
		t.want(of)
		return false
	}
	l.used.Store(t.now().UnixNano())
	return l.announcements.Current()
}

// Count is how many databases are listened to.
func (t *TenantListeners) Count() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.open)
}

// want notes that it would be of use to listen to a database, and does where that was so often.
func (t *TenantListeners) want(of *tenant.Tenant) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if now.Sub(t.since) > listenWindow {
		clear(t.wanted)
		t.since = now
	}
	w := t.wanted[of.ID]
	if w.last == now.Unix() {
		return
	}
	w = wanted{w.seconds + 1, now.Unix()}
	t.wanted[of.ID] = w
	if w.seconds < listenAfter || t.run == nil || t.run.Err() != nil {
		return
	}
	t.end(of.ID) // it may be of another database, from before the tenant moved
	if len(t.open) < t.most || t.makeRoom(now.Add(-listenerSpared)) {
		t.begin(of)
	}
}

// makeRoom ends the listener that was of use least recently, if that was before.
func (t *TenantListeners) makeRoom(before time.Time) bool {
	var oldest *tenantListener
	var whose tenant.ID
	for id, l := range t.open {
		if oldest == nil || l.used.Load() < oldest.used.Load() {
			oldest, whose = l, id
		}
	}
	if oldest == nil || oldest.used.Load() > before.UnixNano() {
		return false
	}
	t.end(whose)
	return true
}

// giveUp ends the listeners that were of no use since before.
func (t *TenantListeners) giveUp(before time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, l := range t.open {
		if l.used.Load() < before.UnixNano() {
			t.end(id)
		}
	}
}

func (t *TenantListeners) begin(of *tenant.Tenant) {
	config, err := t.own.config(poolKey{of.Placement.Database, PlatformRole})
	if err != nil {
		return // requests say it
	}
	ctx, stop := context.WithCancel(t.run)
	l := &tenantListener{announcements: memory.NewAnnouncements(), url: of.Placement.Database, stop: stop}
	l.used.Store(t.now().UnixNano())
	hears := newListenerOf(config, l.announcements, t.log.With("tenant", of.ID))
	hears.Hooks, hears.of = t.hooks, of.ID
	t.open[of.ID] = l
	t.all.Go(func() { hears.Run(ctx) })
}

func (t *TenantListeners) end(id tenant.ID) {
	if l, ok := t.open[id]; ok {
		l.stop()
		delete(t.open, id)
	}
}
