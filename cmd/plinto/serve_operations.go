package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"syscall"

	"plinto/internal/operations"
	"plinto/internal/web"
)

// operationsOff is the value of PLINTO_OPERATIONS_LISTEN that opens no listener.
const operationsOff = "off"

// serveOperations serves ops until the returned function is called, which is after the
// public listener was drained.
func serveOperations(ctx context.Context, cfg *Config, ops *operations.Operations) (stop func(), err error) {
	ln, err := listenForOperations(ctx, cfg)
	if err != nil || ln == nil {
		return func() {}, err
	}
	server := web.NewServer(ops.Handler())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			slog.ErrorContext(ctx, "operations listener ended", "error", err)
		}
	}()
	slog.InfoContext(ctx, "serving operators", "operations", ln.Addr().String())
	return func() {
		_ = server.Close() // of its connections nobody waits for anything
		<-done
	}, nil
}

// listenForOperations opens the listener. The address that is used unless another is set
// may be taken, by a second instance on the machine: then there is none.
func listenForOperations(ctx context.Context, cfg *Config) (net.Listener, error) {
	if cfg.OperationsListen == "" || cfg.OperationsListen == operationsOff {
		return nil, nil
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.OperationsListen)
	if err == nil {
		return ln, nil
	}
	chosen := slices.ContainsFunc(cfg.settings, func(s setting) bool {
		return s.Name == "PLINTO_OPERATIONS_LISTEN" && s.Source != fromDefault
	})
	if !chosen && errors.Is(err, syscall.EADDRINUSE) {
		slog.WarnContext(ctx, "there is no operations listener: its address is in use; set PLINTO_OPERATIONS_LISTEN", "operations", cfg.OperationsListen)
		return nil, nil
	}
	return nil, fmt.Errorf("listen on %s (PLINTO_OPERATIONS_LISTEN): %w", cfg.OperationsListen, err)
}
