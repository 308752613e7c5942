package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// options of a run.
type options struct {
	atOnce  int
	verbose bool // print what each test said
	compile bool // do not test, only compile
}

func main() {
	var o options
	only := flag.String("only", "", "take the controls of attacks whose id starts like that")
	part := flag.String("shard", "1/1", "take the K-th of N equal parts, as K/N")
	flag.BoolVar(&o.verbose, "v", false, "print what each test said")
	flag.BoolVar(&o.compile, "compile", false, "see only that each compiles without its defence")
	flag.IntVar(&o.atOnce, "j", 2, "how many controls run at once")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	good := false
	controls, err := shard(selected(*only), *part)
	if err == nil {
		good, err = run(ctx, controls, o)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "controls:", err)
	}
	if err != nil || !good {
		os.Exit(1)
	}
}

// selected returns the controls that are about an attack whose id starts like that.
func selected(prefix string) []control {
	return slices.DeleteFunc(all(), func(c control) bool {
		return !slices.ContainsFunc(c.ids(), func(id string) bool { return strings.HasPrefix(id, prefix) })
	})
}

// shard returns the part of the controls that is named as K/N, with 1 ≤ K ≤ N: the N parts of
// the same list together are the list.
func shard(controls []control, part string) ([]control, error) {
	before, after, _ := strings.Cut(part, "/")
	k, errK := strconv.Atoi(before)
	n, errN := strconv.Atoi(after)
	if errK != nil || errN != nil || k < 1 || k > n {
		return nil, fmt.Errorf("-shard %q is not K/N with K from 1 to N", part)
	}
	return controls[(k-1)*len(controls)/n : k*len(controls)/n], nil
}

// run tries the controls and reports whether every defence was missed.
func run(ctx context.Context, controls []control, o options) (bool, error) {
	root, err := os.Getwd()
	if err != nil {
		return false, fmt.Errorf("find the repository: %w", err)
	}
	source, err := readTree(root)
	if err != nil {
		return false, err
	}
	for i := range controls {
		if err := controls[i].check(source); err != nil {
			return false, fmt.Errorf("%s: %w", controls[i].attacks, err)
		}
	}
	if o.compile {
		verdicts := tryAll(controls, o, func(i int) verdict { return controls[i].compile(ctx, root) })
		return !slices.ContainsFunc(verdicts, func(v verdict) bool { return v.outcome != killed }), ctx.Err()
	}
	return test(ctx, root, controls, o)
}

// test tries the controls, those that can be woven in one binary a package.
func test(ctx context.Context, root string, controls []control, o options) (bool, error) {
	dir, err := os.MkdirTemp("", "plinto-controls-")
	if err != nil {
		return false, fmt.Errorf("make a place for the binaries: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	began := time.Now()
	took := func() time.Duration { return time.Since(began).Round(time.Second) }
	b, in, err := newBench(ctx, root, dir, controls)
	if err != nil {
		return false, err
	}
	fmt.Printf("%d controls, woven into the tests of %d packages (%v)\n", len(controls), len(b.binaries), took())
	if err := b.baseline(ctx, controls); err != nil {
		return false, err
	}
	fmt.Printf("their tests pass with every defence in place (%v)\n", took())
	verdicts := tryAll(controls, o, func(i int) verdict {
		c := &controls[i]
		if !in[i] {
			return c.try(ctx, root)
		}
		output, err := b.run(ctx, c.pkg, strconv.Itoa(i), c.pattern())
		return c.judge(output, err)
	})
	if err := ctx.Err(); err != nil {
		return false, err
	}
	good := report(controls, verdicts)
	fmt.Printf("in %v\n", took())
	return good, nil
}

func tryAll(controls []control, o options, try func(i int) verdict) []verdict {
	verdicts := make([]verdict, len(controls))
	places := make(chan struct{}, max(o.atOnce, 1))
	var printing sync.Mutex
	var group sync.WaitGroup
	for i := range controls {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			v := try(i)
			verdicts[i] = v
			printing.Lock()
			defer printing.Unlock()
			if !o.compile || v.outcome != killed {
				fmt.Printf("%-8s %s: %s %s\n", v.outcome, controls[i].attacks, controls[i].pkg, controls[i].test)
			}
			if o.verbose || v.outcome != killed {
				fmt.Println(indented(v.said))
			}
		})
	}
	group.Wait()
	return verdicts
}

// indented returns at most the first forty lines of text, set off.
func indented(text string) string {
	lines := strings.Split(text, "\n")
	if len(lines) > 40 {
		lines = append(lines[:40], "…")
	}
	return "         " + strings.Join(lines, "\n         ")
}

// report prints killed and all attacks by class: an attack counts as killed when each
// of its controls was.
func report(controls []control, verdicts []verdict) bool {
	lived, ids := map[string]bool{}, []string{}
	killedControls := 0
	for i := range controls {
		if verdicts[i].outcome == killed {
			killedControls++
		}
		for _, id := range controls[i].ids() {
			lived[id] = lived[id] || verdicts[i].outcome != killed
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	type count struct{ killed, all int }
	counts, classes, total := map[string]count{}, []string{}, count{}
	for _, id := range ids {
		name := class(id)
		if _, seen := counts[name]; !seen {
			classes = append(classes, name)
		}
		n := counts[name]
		n.all++
		total.all++
		if !lived[id] {
			n.killed++
			total.killed++
		}
		counts[name] = n
	}
	fmt.Println("\nclass  killed / attacks")
	for _, name := range classes {
		fmt.Printf("%-5s  %3d / %d\n", name, counts[name].killed, counts[name].all)
	}
	fmt.Printf("all    %3d / %d, by %d / %d controls\n", total.killed, total.all, killedControls, len(controls))
	return killedControls == len(controls)
}
