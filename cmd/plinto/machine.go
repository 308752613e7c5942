package main

import (
	"os"
	"runtime"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"plinto/internal/password"
	"plinto/internal/secret"
)

// A machine is what this process may use of the machine or container it runs in.
type machine struct {
	processors int
	memory     uint64 // bytes; 0: not known
	contained  bool   // memory is the limit of a container
}

// lookAround is called before GOMAXPROCS is changed: by default that is what Go found the
// limit of the container to be, else the number of processors.
func lookAround() machine {
	m := machine{processors: runtime.GOMAXPROCS(0)}
	if total, err := memlimit.FromSystem(); err == nil {
		m.memory = total
	}
	if limit, err := memlimit.FromCgroup(); err == nil && (m.memory == 0 || limit < m.memory) {
		m.memory, m.contained = limit, true
	}
	return m
}

// spareProcessor lets one more goroutine run than there are processors: RSA
// signatures and password hashes hold one for long, and the network must not wait
// for them. It ends that Go follows a limit that changes later.
func (m machine) spareProcessor() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(m.processors + 1)
	}
}

// garbageRoom is how many bytes roomForGarbage keeps.
const garbageRoom = 24 << 20

// roomForGarbage makes the collector wait for more garbage than it would with so
// few live objects: otherwise it runs a dozen times a second under load, for a sixth
// of the time. The room is address space, not memory: nobody writes to it. A higher
// GOGC would do the same for few objects, but multiplies what full caches hold.
//
// In a container the collector works harder near its limit, rather than be killed: a
// password hash leaves 19 MiB of garbage or more. A tenth is left to what Go does not
// count.
func (m machine) roomForGarbage() []byte {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return nil // the operator decides
	}
	if m.contained {
		debug.SetMemoryLimit(m.memoryLimit())
	}
	return make([]byte, garbageRoom)
}

// memoryLimit is what Go may take, in bytes. Go counts the room for garbage too.
func (m machine) memoryLimit() int64 { return int64(m.memory/10*9) + garbageRoom }

// hasher is newHasher with the cost this machine can bear.
func (m machine) hasher(root secret.Root) *password.Hasher {
	memory, slots := m.hashing()
	return hasher(root, password.Options{Cost: password.Calibrate(memory / uint32(slots)), Slots: slots, Memory: memory})
}

// Bounds of what password hashes take at once, in KiB.
const (
	mostHashMemory = 256 << 10
	hashShare      = 4 // of the memory that may be used: a quarter
)

// hashing returns how much memory (in KiB) the hashes that run at once take together: a
// quarter of what may be used at most, but that one hash of the least cost always fits;
// and how many run at once: one fewer than there are processors, and no more than fit.
func (m machine) hashing() (memory uint32, slots int) {
	memory = mostHashMemory
	if m.memory > 0 {
		memory = uint32(min(mostHashMemory, m.memory>>10/hashShare))
	}
	memory = max(memory, password.Floor.Memory)
	return memory, max(1, min(m.processors-1, int(memory/password.Floor.Memory)))
}
