package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"
)

// Of sign-ins that wait, and of rounds with and without them in turns.
const (
	queuedSignIns = 300
	queuedRounds  = 5
	// People do not come back in step: half to one and a half times that.
	comeBack = 10 * time.Second
)

// queued prints how long tokens take, alone and while that many browsers sign in, one time after
// the other, each as soon as it was answered. Who finds the queue full comes back after about comeBack.
func (w *world) queued(ctx context.Context, each time.Duration) error {
	alone, beside := &waits{}, &waits{}
	var answered, busy int64
	for range queuedRounds {
		if err := w.tokens(ctx, each, alone); err != nil {
			return err
		}
		flood, err := startOther(ctx, "sign-ins", w.issuer)
		if err != nil {
			return err
		}
		failed := w.tokens(ctx, each, beside)
		a, b, err := flood.stop()
		if err = cmp.Or(failed, err); err != nil {
			return err
		}
		answered, busy = answered+a, busy+b
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "alone p50\tp99\tbeside sign-ins p50\tp99 ms\tp99 ratio\t  ")
	p50, p99, beside50, beside99 := middle(alone.tokens, 50), middle(alone.tokens, 99), middle(beside.tokens, 50), middle(beside.tokens, 99)
	fmt.Fprintf(table, "%.1f\t%.1f\t%.1f\t%.1f\t%.2f\t  token\n", milliseconds(p50), milliseconds(p99), milliseconds(beside50), milliseconds(beside99), float64(beside99)/float64(p99))
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Printf("\nmedians of %d rounds in turns; %d browsers, %d sign-ins, %d told to come back\n", queuedRounds, queuedSignIns, answered, busy)
	return nil
}

// tokens makes requests for tokens at their pace, the first seconds of which do not count.
func (w *world) tokens(ctx context.Context, each time.Duration, into *waits) error {
	for i, long := range []time.Duration{2 * time.Second, each} {
		told := <-pace(ctx, long, tokenEvery, w.tokenOf(ctx, "api.read"))
		if told.first != nil {
			return told.first
		}
		if i == 1 {
			into.tokens = append(into.tokens, told.took)
		}
	}
	return ctx.Err()
}

// signInTogether has all of them sign in until ctx ends, and counts the answers.
func (w *world) signInTogether(ctx context.Context) (int64, int64) {
	var answered, busy atomic.Int64
	var all sync.WaitGroup
	for i := range queuedSignIns {
		all.Go(func() { w.signInAgain(ctx, i, &answered, &busy) })
	}
	all.Wait()
	return answered.Load(), busy.Load()
}

// signInAgain signs one user in from an address of their own until ctx ends.
func (w *world) signInAgain(ctx context.Context, i int, answered, busy *atomic.Int64) {
	for ctx.Err() == nil {
		b := newBrowser(i)
		b.from = fmt.Sprintf("203.%d.113.%d", i, 1+i%200)
		_, err := w.signIn(ctx, b, "id_token")
		b.close()
		if err == nil {
			answered.Add(1)
			continue
		}
		busy.Add(1)
		select {
		case <-time.After(comeBack/2 + rand.N(comeBack)): //nolint:gosec // a pause is no secret
		case <-ctx.Done():
		}
	}
}
