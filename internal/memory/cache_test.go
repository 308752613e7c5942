package memory

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

type scope string

func (s scope) String() string { return string(s) }

var errAway = errors.New("the database is away")

func isAway(err error) bool { return errors.Is(err, errAway) }

func announced(context.Context) bool { return true }

func TestCache_servesWhatItHeldWhileTheDatabaseIsAwayUnlessItChanged(t *testing.T) {
	t.Parallel()
	here := func(context.Context) (string, error) { return "value", nil }
	gone := func(context.Context) (string, error) { return "", errAway }
	for what, c := range map[string]struct {
		then func(*Cache[scope, string])
		want string
	}{
		"announcements may have been missed": {(*Cache[scope, string]).RevalidateAll, "value"},
		"the scope is to be looked at again": {func(c *Cache[scope, string]) { c.Revalidate("tenant") }, "value"},
		"the scope changed":                  {func(c *Cache[scope, string]) { c.Invalidate("tenant") }, ""},
		"another scope changed":              {func(c *Cache[scope, string]) { c.Invalidate("other") }, "value"},
		"everything changed":                 {(*Cache[scope, string]).InvalidateAll, ""},
	} {
		held := New[scope, string](nil, Options{Limits: Limits{Announced: time.Minute, Unannounced: time.Second, Away: time.Hour}, Current: announced, Away: isAway})
		key := Key[scope]{"tenant", "name"}
		if _, err := held.Get(t.Context(), key, here); err != nil {
			t.Fatal(err)
		}
		if got, err := held.Get(t.Context(), key, gone); got != "value" || err != nil {
			t.Errorf("unchanged: %q, %v, want it from memory", got, err)
		}
		c.then(held)
		got, err := held.Get(t.Context(), key, gone)
		if got != c.want || errors.Is(err, errAway) == (c.want != "") {
			t.Errorf("%s, then the database is away: %q, %v, want %q", what, got, err, c.want)
		}
	}
}

// A database that is silent costs each try seconds. While it was just found away, nobody
// tries again for what is held; what is not held has to be asked for.
func TestCache_doesNotAskADatabaseThatWasJustAwayWhileWhatItHoldsWillDo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := New[scope, string](nil, Options{Limits: Limits{Unannounced: time.Second, Away: time.Hour}, Away: isAway})
		key := Key[scope]{"tenant", "name"}
		asked := 0
		gone := func(context.Context) (string, error) { asked++; return "", errAway }
		if _, err := c.Get(t.Context(), key, func(context.Context) (string, error) { return "value", nil }); err != nil {
			t.Fatal(err)
		}
		wantAsked := func(want int) {
			t.Helper()
			if asked != want {
				t.Errorf("the database was asked %d times, want %d", asked, want)
			}
		}
		c.RevalidateAll()
		for range 5 {
			if got, err := c.Get(t.Context(), key, gone); got != "value" || err != nil {
				t.Errorf("held: %q, %v", got, err)
			}
		}
		wantAsked(1)
		for range 2 {
			if _, err := c.Get(t.Context(), Key[scope]{"tenant", "other"}, gone); !errors.Is(err, errAway) {
				t.Errorf("not held: %v", err)
			}
		}
		wantAsked(3)
		time.Sleep(retryAway)
		if got, err := c.Get(t.Context(), key, gone); got != "value" || err != nil {
			t.Errorf("held, later: %q, %v", got, err)
		}
		wantAsked(4)
		c.Invalidate("tenant")
		if _, err := c.Get(t.Context(), key, gone); !errors.Is(err, errAway) {
			t.Errorf("changed meanwhile: %v", err)
		}
		wantAsked(5)
		if _, err := c.Get(t.Context(), Key[scope]{"tenant", "broken"}, func(context.Context) (string, error) { return "", context.Canceled }); !errors.Is(err, context.Canceled) {
			t.Errorf("another error: %v", err)
		}
	})
}

// Limits hold whether changes are announced or not.
func TestCache_servesForAsLongAsIsSaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		current func(context.Context) bool
		want    time.Duration
	}{"announced": {announced, time.Minute}, "not announced": {func(context.Context) bool { return false }, time.Second}, "nobody listens": {nil, time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			held := New[scope, int](nil, Options{Limits: Limits{Announced: time.Minute, Unannounced: time.Second}, Current: c.current})
			loads := 0
			get := func() int {
				n, err := held.Get(t.Context(), Key[scope]{"tenant", "n"}, func(context.Context) (int, error) { loads++; return loads, nil })
				if err != nil {
					t.Fatal(err)
				}
				return n
			}
			get()
			time.Sleep(c.want - time.Nanosecond)
			if n := get(); n != 1 {
				t.Errorf("%s: loaded again before %v", name, c.want)
			}
			time.Sleep(time.Nanosecond)
			if n := get(); n != 2 {
				t.Errorf("%s: served after %v", name, c.want)
			}
		})
	}
}

// The load is everybody's: nobody's leaving ends it.
func TestCache_aLoadOutlivesWhoAskedForIt(t *testing.T) {
	t.Parallel()
	c := New[scope, string](nil, Options{Limits: Limits{Unannounced: time.Second}})
	ctx, leave := context.WithCancel(t.Context())
	leave()
	got, err := c.Get(ctx, Key[scope]{"tenant", "name"}, func(ctx context.Context) (string, error) { return "value", ctx.Err() })
	if got != "value" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

// Whoever asks a second after a change was answered gets no value from before it, not
// even by a load that began before and is still under way.
func TestCache_whoComesLateDoesNotTakeWhatAnOldLoadBrings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		held := New[scope, string](nil, Options{Limits: Limits{Announced: time.Minute, Unannounced: time.Second}, Current: announced})
		key := Key[scope]{Name: "name"}
		slow := func(context.Context) (string, error) {
			time.Sleep(2 * time.Second)
			return "before", nil
		}
		var first, joined, late string
		var all sync.WaitGroup
		all.Go(func() { first, _ = held.Get(t.Context(), key, slow) })
		time.Sleep(MaxLag - time.Millisecond)
		all.Go(func() { joined, _ = held.Get(t.Context(), key, slow) })
		time.Sleep(2 * time.Millisecond)
		all.Go(func() {
			late, _ = held.Get(t.Context(), key, func(context.Context) (string, error) { return "after", nil })
		})
		all.Wait()
		if first != "before" || joined != "before" || late != "after" {
			t.Errorf("got %q, %q, %q, want before, before, after", first, joined, late)
		}
	})
}

// Signing keys are held together, and wanted one by one.
func TestCache_loadsWhatDoesNotFitOrIsDue(t *testing.T) {
	t.Parallel()
	away := false
	held := New[scope, string](nil, Options{Limits: Limits{Unannounced: time.Hour, Away: time.Hour}, Away: isAway})
	get := func(letter string, due bool) string {
		got, err := held.GetFor(t.Context(), Key[scope]{Scope: "tenant"}, Use[string]{
			Name: letter, Fits: func(v string) bool { return strings.Contains(v, letter) }, Due: func(string) bool { return due },
		}, func(context.Context) (string, error) {
			if away {
				return "", errAway
			}
			old, _ := held.Peek(Key[scope]{Scope: "tenant"})
			return old + letter, nil
		})
		if err != nil {
			return err.Error()
		}
		return got
	}
	for _, c := range []struct {
		letter    string
		due, away bool
		want      string
	}{
		{"a", false, false, "a"},
		{"a", false, false, "a"},
		{"b", false, false, "ab"},
		{"a", true, false, "aba"},
		{"a", true, true, "aba"},
		{"c", false, true, errAway.Error()},
	} {
		away = c.away
		if got := get(c.letter, c.due); got != c.want {
			t.Errorf("%+v: got %s", c, got)
		}
	}
}
