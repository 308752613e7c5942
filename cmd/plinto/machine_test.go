package main

import (
	"math"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"plinto/internal/password"
)

const mib = 1 << 20

// Hashes that run at once take a quarter of the memory together, or what one of the least
// cost takes.
func TestMachine_hashesInAQuarterOfTheMemory(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		processors int
		memory     uint64 // MiB
		wantMemory uint32 // MiB
		wantSlots  int
	}{
		{1, 64_000, 256, 1},
		{2, 64_000, 256, 2},
		{8, 64_000, 256, 8},
		{64, 64_000, 256, 13},
		{8, 1024, 256, 8},
		{8, 512, 128, 6},
		{8, 256, 64, 3},
		{8, 128, 32, 1},
		{8, 64, 19, 1},
		{8, 1, 19, 1},
		{8, 0, 256, 8}, // not known
	} {
		m := machine{processors: c.processors, memory: c.memory * mib}
		memory, slots := m.hashing()
		if memory != c.wantMemory<<10 || slots != c.wantSlots {
			t.Errorf("%d processors, %d MiB: %d hashes in %d KiB, want %d in %d MiB", c.processors, c.memory, slots, memory, c.wantSlots, c.wantMemory)
		}
		if each := max(password.Calibrate(memory/uint32(slots)).Memory, password.Floor.Memory); uint32(slots)*each > memory {
			t.Errorf("%d processors, %d MiB: %d hashes of %d KiB do not fit in %d KiB", c.processors, c.memory, slots, each, memory)
		}
	}
}

// asMachine makes the test binary say what it may use, and nothing else.
const asMachine = "TEST_BINARY_SAYS_WHAT_IT_MAY_USE"

func sayMachine() {
	m := lookAround()
	m.spareProcessors()
	m.tuneCollector()
	limit := debug.SetMemoryLimit(-1)
	println(m.processors, runtime.GOMAXPROCS(0), debug.SetGCPercent(-1), limit == math.MaxInt64, limit == m.memoryLimit())
}

// What an operator sets for Go is left alone, and so are the processors that a process may
// run on, which is how Go finds a container's limit too.
func TestMachine_goesByWhatGoIsTold(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	said := func(env []string, before ...string) []string {
		t.Helper()
		args := append(before, self)
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Env = append([]string{asMachine + "=1", "PATH=" + os.Getenv("PATH")}, env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v: %s", args, err, out)
		}
		return strings.Fields(string(out))
	}
	usual := said(nil)
	n, err := strconv.Atoi(usual[0])
	if err != nil || usual[1] != strconv.Itoa(2*n) || usual[2] != strconv.Itoa(gcPercent) {
		t.Errorf("untold: %q, %v", usual, err)
	}
	status, err := os.ReadFile("/proc/self/status")
	first := regexp.MustCompile(`Cpus_allowed_list:\s*(\d+)`).FindSubmatch(status)
	if _, missing := exec.LookPath("taskset"); missing != nil || first == nil {
		t.Logf("not tried on one processor: %v, %v", missing, err)
	} else if one := said(nil, "taskset", "-c", string(first[1])); one[0] != "1" || one[1] != "2" {
		t.Errorf("on one processor: %q, want 1 and one for hashes", one)
	}
	if told := said([]string{"GOMAXPROCS=5"}); told[0] != "5" || told[1] != "5" {
		t.Errorf("GOMAXPROCS=5: %q", told)
	}
	for env, percent := range map[string]string{"GOMEMLIMIT=1GiB": "100", "GOGC=50": "50"} {
		if told := said([]string{env}); told[2] != percent || told[4] != "false" {
			t.Errorf("%s: %q, want %s percent and no limit of ours", env, told, percent)
		}
	}
	if got, want := (machine{processors: 8, memory: 1000 * mib}).memoryLimit(), int64(650*mib); got != want {
		t.Errorf("in a container of 1000 MiB Go may take %d, want %d: nine tenths, less a quarter that hashes take", got, want)
	}
}
