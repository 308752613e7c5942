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
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/provider/keys"
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
	keys := &Keys{w.db}
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
	if made.Load() != 1 || len(w.states(keys)) != 1 {
		t.Errorf("%d were told that theirs is the key; keys %v", made.Load(), w.states(keys))
	}
}

// rotated retires the active key until goneAt and activates the next one, or fresh.
func (w *world) rotated(keys *Keys, fresh string, goneAt time.Time) {
	w.t.Helper()
	moved, err := keys.Activate(w.ctx(), "ES256", "", goneAt)
	must(w.t, err)
	if len(moved.Active) == 0 {
		w.created(keys, aKey(fresh, provider.KeyActive))
	}
}

func TestKeys_moveWhatIsActiveAndNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys, gone := &Keys{w.db}, time.Now().Add(time.Hour)
	w.rotated(keys, "first", gone)
	w.wantStates(keys, map[string]provider.KeyState{"first": provider.KeyActive})
	w.rotated(keys, "second", gone)
	w.wantStates(keys, map[string]provider.KeyState{"first": provider.KeyRetiring, "second": provider.KeyActive})
	w.created(keys, aKey("published", provider.KeyNext))
	moved, err := keys.Activate(w.ctx(), "ES256", "", gone)
	must(t, err)
	if diff := cmp.Diff(provider.MovedKeys{Retired: []string{"second"}, Active: []string{"published"}}, moved); diff != "" {
		t.Errorf("moved: %s", diff)
	}
	w.wantStates(keys, map[string]provider.KeyState{"first": provider.KeyRetiring, "second": provider.KeyRetiring, "published": provider.KeyActive})
	if found, err := keys.All(w.other()); err != nil || len(found) != 0 {
		t.Errorf("another tenant sees %v, %v", found, err)
	}
}

// A rotation and its events are one transaction.
func TestKeys_rotateWithTheirEventsOrNotAtAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root, _ := secret.NewRoot()
	stored := &Keys{w.db}
	service := &keys.Service{Keys: stored, Outbox: w.outbox, Tx: w.db, Root: root, Now: time.Now}
	for range 3 {
		must(t, service.Rotate(w.ctx(), "ES256"))
	}
	if a, r := w.audited(event.KeyActivated{}), w.audited(event.KeyRetired{}); a != 3 || r != 2 {
		t.Errorf("%d activated and %d retired in the audit log, want 3 and 2", a, r)
	}
	before := w.states(stored)
	w.sql(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$`)
	w.sql(`CREATE TRIGGER refuse BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse()`)
	if err := service.Rotate(w.ctx(), "ES256"); err == nil {
		t.Error("rotated without an event")
	}
	w.wantStates(stored, before)
}

// A key's time comes on every instance at the same moment. Whoever is late must not
// retire the key that another just activated: its successor was never published.
func TestKeys_manyInstancesActivateTheNextOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys, gone := &Keys{w.db}, time.Now().Add(time.Hour)
	w.created(keys, aKey("old", provider.KeyActive))
	w.created(keys, aKey("new", provider.KeyNext))
	var moves atomic.Int32
	activate := func() {
		moved, err := keys.Activate(w.ctx(), "ES256", "new", gone)
		must(t, err)
		if len(moved.Active) > 0 {
			moves.Add(1)
		}
		if len(moved.Active) != len(moved.Retired) {
			t.Errorf("moved %v", moved)
		}
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(activate)
	}
	all.Wait()
	activate() // later still
	w.wantStates(keys, map[string]provider.KeyState{"old": provider.KeyRetiring, "new": provider.KeyActive})
	if moves.Load() != 1 {
		t.Errorf("%d moves, want one", moves.Load())
	}
	if moved, err := keys.Activate(w.other(), "ES256", "new", gone); err != nil || len(moved.Active) > 0 {
		t.Errorf("another tenant moved it: %v, %v", moved, err)
	}
}

func TestKeys_activateWhereNoneIsActive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := &Keys{w.db}
	w.created(keys, aKey("new", provider.KeyNext))
	if moved, err := keys.Activate(w.ctx(), "ES256", "new", time.Now()); err != nil || len(moved.Active) != 1 {
		t.Fatalf("Activate = %v, %v", moved, err)
	}
	w.wantStates(keys, map[string]provider.KeyState{"new": provider.KeyActive})
}

func TestKeys_dropRemovesOnlyWhatIsLongGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := &Keys{w.db}
	past, future := time.Now().Add(-provider.RememberGone-time.Minute), time.Now().Add(time.Hour)
	w.rotated(keys, "one", past)
	w.rotated(keys, "two", past)
	w.rotated(keys, "three", future)
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
	keys := &Keys{w.db}
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
