package phc

import (
	"time"

	"golang.org/x/crypto/argon2"
)

// target is what one hash should take on the machine it runs on.
const target = 60 * time.Millisecond

// Calibrate returns the cost of new hashes for this machine: the floor, or more
// memory when that stays below the target, at most budget KiB a hash. Memory is
// what makes guessing on graphics cards dear.
func Calibrate(budget uint32) Cost {
	began := time.Now()
	argon2.IDKey([]byte("calibration"), make([]byte, saltLen), Floor.Time, Floor.Memory, 1, keyLen)
	took := max(time.Since(began), time.Millisecond)
	factor := uint32(target / took)
	// Steps of the floor, so that machines of one kind agree and a slow moment
	// does not make every user rehash.
	memory := Floor.Memory * min(max(factor, 1), 3)
	if memory > budget {
		memory = Floor.Memory
	}
	return Cost{Memory: memory, Time: Floor.Time}
}
