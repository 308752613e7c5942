package logs

import (
	"context"
	"log/slog"

	"plinto/internal/tracing"
)

// Names of the ids of a trace in a line, as OpenTelemetry wants them in logs that are not its own.
const (
	TraceID = "trace_id"
	SpanID  = "span_id"
)

// InContext returns a handler that adds to each line what the Scope and the trace of its context are. What the
// line says itself counts more.
func InContext(h slog.Handler) slog.Handler { return inContext{h} }

type inContext struct{ slog.Handler }

// Handle implements slog.Handler.
func (h inContext) Handle(ctx context.Context, r slog.Record) error {
	scope := Of(ctx)
	traceID, spanID := tracing.IDs(ctx)
	if scope == nil && traceID == "" {
		return h.Handler.Handle(ctx, r)
	}
	own := r
	r = r.Clone() // others may hold the record
	add := func(name, text string) {
		if text != "" && !says(&own, name) {
			r.AddAttrs(slog.String(name, text))
		}
	}
	if scope != nil {
		for f, name := range names {
			add(name, scope.Known(Field(f)))
		}
	}
	add(TraceID, traceID)
	add(SpanID, spanID)
	return h.Handler.Handle(ctx, r)
}

// says reports whether a line has a field.
func says(r *slog.Record, name string) (found bool) {
	r.Attrs(func(a slog.Attr) bool { found = a.Key == name; return !found })
	return found
}

// WithAttrs implements slog.Handler.
func (h inContext) WithAttrs(attrs []slog.Attr) slog.Handler {
	return inContext{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h inContext) WithGroup(name string) slog.Handler { return inContext{h.Handler.WithGroup(name)} }
