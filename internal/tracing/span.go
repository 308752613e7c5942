package tracing

import (
	"context"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// instrumentation is the name of the scope that all spans are of.
const instrumentation = "plinto"

// An Attr is a name and a value that a span has.
type Attr = attribute.KeyValue

// String is an attribute. value is constant, or an id.
func String(name, value string) Attr { return attribute.String(name, value) }

// Int is an attribute.
func Int(name string, value int) Attr { return attribute.Int(name, value) }

// A Kind says on which side of an exchange a span is.
type Kind = trace.SpanKind

// The kinds.
const (
	Internal Kind = trace.SpanKindInternal
	Client   Kind = trace.SpanKindClient // of a service, a database or a receiver
)

// A Span is a step. The zero Span, of what is not recorded, may be used like any other.
type Span struct{ of trace.Span }

// Start begins a step of what ctx is part of, which ends with Span.End. Where nothing is recorded it
// returns ctx and the zero Span, and allocates nothing.
func Start(ctx context.Context, name string, kind Kind) (context.Context, Span) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, Span{}
	}
	ctx, span := tracerOf(parent).Start(ctx, name, trace.WithSpanKind(kind))
	return ctx, Span{span}
}

// Past records a step of what ctx is part of that is over already.
func Past(ctx context.Context, name string, kind Kind, began time.Time) {
	if parent := trace.SpanFromContext(ctx); parent.IsRecording() {
		_, span := tracerOf(parent).Start(ctx, name, trace.WithSpanKind(kind), trace.WithTimestamp(began))
		span.End()
	}
}

// Current returns the step that ctx is part of.
func Current(ctx context.Context) Span {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		return Span{span}
	}
	return Span{}
}

// last is the provider that made the last span, with its tracer: a process has one, and looking it up takes
// longer than making a span.
var last atomic.Pointer[provided]

type provided struct {
	by     trace.TracerProvider
	tracer trace.Tracer
}

func tracerOf(parent trace.Span) trace.Tracer {
	by := parent.TracerProvider()
	if known := last.Load(); known != nil && known.by == by {
		return known.tracer
	}
	found := &provided{by, by.Tracer(instrumentation)}
	last.Store(found)
	return found.tracer
}

// Recording reports whether somebody will see the span: what is costly to say is said only then.
func (s Span) Recording() bool { return s.of != nil }

// Set adds attributes. Callers ask Recording first: the list itself is an allocation.
func (s Span) Set(attrs ...Attr) {
	if s.of != nil {
		s.of.SetAttributes(attrs...)
	}
}

// Rename gives the span another name: of requests and jobs it is known only later.
func (s Span) Rename(name string) {
	if s.of != nil {
		s.of.SetName(name)
	}
}

// Fail notes that the step failed. class is one of few constant texts, such as a status or the code
// of an error, never its text.
func (s Span) Fail(class string) {
	if s.of != nil {
		s.of.SetAttributes(attribute.String("error.type", class))
		s.of.SetStatus(codes.Error, "")
	}
}

// End ends the step.
func (s Span) End() {
	if s.of != nil {
		s.of.End()
	}
}

// IDs returns the ids of the trace and the span that ctx is part of, in hex, where they are recorded or a trusted caller
// began the trace. "" where there are none.
func IDs(ctx context.Context) (traceID, spanID string) {
	if of := trace.SpanContextFromContext(ctx); of.IsValid() {
		return of.TraceID().String(), of.SpanID().String()
	}
	return "", ""
}
