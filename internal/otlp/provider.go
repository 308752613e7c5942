package otlp

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"

	"plinto/internal/tracing"
)

// Options say where spans go and which. Endpoint and Registry are required.
type Options struct {
	Endpoint *url.URL // that spans are posted to, with the path
	// Headers of every request to it, such as credentials.
	Headers map[string]string
	TLS     *tls.Config   // nil: the system's
	Timeout time.Duration // of one attempt; zero: 10 s
	Gzip    bool
	// Sampler decides which traces are recorded; nil: all.
	Sampler sdk.Sampler
	// Service, Version, Instance and Resource are what the process is called.
	Service, Version, Instance string
	Resource                   map[string]string
	// Parent is that of tracing.Options.
	Parent bool
	// Waiting is how many spans wait at most; zero: 2048. Every is how often they are sent at the latest; zero: 5 s.
	Waiting int
	Every   time.Duration
	// Registry gets plinto_trace_spans_total{outcome} and plinto_trace_spans_waiting.
	Registry prometheus.Registerer
	Log      *slog.Logger // nil: slog.Default()
}

// Defaults of Options, as OpenTelemetry has them.
const (
	defaultTimeout = 10 * time.Second
	defaultWaiting = 2048
	defaultEvery   = 5 * time.Second
	perBatch       = 512
	// exportIn is how long one batch is tried.
	exportIn = 30 * time.Second
	// ShutdownIn is how long Shutdown waits.
	ShutdownIn = 2 * time.Second
)

// A Provider makes spans and sends them.
type Provider struct {
	provider *sdk.TracerProvider
	begin    tracing.Options
	client   *client
	queue    *queue
}

// New returns a Provider, which sends from now on until Shutdown.
func New(o Options) (*Provider, error) {
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.Waiting == 0 {
		o.Waiting = defaultWaiting
	}
	if o.Every == 0 {
		o.Every = defaultEvery
	}
	if o.Sampler == nil {
		o.Sampler = sdk.AlwaysSample()
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	quiet()
	m := newMeters(o.Registry)
	c := newClient(&o, m)
	exporter, err := otlptrace.New(context.Background(), c)
	if err != nil {
		return nil, fmt.Errorf("make exporter of traces: %w", err)
	}
	q := &queue{most: int64(o.Waiting), meters: m}
	q.SpanProcessor = sdk.NewBatchSpanProcessor(taken{exporter, q},
		// The queue of the SDK has room for all that ours lets in, so that it drops nothing that is not counted.
		sdk.WithMaxQueueSize(o.Waiting+perBatch), sdk.WithMaxExportBatchSize(min(perBatch, o.Waiting)), sdk.WithBatchTimeout(o.Every), sdk.WithExportTimeout(exportIn))
	m.waiting(o.Registry, q)
	decides := withCauses{o.Sampler}
	return &Provider{
		provider: sdk.NewTracerProvider(
			sdk.WithSampler(decides), sdk.WithIDGenerator(tracing.Generator{}), sdk.WithSpanProcessor(q), sdk.WithResource(resource.NewSchemaless(serviceAttributes(&o)...)),
			// A panic is answered and logged where it is caught; what it says may be anything.
			sdk.WithoutPanicRecording()),
		begin: tracing.Options{Parent: o.Parent, Sampler: sampler(decides)}, client: c, queue: q,
	}, nil
}

// quiet has what the SDK complains of logged as everything else is; by itself it writes to standard error.
var quiet = sync.OnceFunc(func() {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { slog.Warn("a part of tracing failed", "error", err.Error()) }))
})

// Tracer begins traces that the provider sends. A nil Provider has none.
func (p *Provider) Tracer() *tracing.Tracer {
	if p == nil {
		return nil
	}
	return tracing.New(p.provider, p.begin)
}

// Shutdown sends what waits, as far as the collector takes it within ShutdownIn.
func (p *Provider) Shutdown(ctx context.Context) {
	if p == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, ShutdownIn)
	defer cancel()
	p.client.hurry()
	if err := p.provider.Shutdown(ctx); err != nil {
		p.client.log.WarnContext(ctx, "the last traces were not sent", "error", "the collector did not take them in time")
	}
	p.client.abandon()
}

// A queue hands spans to a processor that sends them, as long as few enough wait.
type queue struct {
	sdk.SpanProcessor
	most    int64
	waiting atomic.Int64
	meters  *meters
}

// OnEnd implements sdk.SpanProcessor. It never waits.
func (q *queue) OnEnd(s sdk.ReadOnlySpan) {
	if !s.SpanContext().IsSampled() {
		return
	}
	if q.waiting.Add(1) > q.most {
		q.waiting.Add(-1)
		q.meters.dropped.Inc()
		return
	}
	q.SpanProcessor.OnEnd(s)
}

// taken is an exporter that tells the queue how many spans wait no more.
type taken struct {
	sdk.SpanExporter
	from *queue
}

// ExportSpans implements sdk.SpanExporter. What became of the spans is counted and logged already.
func (t taken) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	_ = t.SpanExporter.ExportSpans(ctx, spans)
	t.from.waiting.Add(-int64(len(spans)))
	return nil
}

// meters count what became of spans.
type meters struct {
	exported, dropped, failed, rejected prometheus.Counter
}

func newMeters(r prometheus.Registerer) *meters {
	spans := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "plinto_trace_spans_total",
		Help: "Spans by what became of them: exported, dropped (too many waited), failed (the collector did not take them), rejected (it said so).",
	}, []string{"outcome"})
	r.MustRegister(spans)
	of := spans.WithLabelValues
	return &meters{of("exported"), of("dropped"), of("failed"), of("rejected")}
}

// waiting adds how many spans wait to be sent.
func (*meters) waiting(r prometheus.Registerer, q *queue) {
	r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "plinto_trace_spans_waiting", Help: "Spans that wait to be sent to the collector.",
	}, func() float64 { return float64(q.waiting.Load()) }))
}
