package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// options of a run.
type options struct {
	only    string // names of examples, with commas between; "" for all
	plinto  string // path of the program
	dir     string // of the examples
	verbose bool
}

func main() {
	var o options
	flag.StringVar(&o.only, "only", "", "try only the examples with these names, separated by commas")
	flag.StringVar(&o.plinto, "plinto", "bin/plinto", "the program to try them with")
	flag.StringVar(&o.dir, "examples", "examples", "the directory with the examples")
	flag.BoolVar(&o.verbose, "v", false, "show what the examples and the server print")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Stdout, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "examples:", err)
		os.Exit(1)
	}
}

// errFailed says that one of the examples did not do what it should.
var errFailed = errors.New("not every example works")

func run(ctx context.Context, out io.Writer, o options) (err error) {
	s, err := readSeed(filepath.Join(o.dir, "seed.yaml"))
	if err != nil {
		return err
	}
	all, err := selected(o, s)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "plinto-examples-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var also io.Writer
	if o.verbose {
		also = out
	}
	said := &log{also: also}
	started := &servers{plinto: o.plinto, seed: filepath.Join(o.dir, "seed.yaml"), dir: dir, slug: s.Tenants[0].Slug, out: said}
	defer started.stop()
	results := make([]result, 0, len(all))
	for i := range all {
		srv, err := started.of(ctx, &all[i])
		if err != nil {
			return err
		}
		r := try(ctx, all[i], s, srv, dir, also)
		if r.err != nil {
			fmt.Fprintf(out, "%s: %v\n\n", r.name, r.err)
		}
		results = append(results, r)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if err := report(out, results); err != nil {
		return err
	}
	if slices.ContainsFunc(results, func(r result) bool { return r.err != nil }) {
		fmt.Fprintf(out, "\nThe server printed:\n%s\n", said.tail())
		return errFailed
	}
	return nil
}

// selected returns the examples to try.
func selected(o options, s *seed) ([]example, error) {
	all, err := read(o.dir)
	if err != nil {
		return nil, err
	}
	var wrong []error
	for i := range all {
		wrong = append(wrong, all[i].check(s))
	}
	if err := errors.Join(wrong...); err != nil || o.only == "" {
		return all, err
	}
	var chosen []example
	for name := range strings.SplitSeq(o.only, ",") {
		at := slices.IndexFunc(all, func(e example) bool { return e.name() == name })
		if at < 0 {
			return nil, fmt.Errorf("there is no example %q", name)
		}
		chosen = append(chosen, all[at])
	}
	return chosen, nil
}

// report prints the table.
func report(out io.Writer, results []result) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "example\tlibrary\tresult\tseconds")
	for _, r := range results {
		said := "works"
		switch {
		case r.untried != "":
			said = "untried: " + r.untried
		case r.err != nil:
			said = "FAILS"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%.1f\n", r.name, r.version, said, r.took.Round(100*time.Millisecond).Seconds())
	}
	return w.Flush()
}
