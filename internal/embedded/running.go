package embedded

import (
	"errors"
	"os"
	"syscall"
)

// Running reports whether a process has the directory, and a whole cluster is in it.
func Running(dir string) bool {
	if _, err := os.Stat(layout(dir).path("complete")); err != nil {
		return false
	}
	lock, err := os.Open(layout(dir).path("lock"))
	if err != nil {
		return false
	}
	defer lock.Close()
	return errors.Is(syscall.Flock(int(lock.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}
