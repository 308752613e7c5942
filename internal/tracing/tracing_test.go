package tracing

import (
	"context"
	"net/http"
	"strings"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// A recorder is a tracer whose spans a test reads.
type recorder struct {
	*Tracer
	spans *tracetest.InMemoryExporter
}

func record(sampler sdk.Sampler, o Options) recorder {
	spans := tracetest.NewInMemoryExporter()
	return recorder{New(sdk.NewTracerProvider(sdk.WithSyncer(spans), sdk.WithSampler(sampler)), o), spans}
}

const (
	strangersTrace  = "0af7651916cd43dd8448eb211c80319c"
	strangersParent = "00-" + strangersTrace + "-b7ad6b7169203331-01"
)

// Where nothing is traced, a step costs a look-up and no memory.
func TestStart_takesNoMemoryWhereNothingIsTraced(t *testing.T) {
	ctx, header := context.WithValue(t.Context(), http.ServerContextKey, 1), http.Header{}
	var none *Tracer
	allocs := testing.AllocsPerRun(100, func() {
		in, request := none.Request(ctx, header, func() bool { return true })
		in, span := Start(in, "step", Client)
		if span.Recording() {
			t.Error("it is recorded")
		}
		span.Fail("failed")
		span.End()
		request.End()
		Tell(in, header)
		if id, _ := IDs(in); id != "" {
			t.Errorf("it has the id %s", id)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// A step of a request that the sampler left out is not made.
func TestStart_makesNoSpanBelowWhatIsNotRecorded(t *testing.T) {
	r := record(sdk.NeverSample(), Options{})
	ctx, _ := r.Request(t.Context(), nil, nil)
	if allocs := testing.AllocsPerRun(100, func() { _, span := Start(ctx, "step", Internal); span.End() }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
	header := http.Header{}
	Tell(ctx, header)
	if len(header) != 0 || Cause(ctx) != "" {
		t.Errorf("others are told %v", header)
	}
}

// What libraries begin below a request that is left out is made by nobody: fosite takes the provider of the span that
// it finds.
func TestRequest_leavesNothingForLibrariesToBegin(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]recorder{"by the provider": record(sdk.NeverSample(), Options{Parent: true}), "before it": record(sdk.AlwaysSample(), Options{Parent: true, Sampler: leavesOut})} {
		for who, header := range map[string]http.Header{"nobody": nil, "a proxy": {"Traceparent": {strangersParent}}} {
			ctx, request := r.Request(t.Context(), header, func() bool { return true })
			id, _ := IDs(ctx)
			if request.Recording() || id != map[string]string{"a proxy": strangersTrace}[who] {
				t.Errorf("%s, below %s: recorded %t, in %q", name, who, request.Recording(), id)
			}
			_, library := trace.SpanFromContext(ctx).TracerProvider().Tracer("library").Start(ctx, "step")
			if library.IsRecording() || library.SpanContext().IsSampled() {
				t.Errorf("%s, below %s: a library records", name, who)
			}
			library.End()
		}
		if got := r.spans.GetSpans(); len(got) != 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func leavesOut(context.Context, trace.TraceID, Kind, []trace.Link) bool { return false }

// Where nothing is recorded, a request costs no memory.
func TestRequest_takesNoMemoryWhereItIsLeftOut(t *testing.T) {
	r, ctx := record(sdk.AlwaysSample(), Options{Sampler: leavesOut}), context.WithValue(t.Context(), http.ServerContextKey, 1)
	allocs := testing.AllocsPerRun(100, func() {
		in, request := r.Request(ctx, nil, nil)
		request.End()
		if in != ctx {
			t.Error("there is something in the context")
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// A sampler that goes by the id of a trace, as that of a ratio does, is asked about the id that the trace then has.
func TestRequest_hasTheIdsThatTheSamplerWasAskedAbout(t *testing.T) {
	t.Parallel()
	var asked []trace.TraceID
	spans := tracetest.NewInMemoryExporter()
	tracer := New(sdk.NewTracerProvider(sdk.WithSyncer(spans), sdk.WithIDGenerator(Generator{})), Options{
		Parent: true,
		Sampler: func(_ context.Context, id trace.TraceID, _ Kind, _ []trace.Link) bool {
			asked = append(asked, id)
			return true
		},
	})
	ctx, first := tracer.Request(t.Context(), nil, nil)
	_, step := Start(ctx, "step", Internal)
	step.End()
	first.End()
	_, second := tracer.Request(t.Context(), nil, nil)
	second.End()
	_, third := tracer.Request(t.Context(), http.Header{"Traceparent": {strangersParent}}, func() bool { return true })
	third.End()
	got := spans.GetSpans()
	if len(got) != 4 || len(asked) != 3 {
		t.Fatalf("%d spans, asked %d times", len(got), len(asked))
	}
	for i, id := range []trace.TraceID{asked[0], asked[0], asked[1], asked[2]} {
		if got[i].SpanContext.TraceID() != id {
			t.Errorf("span %d is of %s, the sampler was asked about %s", i, got[i].SpanContext.TraceID(), id)
		}
	}
	if asked[0] == asked[1] || asked[2].String() != strangersTrace || got[0].SpanContext.SpanID() == got[1].SpanContext.SpanID() || got[0].Parent.SpanID() != got[1].SpanContext.SpanID() {
		t.Errorf("ids %v", asked)
	}
}

func TestStart_nestsSteps(t *testing.T) {
	t.Parallel()
	r := record(sdk.AlwaysSample(), Options{})
	ctx, request := r.Request(t.Context(), nil, nil)
	inner, step := Start(ctx, "step", Client)
	Current(inner).Set(String("a", "b"))
	step.Fail("timeout")
	step.End()
	request.Rename("GET /x")
	request.End()
	got := r.spans.GetSpans()
	if len(got) != 2 || got[0].Name != "step" || got[0].Parent.SpanID() != got[1].SpanContext.SpanID() || got[1].Name != "GET /x" ||
		len(got[0].Attributes) != 2 || got[0].Status.Description != "" || got[0].SpanKind != trace.SpanKindClient {
		t.Errorf("%+v", got)
	}
}

// LEAK-02: what a caller says about its trace neither has a request recorded nor puts it into that trace, unless
// the operator wants that and the caller is one of our proxies.
func TestRequest_takesTheWordOfNoStranger_LEAK_02(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		sampler  sdk.Sampler
		parent   bool
		trusted  bool
		header   []string
		recorded bool
		of       bool // the caller's trace
		linked   bool
	}{
		"a stranger":                         {sdk.AlwaysSample(), false, false, []string{strangersParent}, true, false, true},
		"a stranger, not sampled here":       {sdk.ParentBased(sdk.NeverSample()), false, false, []string{strangersParent}, false, false, false},
		"a stranger where proxies are heard": {sdk.ParentBased(sdk.NeverSample()), true, false, []string{strangersParent}, false, false, false},
		"a proxy that is not heard":          {sdk.ParentBased(sdk.NeverSample()), false, true, []string{strangersParent}, false, false, false},
		"a proxy that is heard":              {sdk.ParentBased(sdk.NeverSample()), true, true, []string{strangersParent}, true, true, false},
		"a proxy that does not record":       {sdk.ParentBased(sdk.AlwaysSample()), true, true, []string{strings.TrimSuffix(strangersParent, "01") + "00"}, false, true, false},
		"two headers":                        {sdk.AlwaysSample(), true, true, []string{strangersParent, strangersParent}, true, false, false},
		"not a header":                       {sdk.AlwaysSample(), true, true, []string{"00-zz"}, true, false, false},
	} {
		for _, before := range []Sampler{nil, asked(tt.sampler)} {
			r := record(tt.sampler, Options{Parent: tt.parent, Sampler: before})
			ctx, span := r.Request(t.Context(), http.Header{"Traceparent": tt.header, "Tracestate": {"vendor=secret"}, "Baggage": {"a=secret"}}, func() bool { return tt.trusted })
			id, _ := IDs(ctx)
			if span.Recording() != tt.recorded || (id == strangersTrace) != tt.of {
				t.Errorf("%s: recorded %t in %s", name, span.Recording(), id)
			}
			span.End()
			for _, s := range r.spans.GetSpans() {
				if (len(s.Links) == 1) != tt.linked || tt.linked && (s.Links[0].SpanContext.TraceID().String() != strangersTrace || s.Links[0].SpanContext.TraceState().Len() != 0) {
					t.Errorf("%s: links %v", name, s.Links)
				}
				if s.SpanContext.TraceState().Len() != 0 {
					t.Errorf("%s: state %v", name, s.SpanContext.TraceState())
				}
			}
			out := http.Header{}
			Tell(ctx, out)
			if len(out["Tracestate"]) != 0 || len(out["Baggage"]) != 0 {
				t.Errorf("%s: told on: %v", name, out)
			}
		}
	}
}

// asked is a Sampler that asks one of the SDK.
func asked(of sdk.Sampler) Sampler {
	return func(ctx context.Context, id trace.TraceID, kind Kind, links []trace.Link) bool {
		return of.ShouldSample(sdk.SamplingParameters{ParentContext: ctx, TraceID: id, Kind: kind, Links: links}).Decision == sdk.RecordAndSample
	}
}

// A job has a trace of its own, which names the request that queued it.
func TestJob_namesTheRequestThatQueuedIt(t *testing.T) {
	t.Parallel()
	r := record(sdk.AlwaysSample(), Options{})
	ctx, request := r.Request(t.Context(), nil, nil)
	cause := Cause(ctx)
	request.End()
	_, job := r.Job(t.Context(), "process x", cause)
	job.End()
	_, alone := r.Job(t.Context(), "process y", "")
	alone.End()
	got := r.spans.GetSpans()
	if len(got) != 3 || got[1].SpanContext.TraceID() == got[0].SpanContext.TraceID() || len(got[1].Links) != 1 || got[1].SpanKind != trace.SpanKindConsumer ||
		got[1].Links[0].SpanContext.SpanID() != got[0].SpanContext.SpanID() || !CausedByRecorded(got[1].SpanKind, []trace.Link{{SpanContext: got[1].Links[0].SpanContext}}) {
		t.Errorf("%+v", got)
	}
	if len(got[2].Links) != 0 || CausedByRecorded(got[2].SpanKind, nil) {
		t.Errorf("a job that nothing caused: %+v", got[2])
	}
}

func BenchmarkStart(b *testing.B) {
	for name, r := range map[string]*Tracer{"off": nil, "left out": record(sdk.AlwaysSample(), Options{Sampler: leavesOut}).Tracer, "recorded": New(sdk.NewTracerProvider(), Options{})} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			ctx, span := r.Request(b.Context(), nil, nil)
			defer span.End()
			for b.Loop() {
				_, step := Start(ctx, "step", Client)
				step.End()
			}
		})
	}
}

// BenchmarkRequest is a request that nobody records, with the two steps that fosite begins in a token request.
func BenchmarkRequest(b *testing.B) {
	for name, r := range map[string]*Tracer{"left out by the provider": record(sdk.NeverSample(), Options{}).Tracer, "left out": record(sdk.AlwaysSample(), Options{Sampler: leavesOut}).Tracer} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ctx, span := r.Request(b.Context(), nil, nil)
				for range 2 {
					_, step := trace.SpanFromContext(ctx).TracerProvider().Tracer("library").Start(ctx, "step")
					step.End()
				}
				span.End()
			}
		})
	}
}
