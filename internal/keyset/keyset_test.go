package keyset_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"plinto/internal/keyset"
)

// numbers lists 1 to n, and notes what it was asked.
type numbers struct {
	n     int
	asked []int
	fail  error
}

func (l *numbers) list(_ context.Context, after, limit int) ([]int, error) {
	l.asked = append(l.asked, after)
	if l.fail != nil && after > 0 {
		return nil, l.fail
	}
	var page []int
	for i := after + 1; i <= l.n && len(page) < limit; i++ {
		page = append(page, i)
	}
	return page, nil
}

func self(i *int) int { return *i }

func TestAll_yieldsEveryItemOnce(t *testing.T) {
	t.Parallel()
	for n, pages := range map[int]int{0: 1, 1: 1, keyset.Page - 1: 1, keyset.Page: 2, 2*keyset.Page + 1: 3} {
		l := &numbers{n: n}
		var got []int
		for i, err := range keyset.All(t.Context(), l.list, self) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, i)
		}
		if len(got) != n || !slices.IsSorted(got) || len(slices.Compact(got)) != n || len(l.asked) != pages {
			t.Errorf("%d items: got %d in %d pages, want %d pages", n, len(got), len(l.asked), pages)
		}
	}
}

func TestAll_stopsWhenItIsToldTo(t *testing.T) {
	t.Parallel()
	l := &numbers{n: 3 * keyset.Page}
	for i := range keyset.All(t.Context(), l.list, self) {
		if i == keyset.Page {
			break
		}
	}
	if len(l.asked) != 1 {
		t.Errorf("asked for %d pages, want 1", len(l.asked))
	}
}

func TestAll_yieldsAnErrorLast(t *testing.T) {
	t.Parallel()
	l := &numbers{n: keyset.Page + 1, fail: errors.New("away")}
	n, last := 0, error(nil)
	for _, err := range keyset.All(t.Context(), l.list, self) {
		n, last = n+1, err
	}
	if n != keyset.Page+1 || !errors.Is(last, l.fail) {
		t.Errorf("got %d items and %v at last", n, last)
	}
}
