package keyset_test

import (
	"cmp"
	"slices"
	"testing"

	"github.com/google/uuid"

	"plinto/internal/keyset"
)

// read is what a repository does.
func read(all []uuid.UUID, w keyset.Window) ([]uuid.UUID, bool) {
	from, descending, limit := w.Scan()
	rows := slices.DeleteFunc(slices.Clone(all), func(id uuid.UUID) bool {
		order := cmp.Compare(id.String(), from.String())
		return descending && order >= 0 || !descending && order <= 0
	})
	if descending {
		slices.Reverse(rows)
	}
	return keyset.Show(w, rows[:min(limit, len(rows))])
}

func TestWindow_walksBothWaysInBothOrders(t *testing.T) {
	t.Parallel()
	all := make([]uuid.UUID, 7)
	for i := range all {
		all[i] = uuid.UUID{15: byte(i + 1)}
	}
	for _, descending := range []bool{false, true} {
		want := slices.Clone(all)
		if descending {
			slices.Reverse(want)
		}
		var got []uuid.UUID
		w := keyset.Window{Limit: 3, Descending: descending}
		for more := true; more; {
			var page []uuid.UUID
			page, more = read(all, w)
			got = append(got, page...)
			w.After = page[len(page)-1]
		}
		if !slices.Equal(got, want) {
			t.Errorf("descending %t: got %v, want %v", descending, got, want)
		}
		back, more := read(all, keyset.Window{Limit: 3, Descending: descending, Before: want[6]})
		if !slices.Equal(back, want[3:6]) || !more {
			t.Errorf("descending %t, before the last: got %v, %t, want %v", descending, back, more, want[3:6])
		}
		back, more = read(all, keyset.Window{Limit: 3, Descending: descending, Before: want[3]})
		if !slices.Equal(back, want[:3]) || more {
			t.Errorf("descending %t, before the fourth: got %v, %t, want the first three and no more", descending, back, more)
		}
	}
}
