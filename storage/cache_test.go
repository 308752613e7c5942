package storage

import (
	"context"
	"errors"
	"io"
	"testing"

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
		h := &hearing{}
		h.yes.Store(true)
		held := newCache[string](10, h)
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
