package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"plinto/internal/web"
)

// finishIn is how long requests in flight may take once no new ones are accepted.
const finishIn = 20 * time.Second

// settleIn is how long connections that were begun before nobody new is let in may take to be accepted.
const settleIn = 250 * time.Millisecond

// ServeOptions are how an App listens.
type ServeOptions struct {
	TLS *tls.Config // nil: plain http, on loopback or behind a proxy that ends TLS
	// Drain is how long to go on serving after ctx ends, with /readyz saying no,
	// so that balancers look away first.
	Drain time.Duration
}

// Serve serves on ln until ctx ends, then drains: it goes on serving for a while,
// stops accepting, and lets requests and jobs finish. No request is cut off.
func (a *App) Serve(ctx context.Context, ln net.Listener, o ServeOptions) error {
	server, plain := web.NewServer(a.Handler()), ln
	if o.TLS != nil {
		ln = tls.NewListener(ln, o.TLS)
	}
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	worked := make(chan error, 1)
	go func() { worked <- a.Run(work) }()
	served := make(chan error, 1)
	go func() { served <- server.Serve(ln) }()

	select {
	case err := <-served:
		stopWork()
		return errors.Join(fmt.Errorf("serve: %w", err), <-worked)
	case <-ctx.Done():
	}
	a.Drain()
	<-time.After(o.Drain)
	if tcp, ok := plain.(*net.TCPListener); ok && o.Drain > 0 && web.TurnAway(tcp) == nil {
		<-time.After(settleIn)
	}
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishIn)
	defer cancel()
	err := server.Shutdown(finish)
	stopWork()
	if served := <-served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(err, <-worked)
}
