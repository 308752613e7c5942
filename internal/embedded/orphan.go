package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopOrphan ends the Postgres that a killed process left on the cluster, and
// removes a pid file whose process is gone or somebody else's. The caller
// holds the lock, so a Postgres found here has no owner.
func (l layout) stopOrphan(ctx context.Context) error {
	pid := l.postmaster()
	if pid != 0 {
		if err := stopPostmaster(ctx, pid); err != nil {
			return err
		}
	}
	// Postgres would take a reused pid for a running server and refuse to start.
	err := os.Remove(l.pidFile())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove stale pid file: %w", err)
	}
	return nil
}

func (l layout) pidFile() string { return filepath.Join(l.path("data"), "postmaster.pid") }

// postmaster returns the process id of the living server on the cluster, or 0.
func (l layout) postmaster() int {
	content, err := os.ReadFile(l.pidFile())
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 || !strings.Contains(arguments(pid), l.path("data")) {
		return 0
	}
	return pid
}

// arguments returns the command line of a process, "" when there is none.
func arguments(pid int) string {
	if _, err := os.Stat("/proc/self/cmdline"); err == nil {
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // no process, no arguments
		return string(bytes.ReplaceAll(line, []byte{0}, []byte{' '}))
	}
	line, _ := exec.Command("ps", "-o", "args=", "-p", strconv.Itoa(pid)).Output() // the same
	return string(line)
}

// stopPostmaster asks for a fast shutdown, and after ten seconds for an
// immediate one, which is as safe as a crash.
func stopPostmaster(ctx context.Context, pid int) error {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		if err := syscall.Kill(pid, sig); err != nil {
			if errors.Is(err, syscall.ESRCH) {
				return nil
			}
			return fmt.Errorf("stop orphaned postgres %d: %w", pid, err)
		}
		gone, err := waitGone(ctx, pid, 10*time.Second)
		if gone || err != nil {
			return err
		}
	}
	return fmt.Errorf("stop orphaned postgres %d: it does not end", pid)
}

// waitGone reports whether the process, which is not our child, ends in time.
func waitGone(ctx context.Context, pid int, limit time.Duration) (bool, error) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(limit)
	for {
		select {
		case <-tick.C:
			if arguments(pid) == "" { // empty too for one that ended and was not reaped
				return true, nil
			}
		case <-late:
			return false, nil
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}
