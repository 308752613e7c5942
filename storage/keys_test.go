package storage

import (
	"bytes"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"plinto/event"
	"plinto/provider"
)

func aKey(kid string, state provider.KeyState) provider.SigningKey {
	return provider.SigningKey{
		ID: uuid.Must(uuid.NewV7()), KID: kid, Alg: "ES256", State: state, Public: []byte("public"), Sealed: []byte("sealed"),
	}
}

// states are the keys of tenant a by kid.
func (w *world) states(keys *Keys) map[string]provider.KeyState {
	w.t.Helper()
	all, err := keys.All(w.ctx())
	must(w.t, err)
	found := map[string]provider.KeyState{}
	for _, k := range all {
		found[k.KID] = k.State
	}
	return found
}

func (w *world) wantStates(keys *Keys, want map[string]provider.KeyState) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.states(keys)); diff != "" {
		w.t.Errorf("keys: %s", diff)
	}
}

func (w *world) created(keys *Keys, k provider.SigningKey) {
	w.t.Helper()
	if made, err := keys.Create(w.ctx(), k); err != nil || !made {
		w.t.Fatalf("create %s: %t, %v", k.KID, made, err)
	}
}

func (w *world) audited(of event.Fact) int {
	return w.count(`SELECT count(*) FROM audit_log WHERE type = $1`, string(of.Type()))
}

func TestKeys_oneInstanceMakesTheFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := newKeys(w.db, w.outbox)
	var made atomic.Int32
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			created, err := keys.Create(w.ctx(), aKey(string(rune('a'+i)), provider.KeyActive))
			must(t, err)
			if created {
				made.Add(1)
			}
		})
	}
	all.Wait()
	if made.Load() != 1 || len(w.states(keys)) != 1 || w.audited(event.KeyCreated{}) != 1 {
		t.Errorf("%d were told that theirs is the key; keys %v, %d audit rows", made.Load(), w.states(keys), w.audited(event.KeyCreated{}))
	}
}

func TestKeys_rotateAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := newKeys(w.db, w.outbox)
	gone := time.Now().Add(time.Hour)
	must(t, keys.Rotate(w.ctx(), "ES256", aKey("first", provider.KeyActive), gone))
	w.wantStates(keys, map[string]provider.KeyState{"first": provider.KeyActive})
	must(t, keys.Rotate(w.ctx(), "ES256", aKey("second", provider.KeyActive), gone))
	w.wantStates(keys, map[string]provider.KeyState{"first": provider.KeyRetiring, "second": provider.KeyActive})
	w.created(keys, aKey("published", provider.KeyNext))
	must(t, keys.Rotate(w.ctx(), "ES256", aKey("unused", provider.KeyActive), gone))
	w.wantStates(keys, map[string]provider.KeyState{"first": provider.KeyRetiring, "second": provider.KeyRetiring, "published": provider.KeyActive})
	if a, r := w.audited(event.KeyActivated{}), w.audited(event.KeyRetired{}); a != 3 || r != 2 {
		t.Errorf("%d activated and %d retired in the audit log, want 3 and 2", a, r)
	}
	if found, err := keys.All(w.other()); err != nil || len(found) != 0 {
		t.Errorf("another tenant sees %v, %v", found, err)
	}
}

// A key's time comes on every instance at the same moment. Whoever is late must not
// retire the key that another just activated: its successor was never published.
func TestKeys_manyInstancesActivateTheNextOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := newKeys(w.db, w.outbox)
	gone := time.Now().Add(time.Hour)
	w.created(keys, aKey("old", provider.KeyActive))
	w.created(keys, aKey("new", provider.KeyNext))
	var moves atomic.Int32
	activate := func() {
		moved, err := keys.Activate(w.ctx(), "ES256", "new", gone)
		must(t, err)
		if moved {
			moves.Add(1)
		}
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(activate)
	}
	all.Wait()
	activate() // later still
	w.wantStates(keys, map[string]provider.KeyState{"old": provider.KeyRetiring, "new": provider.KeyActive})
	if moves.Load() != 1 || w.audited(event.KeyActivated{}) != 1 || w.audited(event.KeyRetired{}) != 1 {
		t.Errorf("%d moves, %d and %d audit rows; want one each", moves.Load(), w.audited(event.KeyActivated{}), w.audited(event.KeyRetired{}))
	}
	if moved, err := keys.Activate(w.other(), "ES256", "new", gone); err != nil || moved {
		t.Errorf("another tenant moved it: %t, %v", moved, err)
	}
}

func TestKeys_activateWhereNoneIsActive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := newKeys(w.db, w.outbox)
	w.created(keys, aKey("new", provider.KeyNext))
	if moved, err := keys.Activate(w.ctx(), "ES256", "new", time.Now()); err != nil || !moved {
		t.Fatalf("Activate = %t, %v", moved, err)
	}
	w.wantStates(keys, map[string]provider.KeyState{"new": provider.KeyActive})
}

func TestKeys_dropRemovesOnlyWhatIsLongGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := newKeys(w.db, w.outbox)
	past, future := time.Now().Add(-provider.RememberGone-time.Minute), time.Now().Add(time.Hour)
	must(t, keys.Rotate(w.ctx(), "ES256", aKey("one", provider.KeyActive), past))
	must(t, keys.Rotate(w.ctx(), "ES256", aKey("two", provider.KeyActive), past))
	must(t, keys.Rotate(w.ctx(), "ES256", aKey("three", provider.KeyActive), future))
	must(t, keys.Drop(w.other()))
	if got := len(w.states(keys)); got != 3 {
		t.Errorf("another tenant dropped: %d keys, want 3", got)
	}
	must(t, keys.Drop(w.ctx()))
	w.wantStates(keys, map[string]provider.KeyState{"two": provider.KeyRetiring, "three": provider.KeyActive})
}

func TestDataKey_theFirstIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := newKeys(w.db, w.outbox)
	answers := make([][]byte, 8)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			kept, err := keys.DataKey(w.ctx(), []byte{byte(i)})
			must(t, err)
			answers[i] = kept
		})
	}
	all.Wait()
	for _, kept := range answers {
		if !bytes.Equal(kept, answers[0]) {
			t.Fatalf("two data keys: %v", answers)
		}
	}
	if kept, err := keys.DataKey(w.other(), []byte("other")); err != nil || string(kept) != "other" {
		t.Errorf("another tenant's data key: %q, %v", kept, err)
	}
}
