// Command bench starts a Plinto on the Postgres and Redis of its environment, drives
// it and floor servers beside it over loopback, and prints what each request costs.
//
//	go run ./internal/testservice/run -durable -- go run ./scripts/bench -plinto bin/plinto
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	if len(os.Args) > 1 && os.Args[1] == "floor" {
		return serveFloor(ctx)
	}
	if len(os.Args) > 1 && otherLoads[os.Args[1]] != nil {
		return serveOther(ctx, os.Args[1], os.Args[2:])
	}
	binary := flag.String("plinto", "bin/plinto", "the binary to measure")
	each := flag.Duration("t", 5*time.Second, "time of each scenario")
	connections := flag.Int("c", 16, "connections")
	only := flag.String("only", "", "measure scenarios whose name contains this")
	fairness := flag.Bool("fairness", false, "measure how one tenant waits while another is attacked, and nothing else")
	queued := flag.Bool("queued", false, "measure how long tokens take while many users sign in, and nothing else")
	traces := flag.Float64("traces", 0, "measure what recording this share of traces costs tokens, and nothing else")
	many := flag.Int("scale", 0, "measure lists and searches in a tenant with so many users, and nothing else")
	tenants := flag.Int("tenants", 10_000, "tenants beside that of -growth")
	grown := flag.Int("growth", 0, "measure sign-ins, tokens and look-ups with so many users in a tenant, and nothing else")
	isolation := flag.String("isolation", "shared", "of the tenant that is measured: shared, schema or database")
	processes := flag.Int("processes", 1, "servers that share the load")
	pooled := flag.Bool("pooled", false, "put a PgBouncer that pools transactions before Postgres; it counts as a store")
	flag.Parse()
	if *grown > 0 {
		return measureGrowth(ctx, *binary, *grown, *tenants)
	}
	w, err := startWorld(ctx, *binary, &world{isolation: *isolation, pooled: *pooled, processes: *processes}, *fairness || *queued)
	if err != nil {
		return err
	}
	defer w.stop()
	if *fairness {
		return w.fairness(ctx, *each)
	}
	if *queued {
		return w.queued(ctx, *each)
	}
	if *traces > 0 {
		return w.traces(ctx, *binary, *connections, *traces, *each)
	}
	if *many > 0 {
		return w.scale(ctx, *binary, *many)
	}
	return w.costs(ctx, *binary, *only, *connections, *each)
}

// costs prints what requests cost, and what other work does.
func (w *world) costs(ctx context.Context, binary, only string, connections int, each time.Duration) error {
	before := calibrate()
	fmt.Printf("ready in %d ms, %d MiB resident when idle, binary %.1f MiB\n\n", w.ready.Milliseconds(), w.server.rss(), fileMiB(binary))
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "requests/s\tp50 ms\tp99 ms\tCPU ms: server\tstores\tfloor\tratio\t  ")
	failed := 0
	for _, s := range w.scenarios() {
		if !strings.Contains(s.name, only) {
			continue
		}
		r, err := w.measure(ctx, s, connections, each)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		failed += r.failures
		fmt.Fprintln(table, r.row(s.name))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Printf("\n%d MiB resident under load; %.0f Ed25519 signatures/s before, %.0f after: compare runs whose numbers agree\n",
		w.server.rss(), before, calibrate())
	if hash, rate, err := w.hashing(ctx); err == nil {
		fmt.Printf("of a login with a password the hash takes %.1f ms; hashes alone are %.1f a second; stores are Postgres and Redis\n\n", milliseconds(hash), rate)
	}
	if failed > 0 {
		return errors.New("there were wrong answers")
	}
	return measureParts(ctx, os.Stdout, only)
}
