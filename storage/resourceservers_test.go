package storage

import (
	"errors"
	"testing"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/provider"
)

// A resource server is replaced by who read what it replaces, and by nobody else.
func TestResourceServer_isNotWrittenOverByWhoReadItEarlier(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newResourceServers(w.db, copyOptions{heard: always})
	read := func() provider.ResourceServer {
		all, err := s.All(w.ctx())
		must(t, err)
		return all[0]
	}
	must(t, s.Put(w.ctx(), provider.ResourceServer{Identifier: "https://api.example", Name: "API"}))
	if err := s.Put(w.ctx(), provider.ResourceServer{Identifier: "https://api.example", Name: "new"}); !errors.Is(err, fault.ErrChanged) {
		t.Errorf("made a second time: got %v, want ErrChanged", err)
	}
	first, second := read(), read()
	first.Name, second.TokenTTL = "First", 60
	must(t, s.Put(w.ctx(), first))
	if err := s.Put(w.ctx(), second); !errors.Is(err, fault.ErrChanged) {
		t.Errorf("by who read it earlier: got %v, want ErrChanged", err)
	}
	if got := read(); got.Name != "First" || got.TokenTTL != 0 {
		t.Errorf("got %+v", got)
	}
}

// SES-22: who replaces a resource server that was deleted meanwhile does not bring it back,
// nor does who was too late tell of anything.
func TestResourceServer_thatWasDeletedStaysAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stored := newResourceServers(w.db, copyOptions{heard: always})
	s := &provider.ResourceServerService{Servers: stored, Outbox: w.outbox, Tx: w.db}
	const api = "https://api.example"
	must(t, s.Put(w.ctx(), provider.ResourceServer{Identifier: api}))
	all, err := stored.All(w.ctx())
	must(t, err)
	read := all[0]
	must(t, s.Delete(w.ctx(), api))
	if err := s.Put(w.ctx(), read); !errors.Is(err, fault.ErrChanged) {
		t.Errorf("replaced: got %v, want ErrChanged", err)
	}
	if err := s.Delete(w.ctx(), api); !errors.Is(err, provider.ErrResourceNotFound) {
		t.Errorf("deleted again: got %v, want ErrResourceNotFound", err)
	}
	if n := w.count(`SELECT count(*) FROM resource_servers`); n != 0 {
		t.Errorf("%d are stored", n)
	}
	if set, deleted := w.events(event.ResourceServerUpdated{}), w.events(event.ResourceServerDeleted{}); set != 1 || deleted != 1 {
		t.Errorf("%d and %d events, want 1 and 1", set, deleted)
	}
}

// Two spellings of one identifier do not become two resource servers, whoever is first.
func TestResourceServer_isOneInEverySpelling(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newResourceServers(w.db, copyOptions{heard: always})
	for range 5 {
		w.sql(`DELETE FROM resource_servers`)
		errs := parallel(2, func(i int) error {
			return s.Put(w.ctx(), provider.ResourceServer{Identifier: []string{"https://api.example/v1", "https://API.example:443/v1"}[i]})
		})
		if n := w.count(`SELECT count(*) FROM resource_servers`); n != 1 {
			t.Fatalf("%d are stored, %v", n, errs)
		}
	}
}
