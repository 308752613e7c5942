package main

import (
	"os"
	"runtime"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"plinto/internal/jwt"
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

// spareProcessors lets more goroutines run than there are processors: RSA signatures and password
// hashes hold one for long, and the network must not wait for them. Hashes have threads to which
// the kernel gives what the others leave. It ends that Go follows a limit that changes later. An
// operator who sets GOMAXPROCS decides.
func (m machine) spareProcessors() {
	if told() {
		return
	}
	_, hashes := m.hashing()
	runtime.GOMAXPROCS(m.processors + hashes)
	jwt.BoundRSA(m.processors)
}

// told reports whether the operator set GOMAXPROCS.
func told() bool { return os.Getenv("GOMAXPROCS") != "" }

// gcPercent is how much garbage the collector waits for, as part of what is in use. With
// the default of 100 it runs a dozen times a second under load, as little is in use, and
// takes a sixth of the time.
const gcPercent = 300

// tuneCollector has the collector run less often than by default. In a container it works
// harder near the limit, rather than be killed. An operator who sets GOGC or GOMEMLIMIT decides both.
func (m machine) tuneCollector() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(gcPercent)
	if m.contained {
		debug.SetMemoryLimit(m.memoryLimit())
	}
}

// memoryLimit is what Go may take, in bytes, beside what hashes do: a tenth is left to what Go
// does not count.
func (m machine) memoryLimit() int64 {
	hashes, _ := m.hashing()
	return int64(m.memory/10*9) - min(int64(hashes)<<10, int64(m.memory/2))
}

// hasher is newHasher with the cost this machine can bear, and that many hashes at once, or as
// many as there is room for; 0: as many as the machine gets most out of.
func (m machine) hasher(root secret.Root, slots int) *password.Hasher {
	memory, most := m.hashing()
	if slots == 0 {
		slots = password.Slots(most)
	}
	slots = min(slots, most)
	return hasher(root, password.Options{Cost: password.Calibrate(memory / uint32(slots)), Slots: slots, Memory: memory})
}

// Bounds of what password hashes take at once, in KiB.
const (
	mostHashMemory = 256 << 10
	hashShare      = 4 // of the memory that may be used: a quarter
)

// hashing returns how much memory (in KiB) the hashes that run at once take together: a
// quarter of what may be used at most, but that one hash of the least cost always fits;
// and how many run at once: as many as there are processors, or one fewer where GOMAXPROCS is
// set and leaves no other for the rest, and no more than fit.
func (m machine) hashing() (memory uint32, slots int) {
	memory = mostHashMemory
	if m.memory > 0 {
		memory = uint32(min(mostHashMemory, m.memory>>10/hashShare))
	}
	memory = max(memory, password.Floor.Memory)
	slots = m.processors
	if told() {
		slots--
	}
	return memory, max(1, min(slots, int(memory/password.Floor.Memory)))
}
