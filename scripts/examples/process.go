package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	tick      = 100 * time.Millisecond // between two looks at what only polling shows
	graceTime = 5 * time.Second        // for a process to end before it is killed
)

// A log keeps what a process prints. Safe for use by its goroutines and ours.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
	also io.Writer // nil for nobody
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.also != nil {
		_, _ = l.also.Write(p)
	}
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// tail returns the last lines.
func (l *log) tail() string {
	lines := strings.Split(strings.TrimSpace(l.String()), "\n")
	return strings.Join(lines[max(0, len(lines)-30):], "\n")
}

// A process is a command with all that it starts.
type process struct {
	cmd   *exec.Cmd
	out   *log
	ended chan struct{} // closed when it has
	err   error         // how it ended, once it has
}

// start starts a command of a shell in dir.
func start(command, dir string, environ []string, out *log) (*process, error) {
	cmd := exec.Command("sh", "-c", command) //nolint:noctx // stop ends it, with all that it started
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, environ, out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that stop reaches what it starts
	cmd.WaitDelay = graceTime
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", command, err)
	}
	p := &process{cmd: cmd, out: out, ended: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// stop ends the command and all that it started.
func (p *process) stop() {
	group := -p.cmd.Process.Pid
	_ = syscall.Kill(group, syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(graceTime):
	}
	_ = syscall.Kill(group, syscall.SIGKILL) // what outlived its parent
	<-p.ended
}

// wait waits until the command ends, or stops it when ctx does.
func (p *process) wait(ctx context.Context) error {
	select {
	case <-p.ended:
		if p.err != nil {
			return fmt.Errorf("%w\n%s", p.err, p.out.tail())
		}
		return nil
	case <-ctx.Done():
		p.stop()
		return fmt.Errorf("it did not end: %w\n%s", ctx.Err(), p.out.tail())
	}
}

// once runs a command to its end and returns what it printed.
func once(ctx context.Context, command, dir string, environ []string, out *log) (string, error) {
	before := len(out.String())
	p, err := start(command, dir, environ, out)
	if err != nil {
		return "", err
	}
	if err := p.wait(ctx); err != nil {
		return "", fmt.Errorf("%s: %w", command, err)
	}
	return strings.TrimSpace(out.String()[before:]), nil
}

// until calls happened again and again until it returns true, the process ends, or ctx does.
func (p *process) until(ctx context.Context, what string, happened func() bool) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for !happened() {
		select {
		case <-ticker.C:
		case <-p.ended:
			if happened() {
				return nil
			}
			return fmt.Errorf("it ended before %s: %w\n%s", what, errors.Join(p.err), p.out.tail())
		case <-ctx.Done():
			return fmt.Errorf("not %s in time\n%s", what, p.out.tail())
		}
	}
	return nil
}

// answers waits until an address is answered, whatever the answer is.
func (p *process) answers(ctx context.Context, address string) error {
	return p.until(ctx, "it answered at "+address, func() bool {
		status, _, err := fetch(ctx, http.MethodGet, address, nil, "")
		return err == nil && status < http.StatusInternalServerError
	})
}

// freePort returns a port of this machine that nobody listens on.
func freePort(ctx context.Context) (string, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer ln.Close()
	_, port, err := net.SplitHostPort(ln.Addr().String())
	return port, err
}

// taken reports whether somebody listens on a port of this machine.
func taken(ctx context.Context, port string) bool {
	c, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", net.JoinHostPort("localhost", port))
	if err == nil {
		c.Close()
	}
	return err == nil
}

// environment is ours without what configures a server, and with more.
func environment(more ...string) []string {
	var kept []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		switch {
		case strings.HasPrefix(name, "PLINTO_"), strings.HasPrefix(name, "OTEL_"):
		case name == "PORT", name == "DATABASE_URL", name == "REDIS_URL", name == "SMTP_URL", name == "ISSUER", name == "CLIENT_ID", name == "CLIENT_SECRET":
		default:
			kept = append(kept, v)
		}
	}
	return append(kept, more...)
}
