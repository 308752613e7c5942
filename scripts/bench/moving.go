package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// moving prints how fast users are imported and exported by the command line, and how much memory that
// takes.
func (w *world) moving(ctx context.Context, binary string) error {
	dir, err := os.MkdirTemp("", "plinto-moving")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	fmt.Println()
	for _, n := range []int{20_000, 200_000} {
		file, slug := filepath.Join(dir, "users.ndjson"), fmt.Sprint("moved-", n)
		if err := writeUsers(file, n); err != nil {
			return err
		}
		if _, err := w.command(ctx, binary, "tenant", "create", slug); err != nil {
			return err
		}
		in, inMemory, err := w.resident(ctx, binary, "import", "--tenant", slug, file)
		if err != nil {
			return err
		}
		out, outMemory, err := w.resident(ctx, binary, "user", "export", "--tenant", slug)
		if err != nil {
			return err
		}
		fmt.Printf("%6d users: import %.0f/s, at most %d MiB; export %.0f/s, at most %d MiB\n", n,
			float64(n)/in.Seconds(), inMemory, float64(n)/out.Seconds(), outMemory)
	}
	return nil
}

func writeUsers(name string, n int) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	for i := range n {
		fmt.Fprintf(out, `{"external_id": "crm-%d", "email": "person%d@example.com", "email_verified": true, "profile": {"name": "Person Family%d", "locale": "de"}, "private_metadata": {"plan": "pro"}}`+"\n",
			i, i, i%1000)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Close()
}

// resident runs a command, drops what it writes, and returns how long it took and the most memory it
// had, in MiB.
func (w *world) resident(ctx context.Context, binary string, args ...string) (time.Duration, int64, error) {
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env, cmd.Stderr = w.environment, os.Stderr
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, 0, fmt.Errorf("plinto %s: %w", args[0], err)
	}
	took := time.Since(began)
	usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if usage == nil {
		return took, 0, nil
	}
	return took, usage.Maxrss >> 10, nil
}
