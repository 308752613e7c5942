package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// tracedRounds is how often servers with and without traces are driven in turns.
const tracedRounds = 10

// A tracing is a server that records a share of its traces.
type tracing struct {
	name    string
	share   float64 // below 0: it is not traced
	address string
	server  process
	costs   []time.Duration // CPU of one token, by round
}

// traces prints what tokens cost servers that are not traced, and ones that record a share of traces or all of them,
// on the same stores, in turns.
func (w *world) traces(ctx context.Context, binary string, connections int, share float64, each time.Duration) error {
	sink, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	batches := make(chan struct{}, 1)
	collector := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a batch
		select {
		case batches <- struct{}{}:
		default:
		}
	})}
	go func() { _ = collector.Serve(sink) }()
	defer func() { _ = collector.Close() }()
	all := []*tracing{
		{name: "not traced", share: -1},
		{name: fmt.Sprintf("traced, %g recorded", share), share: share},
		{name: "traced, all recorded", share: 1},
		{name: "not traced, again", share: -1},
	}
	for _, one := range all {
		if err := w.startTraced(ctx, binary, sink.Addr().String(), one); err != nil {
			return err
		}
	}
	for round := range tracedRounds {
		for i := range all {
			one := all[(round+i)%len(all)] // none has always the same one before it
			turns.lead(w.issuer[len("http://"):], one.address)
			workers, err := w.workers(ctx, scenario{make: w.clientCredentials("api.read")}, w.issuer, "", connections)
			if err != nil {
				return err
			}
			r := drive(ctx, workers, each, func() (time.Duration, time.Duration) { return one.server.cpu(), 0 })
			if r.failures > 0 || ctx.Err() != nil {
				return errors.Join(errors.New("there were wrong answers"), ctx.Err())
			}
			one.costs = append(one.costs, r.server/time.Duration(r.operations))
		}
	}
	select {
	case <-batches:
	default:
		return errors.New("no trace came to the collector")
	}
	return printTraced(all)
}

// startTraced starts a server beside the first.
func (w *world) startTraced(ctx context.Context, binary, collector string, one *tracing) (err error) {
	if one.address, err = freePort(ctx); err != nil {
		return err
	}
	environment := append(slices.Clone(w.environment), "PLINTO_LISTEN="+one.address, "PLINTO_OPERATIONS_LISTEN=off")
	if one.share >= 0 {
		environment = append(environment, "OTEL_EXPORTER_OTLP_ENDPOINT=http://"+collector, "OTEL_TRACES_SAMPLER=parentbased_traceidratio",
			"OTEL_TRACES_SAMPLER_ARG="+strconv.FormatFloat(one.share, 'g', -1, 64))
	}
	one.server, err = w.startServer(ctx, binary, environment, "http://"+one.address)
	return err
}

func printTraced(all []*tracing) error {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "CPU ms of a token\tleast\tmost\tmore than not traced\t  ")
	base := middleOf(slices.Concat(all[0].costs, all[len(all)-1].costs))
	for _, one := range all {
		middle := middleOf(one.costs)
		fmt.Fprintf(table, "%.4f\t%.4f\t%.4f\t%+.1f %%\t  %s\n", milliseconds(middle), milliseconds(slices.Min(one.costs)), milliseconds(slices.Max(one.costs)),
			100*(float64(middle)/float64(base)-1), one.name)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Printf("\nmedians of %d rounds in turns, compared with both servers that are not traced; how far those two are apart is how much a row may be wrong\n", tracedRounds)
	return nil
}

func middleOf(all []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(all))[len(all)/2]
}
