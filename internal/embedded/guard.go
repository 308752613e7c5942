package embedded

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"syscall"
)

// guardScript waits until its standard input ends. An end without the word "done"
// means that the process that held it was killed, so Postgres ($1) is told to shut
// down, if it still is the one on our cluster ($2): by then its number may be
// somebody else's. A parent-death signal would not do: Postgres is not our child,
// since pg_ctl starts it, and only Linux has one.
const guardScript = `read -r word || :
[ "$word" = done ] && exit 0
line=$(tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null || ps -o args= -p "$1")
case $line in *"$2"*) kill -s INT "$1" ;; esac`

// A guard is a process that outlives us by a moment and stops our Postgres when
// nobody else can: at kill -9.
type guard struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser
}

// startGuard guards the Postgres that runs on the layout.
func (l layout) startGuard() (*guard, error) {
	pid := l.postmaster()
	if pid == 0 {
		return nil, errors.New("start guard of postgres: it does not run")
	}
	cmd := exec.Command("/bin/sh", "-c", guardScript, "guard", strconv.Itoa(pid), l.path("data"))
	cmd.Dir = "/"
	// Ctrl-C is for us: in a group of its own the guard waits for our word.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("start guard of postgres: %w", err)
	}
	return &guard{cmd, pipe}, nil
}

// dismiss ends the guard.
func (g *guard) dismiss() error {
	if g == nil {
		return nil
	}
	_, err := io.WriteString(g.pipe, "done\n")
	err = errors.Join(err, g.pipe.Close(), g.cmd.Wait())
	if err != nil {
		return fmt.Errorf("end guard of postgres: %w", err)
	}
	return nil
}
