package password

import (
	"time"

	"golang.org/x/crypto/argon2"
)

// target is what one hash should take on the machine it runs on.
const target = 60 * time.Millisecond

// maxSteps bounds the memory of a hash to this many times the floor.
const maxSteps = 3

// Calibrate returns the cost of new hashes for this machine: the floor, or more
// memory when that stays below the target, at most budget KiB a hash. Memory is
// what makes guessing on graphics cards dear.
func Calibrate(budget uint32) Cost {
	began := time.Now()
	argon2.IDKey([]byte("calibration"), make([]byte, saltLen), Floor.Time, Floor.Memory, 1, keyLen)
	took := max(time.Since(began), time.Millisecond)
	// Steps of the floor, so that machines of one kind agree in spite of noise.
	steps := min(uint32(target/took), maxSteps, budget/Floor.Memory)
	return Cost{Memory: Floor.Memory * max(steps, 1), Time: Floor.Time}
}
