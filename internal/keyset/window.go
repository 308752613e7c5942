package keyset

import (
	"slices"

	"github.com/google/uuid"
)

// A Window is the part of a list, ordered by ids, that somebody wants to see.
type Window struct {
	Limit      int
	After      uuid.UUID // what follows it in the list's order; uuid.Nil: from the beginning
	Before     uuid.UUID // or what precedes it
	Descending bool      // the list's order
}

// Rows returns the window of up to limit rows after an id, for those who need not know whether there are
// more.
func Rows(after uuid.UUID, limit int) Window { return Window{Limit: limit - 1, After: after} }

// Scan says how a repository reads the window: from which id, exclusive, in which direction, and how
// many rows, one more than are shown.
func (w Window) Scan() (from uuid.UUID, descending bool, limit int) {
	from, descending = w.After, w.Descending
	if w.Before != uuid.Nil {
		from, descending = w.Before, !w.Descending
	}
	if from == uuid.Nil && descending {
		from = uuid.Max
	}
	return from, descending, w.Limit + 1
}

// Show makes the page out of the rows that Scan asked for: in the list's order, and whether there are
// more in the direction that was asked for.
func Show[T any](w Window, rows []T) (page []T, more bool) {
	if more = len(rows) > w.Limit; more {
		rows = rows[:w.Limit]
	}
	if w.Before != uuid.Nil {
		slices.Reverse(rows)
	}
	return rows, more
}
