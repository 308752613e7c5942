package password

import (
	"syscall"
	"testing"

	"plinto/internal/argon2"
)

// What hashes yields, and nothing else does: the thread of a hash is not used again.
func TestWorkers_haveALowerPriority(t *testing.T) {
	t.Parallel()
	priority := func() int {
		raw, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0) // 20 less what setpriority was given
		if err != nil {
			t.Error(err)
		}
		return 20 - raw
	}
	usual := priority()
	var ws workers
	for range 3 {
		ws.do(func(*argon2.Memory) {
			if got, want := priority(), min(19, max(usual, nice)); got != want {
				t.Errorf("a hash runs at priority %d, want %d", got, want)
			}
		})
		if got := priority(); got != usual {
			t.Errorf("after a hash its caller runs at priority %d, want %d", got, usual)
		}
	}
}
