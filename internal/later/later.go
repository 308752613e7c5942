package later

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// A Runner does things later. It is safe for concurrent use.
type Runner struct {
	places chan struct{}
	all    sync.WaitGroup
}

// New returns a runner that does that many things at once.
func New(places int) *Runner { return &Runner{places: make(chan struct{}, places)} }

// Do has do done, with what ctx knows but for its end, which is that time from now. Where there is
// no room it is left out.
func (r *Runner) Do(ctx context.Context, within time.Duration, do func(context.Context)) {
	select {
	case r.places <- struct{}{}:
	default:
		slog.InfoContext(ctx, "left out: too much is done after requests")
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	r.all.Go(func() {
		defer func() { cancel(); <-r.places }()
		do(ctx)
	})
}

// Wait returns when everything that was begun is done.
func (r *Runner) Wait() { r.all.Wait() }
