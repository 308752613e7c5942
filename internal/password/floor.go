package password

import (
	"sync"
	"time"
)

// A floor knows how long a refusal has to take, so that its time does not tell whose
// hash was compared: imported hashes, and those of an older cost, take another time
// than the dummy of an unknown name. While there are none, equal work is enough and
// the floor is zero.
type floor struct {
	mu       sync.Mutex
	own      time.Duration // the slowest of late of the present cost
	other    time.Duration // of every other
	lastSeen time.Time     // when a hash of another kind was compared
}

// floorFor is how long a hash of another kind is remembered.
const floorFor = 24 * time.Hour

// note takes down how long a comparison took in its slot.
func (f *floor) note(own bool, took time.Duration, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if own {
		f.own = lately(f.own, took)
		return
	}
	f.other, f.lastSeen = lately(f.other, took), now
}

// lately is the larger one, with what is long ago fading.
func lately(before, took time.Duration) time.Duration { return max(took, before-before/64) }

// at returns the floor: a quarter above the slowest, for what else varies.
func (f *floor) at(now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lastSeen.IsZero() || now.Sub(f.lastSeen) > floorFor {
		return 0
	}
	slowest := max(f.own, f.other)
	return slowest + slowest/4
}
