package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// An otherLoad is load beside the load that is measured. It comes from a process of its own, to which
// the kernel gives less than to the others: its requests are work for the server, but making them
// must not hold up those that are measured. Elsewhere clients have machines of their own.
type otherLoad struct {
	cmd *exec.Cmd
	out io.Reader
}

// startOther runs one of otherLoads in a process of its own until stop.
func startOther(ctx context.Context, name string, args ...string) (*otherLoad, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &otherLoad{cmd: exec.CommandContext(ctx, "nice", append([]string{"-n", "10", self, name}, args...)...)}
	c.cmd.Stderr = os.Stderr
	if c.out, err = c.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	return c, c.cmd.Start()
}

// stop ends it and returns the two numbers that it counted.
func (c *otherLoad) stop() (first, second int64, err error) {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, 0, err
	}
	told, err := io.ReadAll(c.out)
	if err = errors.Join(err, c.cmd.Wait()); err != nil {
		return 0, 0, err
	}
	_, err = fmt.Fscan(strings.NewReader(string(told)), &first, &second)
	return first, second, err
}

// otherLoads are what startOther runs: each makes its load until ctx ends, and tells what it counted.
var otherLoads = map[string]func(ctx context.Context, args []string) (first, second int64, err error){
	"sign-ins": func(ctx context.Context, args []string) (int64, int64, error) {
		answered, busy := (&world{issuer: args[0]}).signInTogether(ctx)
		return answered, busy, nil
	},
	"attack": func(ctx context.Context, args []string) (int64, int64, error) {
		a, err := newAttack(ctx, args[0], args[1])
		if err != nil {
			return 0, 0, err
		}
		a.run(ctx)
		return a.guessed.Load(), a.refused.Load(), nil
	},
}

// serveOther is its process.
func serveOther(ctx context.Context, name string, args []string) error {
	first, second, err := otherLoads[name](ctx, args)
	if err != nil {
		return err
	}
	fmt.Println(first, second)
	return nil
}
