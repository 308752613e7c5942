package memory

import (
	"context"
	"slices"
	"time"
)

// A Snapshot says how far a database had come when it was asked: the bounds of pg_current_snapshot().
type Snapshot struct {
	// Server names the history that the numbers are of. A server that was restarted, and another
	// one that took its place, has another one. "": it is not known how far the database had come.
	Server string
	// Low: every transaction with a smaller number was over. What was read in the same statement has them all.
	Low uint64
	// High: no transaction with this number or a larger one was over.
	High uint64
}

// mostMarks bounds how many answers are remembered: those of more than a minute.
const mostMarks = 256

// marks are the answers of one server since it is listened to, the oldest first. Their numbers do
// not decrease.
type marks struct {
	server string
	all    []mark
}

type mark struct {
	sent time.Time // when the question was
	high uint64
}

func (m *marks) add(sent time.Time, s Snapshot) {
	if s.Server == "" {
		return
	}
	if s.Server != m.server {
		m.server, m.all = s.Server, nil
	}
	if len(m.all) == mostMarks {
		m.all = slices.Delete(m.all, 0, mostMarks/4)
	}
	m.all = append(m.all, mark{sent, s.High})
}

// asOf returns the moment before which every change was committed that what was read in a
// snapshot is known to have. It is one of this process's own clock: of the last question whose
// answer knew of no transaction that the snapshot may lack.
func (m *marks) asOf(s Snapshot) (time.Time, bool) {
	if s.Server == "" || s.Server != m.server {
		return time.Time{}, false
	}
	for _, known := range slices.Backward(m.all) {
		if known.high <= s.Low {
			return known.sent, true
		}
	}
	return time.Time{}, false
}

type snapshotKey struct{}

// Note tells the cache whose load this is in which snapshot the value was read: in one statement,
// on the server that takes writes. Without it the value is for this process alone.
func Note(ctx context.Context, s Snapshot) {
	if into, ok := ctx.Value(snapshotKey{}).(*Snapshot); ok {
		*into = s
	}
}
