package testservice

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// guardScript waits until its standard input ends. An end without the word
// "done" means that the process that held it died, so the server is stopped
// and its directory removed. A pipe works where a parent-death signal does
// not: on every Unix, and whichever thread started the server. It cannot wait
// for the server, which is not its child; removal fails while that still writes.
const guardScript = `read -r word || :
[ "$word" = done ] && exit 0
kill -s "$2" "$1"
sleep 0.2
rm -rf "$3" || { sleep 2; rm -rf "$3"; }`

// A process is a server program, its directory and the guard of both.
type process struct {
	dir    string // removed by remove or the guard
	user   *syscall.Credential
	signal syscall.Signal // how the server is told to stop at once

	cmd    *exec.Cmd
	exited chan struct{} // closed when cmd has ended
	guard  io.WriteCloser
}

// newProcess makes the directory of a server, owned by the user it will run as.
func newProcess(signal syscall.Signal, durable bool) (*process, error) {
	user, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(tempDir(user, durable), "plinto-test-")
	if err != nil {
		return nil, fmt.Errorf("make directory of test server: %w", err)
	}
	p := &process{dir: dir, user: user, signal: signal}
	return p, p.own(dir)
}

// own hands a path to the user the server runs as.
func (p *process) own(path string) error {
	if p.user == nil {
		return nil
	}
	return os.Chown(path, int(p.user.Uid), int(p.user.Gid))
}

// command prepares a program that runs as the server's user, in the server's
// directory, and outside our process group: Ctrl-C is for us alone.
func (p *process) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.user, Setpgid: true}
	return cmd
}

// start runs the server and its guard. Output goes to the file log: a pipe
// inherited from `go test` would keep that waiting for us.
func (p *process) start(name string, args ...string) error {
	log, err := os.OpenFile(p.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open log of %s: %w", name, err)
	}
	defer log.Close()
	p.cmd = p.command(name, args...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	p.exited = make(chan struct{})
	go func() {
		_ = p.cmd.Wait() // how it ended does not matter, that it ended does
		close(p.exited)
	}()
	return p.startGuard()
}

func (p *process) startGuard() error {
	guard := p.command("/bin/sh", "-c", guardScript, "guard",
		strconv.Itoa(p.cmd.Process.Pid), strconv.Itoa(int(p.signal)), p.dir)
	guard.Dir = "/"
	pipe, err := guard.StdinPipe()
	if err == nil {
		err = guard.Start()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("start guard of test server: %w", err), p.stop())
	}
	p.guard = pipe
	go func() { _ = guard.Wait() }()
	return nil
}

// stop ends the server and keeps its directory.
func (p *process) stop() error {
	if p.cmd == nil {
		return nil
	}
	err := p.cmd.Process.Signal(p.signal)
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop test server: %w", err)
	}
	<-p.exited
	p.cmd = nil
	if p.guard != nil {
		_, _ = io.WriteString(p.guard, "done\n")
		_ = p.guard.Close()
		p.guard = nil
	}
	return nil
}

// remove ends the server and deletes its directory.
func (p *process) remove() error {
	return errors.Join(p.stop(), os.RemoveAll(p.dir))
}

// waitUntil tries ready until it succeeds, the server ends, or 30 s are over.
func (p *process) waitUntil(ready func() error) error {
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
			continue
		case <-p.exited:
			err = errors.New("it ended")
		case <-deadline:
		}
		log, _ := os.ReadFile(p.log())
		return fmt.Errorf("wait for test server: %w; its log:\n%s", err, log)
	}
}

func (p *process) log() string { return filepath.Join(p.dir, "log") }
