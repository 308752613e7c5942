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
