package storage

import (
	"context"
	"errors"
	"testing"
	"time"

	"plinto/storage/internal/pg"

	"github.com/google/uuid"

	"plinto/provider"
)

func storedFlow(browser, network string) provider.StoredFlow {
	return provider.StoredFlow{ID: uuid.Must(uuid.NewV7()), Browser: []byte(browser), Network: network, Sealed: []byte("sealed")}
}

func TestFlow_isFoundByItsBrowserOnlyAndWhileItLasts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	flows := newFlows(w.db)
	f := storedFlow("mine", "n")
	must(t, flows.Keep(w.ctx(), f, time.Hour))
	gone := func(what string, ctx context.Context, id uuid.UUID, browser string) {
		t.Helper()
		if got, err := flows.Find(ctx, id, []byte(browser)); !errors.Is(err, provider.ErrFlowGone) {
			t.Errorf("%s: %v, %v", what, got, err)
		}
	}
	got, err := flows.Find(w.ctx(), f.ID, f.Browser)
	must(t, err)
	if string(got.Sealed) != "sealed" || got.Version != 1 {
		t.Errorf("found %+v", got)
	}
	gone("another browser", w.ctx(), f.ID, "yours")
	gone("another tenant", w.other(), f.ID, "mine")
	gone("another flow", w.ctx(), uuid.New(), "mine")
	must(t, flows.Drop(w.ctx(), f.ID, []byte("yours")))
	must(t, flows.Drop(w.other(), f.ID, []byte("mine")))
	_, err = flows.Find(w.ctx(), f.ID, f.Browser)
	must(t, err)
	w.sql(`UPDATE flows SET expires_at = now()`)
	gone("expired", w.ctx(), f.ID, "mine")
	if err := flows.Change(w.ctx(), got); !errors.Is(err, provider.ErrFlowGone) {
		t.Errorf("changed after its end: %v", err)
	}
	must(t, clean(t.Context(), pg.NewSystem(w.platform), cleanupBatch))
	if n := w.count(`SELECT count(*) FROM flows`); n != 0 {
		t.Errorf("%d expired flows are left", n)
	}
}

// NET-23: of two tabs that write the same flow, one does.
func TestFlow_isChangedByOneTabAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	flows := newFlows(w.db)
	f := storedFlow("mine", "n")
	must(t, flows.Keep(w.ctx(), f, time.Hour))
	for version := 1; version <= 20; version++ {
		won := 0
		for _, err := range parallel(2, func(i int) error {
			changed := f
			changed.Version, changed.Sealed = version, []byte{byte(i)}
			return flows.Change(w.ctx(), changed)
		}) {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, provider.ErrFlowGone):
				t.Fatal(err)
			}
		}
		if won != 1 {
			t.Fatalf("%d tabs wrote version %d", won, version)
		}
	}
	stolen := f
	stolen.Browser, stolen.Version = []byte("yours"), 21
	if err := flows.Change(w.ctx(), stolen); !errors.Is(err, provider.ErrFlowGone) {
		t.Errorf("another browser's change: %v", err)
	}
}

// NET-22: {browser, network, tenant} × its quota. Who has too many loses the oldest of
// its own; what a tenant has is bounded, and no other tenant's.
func TestFlows_haveQuotas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	flows := newFlows(w.db)
	flows.ofNetwork, flows.ofTenant = 30, 60
	keep := func(browser, network string) (provider.StoredFlow, error) {
		f := storedFlow(browser, network)
		return f, flows.Keep(w.ctx(), f, time.Hour)
	}
	there := func(f provider.StoredFlow) bool {
		_, err := flows.Find(w.ctx(), f.ID, f.Browser)
		return err == nil
	}
	first, err := keep("mine", "home")
	must(t, err)
	for range provider.MaxFlows - 1 {
		_, err := keep("mine", "home")
		must(t, err)
	}
	if !there(first) || w.count(`SELECT count(*) FROM flows`) != provider.MaxFlows {
		t.Error("twenty flows of one browser are too many")
	}
	_, err = keep("mine", "elsewhere")
	must(t, err)
	if there(first) || w.count(`SELECT count(*) FROM flows WHERE browser = 'mine'`) != provider.MaxFlows {
		t.Error("the twenty-first flow of a browser did not take the place of the oldest")
	}
	neighbour, err := keep("neighbour", "quiet")
	must(t, err)
	for range 100 { // a stranger with many browsers
		if _, err := keep(uuid.NewString(), "crowd"); err != nil {
			t.Fatalf("one network fills the tenant: %v", err)
		}
	}
	if n := w.count(`SELECT count(*) FROM flows WHERE network = 'crowd'`); n > 30 {
		t.Errorf("%d flows of one network", n)
	}
	if !there(neighbour) {
		t.Error("a crowded network took a flow of another")
	}
	for n := 0; err == nil; n++ {
		if _, err = keep(uuid.NewString(), uuid.NewString()); n > 100 {
			t.Fatal("a tenant has no quota")
		}
	}
	if !errors.Is(err, provider.ErrFlowsFull) || w.count(`SELECT count(*) FROM flows`) != 60 || !there(neighbour) {
		t.Errorf("a full tenant: %v, %d flows", err, w.count(`SELECT count(*) FROM flows`))
	}
	if _, err := keep("mine", "home"); err != nil { // in place of its own oldest
		t.Errorf("who has a place keeps it: %v", err)
	}
	must(t, flows.Keep(w.other(), storedFlow("mine", "crowd"), time.Hour))
}
