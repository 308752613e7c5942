package web

import (
	"context"
	"net"
	"net/http"
	"time"
)

// NewServer returns a server with limits for untrusted clients. WriteTimeout is
// long enough for a page that waits for a password hash.
func NewServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    32 << 10,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: 100},
	}
}

// Listen listens at an address, for TurnAway: by TCP alone, as the kernel filters no Multipath TCP,
// which net.Listen speaks where it can.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	var c net.ListenConfig
	c.SetMultipathTCP(false)
	return c.Listen(ctx, "tcp", address)
}
