package pg

import (
	"maps"
	"slices"
	"sync"

	"plinto/tenant"
)

// Hooks are called when something changed, by every Listener that hears of it.
type Hooks struct {
	mu       sync.Mutex
	ofTenant hooksByTable
	shared   hooksByTable
	missed   []func()
}

type hooksByTable map[string][]func(tenant.ID)

func newHooks() *Hooks { return &Hooks{ofTenant: hooksByTable{}, shared: hooksByTable{}} }

// On calls f when a row of table changed in a tenant, wherever its rows are. Nothing else than what is of that tenant
// may come of it: the database may be the tenant's own.
func (h *Hooks) On(table string, f func(tenant.ID)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ofTenant[table] = append(h.ofTenant[table], f)
}

// OnShared is On for changes in the database that tenants share alone.
func (h *Hooks) OnShared(table string, f func(tenant.ID)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.shared[table] = append(h.shared[table], f)
}

// OnMissed calls f when announcements of any tenant may have been missed.
func (h *Hooks) OnMissed(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.missed = append(h.missed, f)
}

// changed calls the hooks of a table; own says that it is in a database of the tenant's own.
func (h *Hooks) changed(table string, id tenant.ID, own bool) {
	h.mu.Lock()
	hooks := slices.Clone(h.ofTenant[table])
	if !own {
		hooks = append(hooks, h.shared[table]...)
	}
	h.mu.Unlock()
	for _, f := range hooks {
		f(id)
	}
}

func (h *Hooks) mayHaveMissed() {
	h.mu.Lock()
	missed := slices.Clone(h.missed)
	h.mu.Unlock()
	for _, f := range missed {
		f()
	}
}

// allChanged takes every table to have changed in a database of a tenant's own.
func (h *Hooks) allChanged(id tenant.ID) {
	h.mu.Lock()
	tables := slices.Collect(maps.Keys(h.ofTenant))
	h.mu.Unlock()
	for _, table := range tables {
		h.changed(table, id, true)
	}
}
