package tracing

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// A Tracer begins traces. A nil *Tracer begins none.
type Tracer struct {
	tracer  trace.Tracer
	parent  bool
	sampler Sampler
}

// A Sampler says whether a step is recorded that begins a trace, or goes on with the one that ctx is part of. ctx has
// that trace and maybe nothing else.
type Sampler func(ctx context.Context, id trace.TraceID, kind Kind, links []trace.Link) bool

// Options of a Tracer.
type Options struct {
	// Parent says that a trace of a trusted caller is continued, and that the caller decides whether it is
	// recorded. Otherwise the trace of a caller, whoever that is, is only named (a link).
	Parent bool
	// Sampler is asked before a span is made: most are not recorded, and what makes none costs little. The provider
	// has a Generator then, and a sampler that says the same. nil: the provider alone decides.
	Sampler Sampler
}

// New returns a Tracer whose spans a provider gets.
func New(provider trace.TracerProvider, o Options) *Tracer {
	return &Tracer{tracer: provider.Tracer(instrumentation), parent: o.Parent, sampler: o.Sampler}
}

// parentHeader carries the trace context (W3C Trace Context §3.2), as http.Header spells it. What vendors add
// in tracestate, and baggage, are neither read nor sent: anything may be in there.
const parentHeader = "Traceparent"

// Request begins the trace of a request. trusted says whether its header is one of our own proxies': a stranger
// must be able neither to have requests recorded, which costs, nor to put them into the trace of another. It is asked
// only where there is a header to trust.
func (t *Tracer) Request(ctx context.Context, header http.Header, trusted func() bool) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	if given := header[parentHeader]; len(given) == 1 {
		from := read(given[0])
		switch {
		case !from.IsValid():
		case t.parent && trusted():
			ctx = trace.ContextWithRemoteSpanContext(ctx, from)
		default:
			return t.begin(ctx, "HTTP", trace.SpanKindServer, trace.Link{SpanContext: from})
		}
	}
	return t.begin(ctx, "HTTP", trace.SpanKindServer)
}

// Job begins the trace of a job. cause is what Cause returned where it was queued, or "".
func (t *Tracer) Job(ctx context.Context, name, cause string) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	if from := read(cause); from.IsValid() {
		return t.begin(ctx, name, trace.SpanKindConsumer, trace.Link{SpanContext: from})
	}
	return t.begin(ctx, name, trace.SpanKindConsumer)
}

// begin makes nothing where nothing is recorded, and no span of the SDK: libraries would make theirs below it. Only a
// trace that somebody else knows is named, for logs.
func (t *Tracer) begin(ctx context.Context, name string, kind Kind, links ...trace.Link) (context.Context, Span) {
	above, from := trace.SpanContextFromContext(ctx), ctx
	if t.sampler != nil {
		if !above.IsValid() {
			from = context.Background() // nothing is looked for again
		}
		ids := newIDs(above.TraceID())
		if !t.sampler(from, ids.TraceID, kind, links) {
			return below(ctx, above, ids.SpanID), Span{}
		}
		from = context.WithValue(ctx, idsKey{}, ids)
	}
	in, span := t.tracer.Start(from, name, trace.WithSpanKind(kind), trace.WithLinks(links...))
	if !span.IsRecording() {
		return below(ctx, above, span.SpanContext().SpanID()), Span{}
	}
	return in, Span{span}
}

// below returns the context of a step that is not recorded.
func below(ctx context.Context, above trace.SpanContext, id trace.SpanID) context.Context {
	if !above.IsValid() {
		return ctx
	}
	return trace.ContextWithSpanContext(ctx, above.WithSpanID(id).WithTraceFlags(0).WithRemote(false))
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
