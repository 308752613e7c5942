package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// logError tells operators once. What clients do wrong is their business.
func logError(r *http.Request, status int, err error) {
	level := slog.LevelDebug
	if status >= http.StatusInternalServerError && r.Context().Err() == nil { // a client that left asked for nothing
		level = slog.LevelError
	}
	ctx := r.Context()
	if !slog.Default().Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request_id", RequestID(ctx)), slog.String("method", r.Method), slog.String("route", route(r)),
		slog.Int("status", status), slog.String("error", err.Error()),
	}
	var p *panicked
	if errors.As(err, &p) {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	slog.LogAttrs(ctx, level, "request failed", attrs...)
}

// panicked is a panic as an error.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprint("panic: ", p.value) }

// caught makes an error of what recover returned. http.ErrAbortHandler goes on:
// it is how a handler asks net/http to cut the connection.
func caught(v any) error {
	if v == http.ErrAbortHandler { //nolint:errorlint // the sentinel itself is the contract
		panic(v)
	}
	return &panicked{v, debug.Stack()}
}

// safely calls h and turns a panic into an error, so that it is answered in the
// words of the endpoint.
func (h Handler) safely(w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = caught(v)
		}
	}()
	return h(w, r)
}

// Recover turns a panic outside of a Handler into a 500 that says nothing.
func Recover(next http.Handler) http.Handler {
	return OAuth(func(w http.ResponseWriter, r *http.Request) error {
		next.ServeHTTP(w, r)
		return nil
	})
}

// SetRoute notes the pattern that a request was routed by, for logs: patterns hold
// no ids and no secrets, paths may.
func SetRoute(r *http.Request, pattern string) {
	if c, ok := r.Context().Value(callKey{}).(*call); ok {
		c.route = pattern
	}
}

// route returns the pattern of the request, or its path before it is routed.
func route(r *http.Request) string {
	if c, ok := r.Context().Value(callKey{}).(*call); ok && c.route != "" {
		return c.route
	}
	return r.URL.Path
}

// AccessLog writes one line per request, at level Info: no query, no header, no
// body. It stands inside of Begin.
func AccessLog(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if !log.Enabled(ctx, slog.LevelInfo) {
			next.ServeHTTP(w, r)
			return
		}
		began := time.Now()
		noting := &noter{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			log.LogAttrs(ctx, slog.LevelInfo, "request", slog.String("request_id", RequestID(ctx)),
				slog.String("method", r.Method), slog.String("route", route(r)), slog.Int("status", noting.status),
				slog.Int64("bytes", noting.bytes), slog.Duration("took", time.Since(began)))
		}()
		next.ServeHTTP(noting, r)
	})
}

// A noter notes what was answered.
type noter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader implements http.ResponseWriter.
func (n *noter) WriteHeader(status int) {
	if status >= http.StatusOK { // not the informational ones
		n.status = status
	}
	n.ResponseWriter.WriteHeader(status)
}

// Write implements io.Writer.
func (n *noter) Write(p []byte) (int, error) {
	written, err := n.ResponseWriter.Write(p)
	n.bytes += int64(written)
	return written, err
}

// Unwrap is for http.ResponseController.
func (n *noter) Unwrap() http.ResponseWriter { return n.ResponseWriter }
