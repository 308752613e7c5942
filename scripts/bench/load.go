package main

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A worker is one connection; do makes one operation and says whether it was right.
type worker interface {
	do(ctx context.Context) bool
}

// A result is what one scenario cost.
type result struct {
	operations, failures int
	took                 time.Duration
	latencies            []time.Duration
	server, stores       time.Duration // CPU; stores are Postgres and Redis
	floor                time.Duration // CPU of one operation of the floor; 0: none
}

// drive runs the workers for a time, after a second of warming up, and sums up.
func drive(ctx context.Context, workers []worker, each time.Duration, cpu func() (server, stores time.Duration)) result {
	loop(ctx, workers, time.Second)
	server, stores := cpu()
	r := loop(ctx, workers, each)
	serverAfter, storesAfter := cpu()
	r.server, r.stores = serverAfter-server, storesAfter-stores
	return r
}

func loop(ctx context.Context, workers []worker, each time.Duration) result {
	var r result
	var mu sync.Mutex
	var all sync.WaitGroup
	began := time.Now()
	for _, w := range workers {
		all.Go(func() {
			var took []time.Duration
			failures := 0
			for time.Since(began) < each && ctx.Err() == nil {
				start := time.Now()
				if !w.do(ctx) {
					failures++
				}
				took = append(took, time.Since(start))
			}
			mu.Lock()
			defer mu.Unlock()
			r.latencies = append(r.latencies, took...)
			r.failures += failures
		})
	}
	all.Wait()
	r.took, r.operations = time.Since(began), len(r.latencies)
	return r
}

// percentile returns the latency that p of 100 do not exceed; 0 of nothing.
func percentile(latencies []time.Duration, p int) time.Duration {
	if len(latencies) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(latencies))
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}

func (r result) row(name string) string {
	per := func(d time.Duration) float64 { return milliseconds(d) / float64(max(1, r.operations)) }
	floor, ratio := "", ""
	if r.floor > 0 {
		floor = fmt.Sprintf("%.3f", milliseconds(r.floor))
		ratio = fmt.Sprintf("%.1f", (per(r.server)+per(r.stores))/milliseconds(r.floor))
	}
	wrong := ""
	if r.failures > 0 {
		wrong = fmt.Sprintf(" (%d wrong)", r.failures)
	}
	return fmt.Sprintf("%.0f\t%.2f\t%.2f\t%.3f\t%.3f\t%s\t%s\t  %s%s", float64(r.operations)/r.took.Seconds(),
		milliseconds(percentile(r.latencies, 50)), milliseconds(percentile(r.latencies, 99)),
		per(r.server), per(r.stores), cmp.Or(floor, "-"), cmp.Or(ratio, "-"), name, wrong)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// calibrate says how fast the machine is at the moment: signatures a second on one core.
func calibrate() float64 {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	n, began := 0, time.Now()
	for time.Since(began) < 300*time.Millisecond {
		ed25519.Sign(key, []byte("calibration"))
		n++
	}
	return float64(n) / time.Since(began).Seconds()
}
