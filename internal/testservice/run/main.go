package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"plinto/internal/testservice"
)

func main() {
	durable := flag.Bool("durable", false, "let Postgres wait for the disk, for benchmarks")
	flag.Parse()
	code, err := run(*durable, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "run:", err)
	}
	os.Exit(code)
}

// run returns the exit code of the command, or 1 with an error of our own.
func run(durable bool, command []string) (code int, err error) {
	if len(command) == 0 {
		return 1, errors.New("want a command after --")
	}
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM)
	postgres, err := testservice.StartPostgres(durable)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, postgres.Remove()) }()
	redis, err := testservice.StartRedis()
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, redis.Remove()) }()

	if len(interrupts) > 0 {
		return 130, errors.New("interrupted")
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(),
		testservice.PostgresEnv+"="+postgres.URL(), testservice.RedisEnv+"="+redis.URL())
	if err := cmd.Start(); err != nil {
		return 1, fmt.Errorf("start %s: %w", command[0], err)
	}
	return wait(cmd, interrupts)
}

// wait waits for the command. SIGTERM is for us alone and passed on; Ctrl-C
// reaches the command without us.
func wait(cmd *exec.Cmd, interrupts <-chan os.Signal) (int, error) {
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case sig := <-interrupts:
			if sig == syscall.SIGTERM {
				_ = cmd.Process.Signal(sig) // it may just have ended
			}
		case err := <-ended:
			var exit *exec.ExitError
			if errors.As(err, &exit) {
				return max(exit.ExitCode(), 1), nil // -1: killed by a signal
			}
			return 0, err
		}
	}
}
