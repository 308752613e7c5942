package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"plinto/internal/logs"
)

// logError tells operators once. What clients do wrong is their business.
func logError(r *http.Request, status int, err error) {
	level := slog.LevelDebug
	var counted interface{ Counted() bool }
	known := errors.As(err, &counted) && counted.Counted()                              // there are many, and a metric counts them
	if status >= http.StatusInternalServerError && r.Context().Err() == nil && !known { // a client that left asked for nothing
		level = slog.LevelError
	}
	ctx := r.Context()
	if !slog.Default().Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", Method(r)), slog.String("route", route(r)), slog.Int("status", status), slog.String("error", err.Error()),
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

// Route returns the pattern that a request was routed by, or "" of none.
func Route(r *http.Request) string { return RouteOf(r.Context()) }

// RouteOf is Route of the request whose context ctx comes from.
func RouteOf(ctx context.Context) string {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c.route
	}
	return ""
}

// NoRoute is what logs and metrics call the route of a request that no pattern fits. Its path stays out of them:
// it is whatever somebody sent, such as half of a link with a token.
const NoRoute = "other"

// route returns the pattern of the request, or NoRoute.
func route(r *http.Request) string { return cmp.Or(Route(r), NoRoute) }

// longestMethod is more than any method has that somebody answers.
const longestMethod = 16

// Method returns the method of the request, to be kept: anybody may send one as long as all headers together.
func Method(r *http.Request) string { return r.Method[:min(len(r.Method), longestMethod)] }

// An Answer is what was answered to a request.
type Answer struct {
	Route  string // the pattern it was routed by; "" of none
	Tenant string // slug of the tenant whose request it was; "" of none
	Status int
	Bytes  int64
	Took   time.Duration
}

// Observe tells the observers of every request when it is answered. It stands inside of
// Begin.
func Observe(next http.Handler, observers ...func(*http.Request, Answer)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		noting := &noter{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			a := Answer{Status: noting.status, Bytes: noting.bytes, Took: time.Since(began)}
			if c, ok := r.Context().Value(callKey{}).(*call); ok {
				a.Route, a.Tenant = c.route, c.scope.Known(logs.Tenant)
			}
			for _, observe := range observers {
				observe(r, a)
			}
		}()
		next.ServeHTTP(noting, r)
	})
}

// AccessLog returns an observer that writes one line per request, at level Info: no
// path, no query, no header, no body. Which request it is and whose, the handler of log adds.
func AccessLog(log *slog.Logger) func(*http.Request, Answer) {
	return func(r *http.Request, a Answer) {
		ctx := r.Context()
		if !log.Enabled(ctx, slog.LevelInfo) {
			return
		}
		log.LogAttrs(ctx, slog.LevelInfo, "request",
			slog.String("method", Method(r)), slog.String("route", route(r)), slog.Int("status", a.Status),
			slog.Int64("bytes", a.Bytes), slog.Float64("duration_ms", float64(a.Took.Microseconds())/1000))
	}
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
