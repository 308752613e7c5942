package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"plinto/storage/internal/pg"
)

// A round that is ended before it is through leaves nobody out for ever: the next goes on where it was.
func TestRounds_goOnWhereTheLastOneEnded(t *testing.T) {
	t.Parallel()
	r := newRounds()
	var all []pg.Place
	for i := range 5 {
		all = append(all, pg.InSchema(fmt.Sprint("s", i)))
	}
	visited := func(most int) (names []string, err error) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		err = r.through(ctx, "x", all, 1, func(p pg.Place) {
			if names = append(names, p.String()[len("schema s"):]); len(names) == most {
				cancel()
			}
		})
		return names, err
	}
	for _, want := range [][]string{{"0", "1"}, {"2", "3"}, {"4", "0"}, {"1", "2", "3", "4", "0"}, {"0", "1", "2", "3", "4"}} {
		got, err := visited(len(want))
		if !slices.Equal(got, want) || (err != nil) != (len(want) < len(all)) {
			t.Errorf("visited %v, %v; want %v", got, err, want)
		}
	}
}

// What takes its time in one place is ended there, and panics are those of the caller.
func TestRounds_boundEachPlace(t *testing.T) {
	t.Parallel()
	r := newRounds()
	r.each = time.Millisecond
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	system := pg.NewSystem(nil)
	waits := func(ctx context.Context, _ *System) error {
		<-ctx.Done()
		return ctx.Err()
	}
	if err := r.visit(ctx, system, pg.InSchema("s"), waits); !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		t.Errorf("ended by %v", err)
	}
	var mu sync.Mutex
	var done []int
	panicked := func() (v any) {
		defer func() { v = recover() }()
		inTurn(t.Context(), 2, []int{1, 2, 3}, func(n int) {
			if n == 1 {
				panic("one")
			}
			mu.Lock()
			defer mu.Unlock()
			done = append(done, n)
		})
		return nil
	}()
	if len(done) != 2 || panicked == nil {
		t.Errorf("done are %v, panicked: %v", done, panicked)
	}
}
