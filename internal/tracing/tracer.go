package tracing

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// A Tracer begins traces. A nil *Tracer begins none.
type Tracer struct {
	tracer trace.Tracer
	parent bool
}

// Options of a Tracer.
type Options struct {
	// Parent says that a trace of a trusted caller is continued, and that the caller decides whether it is
	// recorded. Otherwise the trace of a caller, whoever that is, is only named (a link).
	Parent bool
}

// New returns a Tracer whose spans a provider gets.
func New(provider trace.TracerProvider, o Options) *Tracer {
	return &Tracer{tracer: provider.Tracer(instrumentation), parent: o.Parent}
}

// parentHeader carries the trace context (W3C Trace Context §3.2), as http.Header spells it. What vendors add
// in tracestate, and baggage, are neither read nor sent: anything may be in there.
const parentHeader = "Traceparent"

// Request begins the trace of a request. trusted says that its header is one of our own proxies': a stranger
// must be able neither to have requests recorded, which costs, nor to put them into the trace of another.
func (t *Tracer) Request(ctx context.Context, header http.Header, trusted bool) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	if given := header[parentHeader]; len(given) == 1 {
		from := read(given[0])
		switch {
		case !from.IsValid():
		case t.parent && trusted:
			ctx = trace.ContextWithRemoteSpanContext(ctx, from)
		default:
			return t.begin(ctx, "HTTP", trace.WithSpanKind(trace.SpanKindServer), linked(from))
		}
	}
	return t.begin(ctx, "HTTP", trace.WithSpanKind(trace.SpanKindServer))
}

// Job begins the trace of a job. cause is what Cause returned where it was queued, or "".
func (t *Tracer) Job(ctx context.Context, name, cause string) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	if from := read(cause); from.IsValid() {
		return t.begin(ctx, name, trace.WithSpanKind(trace.SpanKindConsumer), linked(from))
	}
	return t.begin(ctx, name, trace.WithSpanKind(trace.SpanKindConsumer))
}

func (t *Tracer) begin(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, Span) {
	ctx, span := t.tracer.Start(ctx, name, options...)
	if !span.IsRecording() {
		return ctx, Span{} // its ids are in ctx, for logs
	}
	return ctx, Span{span}
}

func linked(to trace.SpanContext) trace.SpanStartOption {
	return trace.WithLinks(trace.Link{SpanContext: to})
}

// CausedByRecorded reports whether a span that is about to begin is of a job that a recorded request or job
// queued: it is recorded too, or the link to it would lead nowhere. For samplers.
func CausedByRecorded(kind Kind, links []trace.Link) bool {
	return kind == trace.SpanKindConsumer && len(links) == 1 && links[0].SpanContext.IsSampled()
}

// Cause returns what a job needs so that its trace names the request that queued it; "" where nothing is
// recorded.
func Cause(ctx context.Context) string {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return ""
	}
	var out one
	propagation.TraceContext{}.Inject(ctx, &out)
	return string(out)
}

// Tell adds the trace of ctx to the header of a request to another service, if it is recorded.
func Tell(ctx context.Context, header http.Header) {
	if said := Cause(ctx); said != "" {
		header[parentHeader] = []string{said}
	}
}

func read(parent string) trace.SpanContext {
	if parent == "" {
		return trace.SpanContext{}
	}
	in := one(parent)
	return trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), &in))
}

// A one carries the one header that we have to do with (propagation.TextMapCarrier).
type one string

// Get implements propagation.TextMapCarrier.
func (o *one) Get(key string) string {
	if http.CanonicalHeaderKey(key) == parentHeader {
		return string(*o)
	}
	return ""
}

// Set implements propagation.TextMapCarrier.
func (o *one) Set(key, value string) {
	if http.CanonicalHeaderKey(key) == parentHeader {
		*o = one(value)
	}
}

// Keys implements propagation.TextMapCarrier.
func (o *one) Keys() []string { return []string{parentHeader} }
