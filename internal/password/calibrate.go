package password

import (
	"sync"
	"time"

	"plinto/internal/argon2"
)

// target is what one hash should take on the machine it runs on.
const target = 60 * time.Millisecond

// maxSteps bounds the memory of a hash to this many times the floor.
const maxSteps = 3

// Calibrate returns the cost of new hashes for this machine: the floor, or more
// memory when that stays below the target, at most budget KiB a hash. Memory is
// what makes guessing on graphics cards dear.
func Calibrate(budget uint32) Cost {
	took := max(timed(1, Floor), time.Millisecond)
	// Steps of the floor, so that machines of one kind agree in spite of noise.
	steps := min(uint32(target/took), maxSteps, budget/Floor.Memory)
	return Cost{Memory: Floor.Memory * max(steps, 1), Time: Floor.Time}
}

// measureFor is how long Slots goes on measuring. What it began it finishes: one round more.
const measureFor = 150 * time.Millisecond

// worthwhile is how much more a second half of the slots has to hash to be there: where processors
// share their units or the way to the memory, more at once are slower each and not more together.
const worthwhile = 1.05

// Slots measures how many hashes at once the machine gets most out of, at most that many. It
// takes two rounds or three of what one pass takes, 10 to 30 ms each, and no longer than 200 ms.
func Slots(most int) int {
	began := time.Now()
	return slotsBy(most, func(n int) float64 {
		return float64(n) / max(timed(n, Cost{Memory: Floor.Memory, Time: 1}), time.Microsecond).Seconds()
	}, func() bool { return time.Since(began) < measureFor })
}

// slotsBy halves as long as half of the slots hash as much a second, by two measurements: other
// work on the machine slows one down now and then.
func slotsBy(most int, rate func(slots int) float64, goOn func() bool) int {
	slots := max(most, 1)
	for slots > 1 && goOn() {
		half := slots / 2
		if rate(slots) > rate(half)*worthwhile || !goOn() || rate(slots) > rate(half)*worthwhile {
			break
		}
		slots = half
	}
	return slots
}

// timed returns how long n hashes take that begin together.
func timed(n int, cost Cost) time.Duration {
	began := time.Now()
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			var in argon2.Memory
			defer in.Free()
			in.IDKey([]byte("calibration"), make([]byte, saltLen), cost.Time, cost.Memory, 1, keyLen)
		})
	}
	all.Wait()
	return time.Since(began)
}
