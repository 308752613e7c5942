package storage

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"plinto/tenant"
)

func TestCache_servesWhatItHeldWhilePostgresIsAwayUnlessItChanged(t *testing.T) {
	t.Parallel()
	id := tenant.ID(uuid.New())
	here := func(context.Context) (string, error) { return "value", nil }
	gone := func(context.Context) (string, error) { return "", unavailable(io.ErrUnexpectedEOF) }
	for what, c := range map[string]struct {
		then func(*cache[string])
		want string
	}{
		"announcements may have been missed": {(*cache[string]).doubt, "value"},
		"the tenant changed":                 {func(c *cache[string]) { c.drop(id) }, ""},
		"everything changed":                 {(*cache[string]).dropAll, ""},
	} {
		held := newCache[string](10, allEars())
		held.limits.stale = cacheStale
		key := cacheKey{tenant: id, name: "name"}
		if _, err := held.get(t.Context(), key, here); err != nil {
			t.Fatal(err)
		}
		if got, err := held.get(t.Context(), key, gone); got != "value" || err != nil {
			t.Errorf("unchanged: %q, %v, want it from memory", got, err)
		}
		c.then(held)
		got, err := held.get(t.Context(), key, gone)
		if got != c.want || errors.Is(err, io.ErrUnexpectedEOF) == (c.want != "") {
			t.Errorf("%s, then Postgres is away: %q, %v, want %q", what, got, err, c.want)
		}
	}
}

// A Postgres that is silent costs each try seconds. While it was just found away,
// nobody tries again for what is held; what is not held has to be asked for.
func TestCache_letsPostgresRestWhileWhatItHoldsWillDo(t *testing.T) {
	t.Parallel()
	id := tenant.ID(uuid.New())
	held := newCache[string](10, &hearing{})
	held.limits.stale = cacheStale
	key := cacheKey{tenant: id, name: "name"}
	asked := 0
	gone := func(context.Context) (string, error) { asked++; return "", unavailable(io.ErrUnexpectedEOF) }
	if _, err := held.get(t.Context(), key, func(context.Context) (string, error) { return "value", nil }); err != nil {
		t.Fatal(err)
	}
	held.doubt()
	for range 5 {
		if got, err := held.get(t.Context(), key, gone); got != "value" || err != nil {
			t.Errorf("held: %q, %v", got, err)
		}
	}
	if asked != 1 {
		t.Errorf("Postgres was asked %d times, want once", asked)
	}
	for range 2 {
		if _, err := held.get(t.Context(), cacheKey{tenant: id, name: "other"}, gone); !errors.Is(err, ErrUnavailable) {
			t.Errorf("not held: %v", err)
		}
	}
	held.drop(id)
	if _, err := held.get(t.Context(), key, gone); !errors.Is(err, ErrUnavailable) {
		t.Errorf("changed meanwhile: %v", err)
	}
	if asked != 4 {
		t.Errorf("Postgres was asked %d times, want four", asked)
	}
}

// Whoever asks a second after a change was answered gets no value from before it, not
// even by a load that began before and is still under way.
func TestCache_whoComesLateDoesNotTakeWhatAnOldLoadBrings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		held := newCache[string](10, allEars())
		key := cacheKey{name: "name"}
		slow := func(context.Context) (string, error) {
			time.Sleep(2 * time.Second)
			return "before", nil
		}
		var first, joined, late string
		var all sync.WaitGroup
		all.Go(func() { first, _ = held.get(t.Context(), key, slow) })
		time.Sleep(unheardMost - time.Millisecond)
		all.Go(func() { joined, _ = held.get(t.Context(), key, slow) })
		time.Sleep(2 * time.Millisecond)
		all.Go(func() {
			late, _ = held.get(t.Context(), key, func(context.Context) (string, error) { return "after", nil })
		})
		all.Wait()
		if first != "before" || joined != "before" || late != "after" {
			t.Errorf("got %q, %q, %q, want before, before, after", first, joined, late)
		}
	})
}
