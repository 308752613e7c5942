package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// A part is what no request shows. The benchmark of its package measures it, on the same
// Postgres.
type part struct {
	name      string
	pkg       string
	benchmark string
	unit      string  // as the benchmark names it
	scale     float64 // from its unit to that of name
	digits    int     // after the point
}

var parts = []part{
	{"audit rows sealed/s", "./storage", "BenchmarkAudit/seal", "rows/s", 1, 0},
	{"audit rows verified/s", "./storage", "BenchmarkAudit/verify", "rows/s", 1, 0},
	{"ms: proof of an audit row", "./storage", "BenchmarkAudit/prove", "ns/op", 1e-6, 2},
	{"webhook deliveries/s", "./event/webhook", "BenchmarkDeliveries", "deliveries/s", 1, 0},
	{"ms: p99 of a webhook delivery", "./event/webhook", "BenchmarkFairness", "ms-p99-alone", 1, 1},
	{"ms: p99 of a webhook delivery beside a slow endpoint", "./event/webhook", "BenchmarkFairness", "ms-p99-beside", 1, 1},
}

// measureParts measures the parts whose name contains only, and prints a line of each.
func measureParts(ctx context.Context, out io.Writer, only string) error {
	measured := map[string]map[string]map[string]float64{} // by package and benchmark, its part and unit
	for _, p := range parts {
		if !strings.Contains(p.name, only) {
			continue
		}
		whole, _, _ := strings.Cut(p.benchmark, "/")
		run := p.pkg + " " + whole
		if measured[run] == nil {
			found, err := benchmarks(ctx, p.pkg, whole)
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			measured[run] = found
		}
		value, ok := measured[run][p.benchmark][p.unit]
		if !ok {
			return fmt.Errorf("%s: %s says no %s", p.name, p.benchmark, p.unit)
		}
		fmt.Fprintf(out, "%.*f %s\n", p.digits, value*p.scale, p.name)
	}
	return nil
}

// benchmarks runs a benchmark in its short form and returns what all of its parts say, by unit.
func benchmarks(ctx context.Context, pkg, benchmark string) (map[string]map[string]float64, error) {
	cmd := exec.CommandContext(ctx, "go", "test", "-short", "-run", "^$", "-bench", "^"+benchmark+"$", pkg)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, errors.Join(err, errors.New(string(out)))
	}
	return parseBenchmarks(string(out)), nil
}

// parseBenchmarks reads lines such as "BenchmarkAudit/prove-2 100 1750000 ns/op 3 x/op".
func parseBenchmarks(out string) map[string]map[string]float64 {
	found := map[string]map[string]float64{}
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := fields[0]
		if at := strings.LastIndexByte(name, '-'); at > 0 { // the number of processors
			name = name[:at]
		}
		found[name] = map[string]float64{}
		for i := 2; i+1 < len(fields); i += 2 {
			if value, err := strconv.ParseFloat(fields[i], 64); err == nil {
				found[name][fields[i+1]] = value
			}
		}
	}
	return found
}
