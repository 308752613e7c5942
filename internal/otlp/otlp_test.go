package otlp

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"

	"plinto/internal/fakecollector"
	"plinto/internal/tracing"
)

func newCollector(t *testing.T, answer func(n int, w http.ResponseWriter)) *fakecollector.Collector {
	t.Helper()
	c := fakecollector.New(answer)
	t.Cleanup(func() {
		c.Close()
		if err := c.Err(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// A sent is a provider with what it says of itself.
type sent struct {
	*Provider
	registry *prometheus.Registry
	log      *bytes.Buffer
}

func provide(t *testing.T, address string, change ...func(*Options)) sent {
	t.Helper()
	u, err := url.Parse(address + "/v1/traces")
	if err != nil {
		t.Fatal(err)
	}
	s := sent{registry: prometheus.NewRegistry(), log: &bytes.Buffer{}}
	o := Options{Endpoint: u, Registry: s.registry, Log: slog.New(slog.NewTextHandler(s.log, nil)), Headers: map[string]string{"authorization": "Bearer the-secret-of-the-collector"}}
	for _, f := range change {
		f(&o)
	}
	if s.Provider, err = New(o); err != nil {
		t.Fatal(err)
	}
	s.client.pause = time.Millisecond
	t.Cleanup(func() { s.Shutdown(context.Background()) })
	return s
}

// make makes n traces of one span.
func (s *sent) make(n int) {
	for range n {
		_, span := s.Tracer().Request(context.Background(), nil, nil)
		span.Rename("GET /x")
		span.Set(tracing.String("http.route", "/x"))
		span.End()
	}
}

func (s *sent) outcome(t *testing.T, name string) int {
	t.Helper()
	families, err := s.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.Metric {
			if f.GetName() == "plinto_trace_spans_total" && m.Label[0].GetValue() == name {
				return int(m.Counter.GetValue())
			}
		}
	}
	return -1
}

func TestProvider_sendsSpansAsCollectorsReadThem(t *testing.T) {
	t.Parallel()
	for _, zipped := range []bool{false, true} {
		c := newCollector(t, nil)
		s := provide(t, c.URL, func(o *Options) {
			o.Gzip, o.Service, o.Version, o.Resource = zipped, "sso", "v1", map[string]string{"deployment.environment.name": "test", "service.name": "other"}
		})
		s.make(3)
		s.Shutdown(t.Context())
		if got := c.Spans(); len(got) != 3 || got[0].Name != "GET /x" || got[0].Kind != tracepb.Span_SPAN_KIND_SERVER || got[0].Attributes[0].Value.GetStringValue() != "/x" {
			t.Fatalf("got %v", got)
		}
		if c.Service("service.name") != "sso" || c.Service("service.version") != "v1" || c.Service("deployment.environment.name") != "test" {
			t.Errorf("of %s", c.Service("service.name"))
		}
		if got := c.Headers()[0].Get("Authorization"); got != "Bearer the-secret-of-the-collector" {
			t.Errorf("authorization %q", got)
		}
		if n := s.outcome(t, "exported"); n != 3 || s.log.Len() != 0 {
			t.Errorf("%d are counted; logged %s", n, s.log)
		}
	}
}

// LEAK-05: a collector that does not answer holds nobody up: what does not fit is dropped and counted, and the
// process ends in time.
func TestProvider_waitsForNoCollector_LEAK_05(t *testing.T) {
	t.Parallel()
	asked, end := make(chan struct{}, 1), make(chan struct{})
	c := newCollector(t, func(int, http.ResponseWriter) {
		select {
		case asked <- struct{}{}:
		default:
		}
		<-end
	})
	defer close(end)
	s := provide(t, c.URL, func(o *Options) { o.Waiting, o.Every = 8, time.Millisecond })
	s.make(8)
	<-asked
	s.make(100)
	if n := s.outcome(t, "dropped"); n < 92 {
		t.Errorf("%d are dropped, want all that do not fit", n)
	}
	if got := testutil.CollectAndCount(s.registry, "plinto_trace_spans_waiting"); got != 1 {
		t.Errorf("%d gauges", got)
	}
	if n := s.queue.waiting.Load(); n > 8 {
		t.Errorf("%d wait", n)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	s.Shutdown(ctx) // returns: the test would hang otherwise
	s.make(1)
}

func TestProvider_goesOnWithoutACollector(t *testing.T) {
	t.Parallel()
	c := newCollector(t, nil)
	c.Close()
	s := provide(t, c.URL)
	s.make(5)
	s.Shutdown(t.Context())
	if n := s.outcome(t, "failed"); n != 5 {
		t.Errorf("%d are counted as failed", n)
	}
	if said := s.log.String(); strings.Count(said, "traces cannot be sent") != 1 || strings.Contains(said, "the-secret") {
		t.Errorf("logged %s", said)
	}
}

// A collector is believed as far as counting goes.
func TestProvider_readsAnswersWithCare(t *testing.T) {
	t.Parallel()
	rejects := func(n uint64) []byte {
		inner := protowire.AppendVarint(protowire.AppendTag(nil, rejectedSpans, protowire.VarintType), n)
		inner = protowire.AppendString(protowire.AppendTag(inner, 2, protowire.BytesType), "the-secret-of-the-collector")
		return protowire.AppendBytes(protowire.AppendTag(nil, partialSuccess, protowire.BytesType), inner)
	}
	answer := func(status int, body []byte) func(int, http.ResponseWriter) {
		return func(_ int, w http.ResponseWriter) { w.WriteHeader(status); _, _ = w.Write(body) }
	}
	for name, tt := range map[string]struct {
		answer                     func(int, http.ResponseWriter)
		exported, rejected, failed int
		asked                      int
	}{
		"takes all":           {answer(200, nil), 4, 0, 0, 1},
		"rejects some":        {answer(200, rejects(3)), 1, 3, 0, 1},
		"rejects too many":    {answer(200, rejects(99)), 0, 4, 0, 1},
		"rejects below zero":  {answer(200, rejects(1<<63)), 4, 0, 0, 1},
		"answers rubbish":     {answer(200, []byte("\xff\xff<html>")), 4, 0, 0, 1},
		"answers at length":   {answer(200, bytes.Repeat([]byte("x"), 1<<20)), 4, 0, 0, 1},
		"refuses for good":    {answer(400, []byte("the-secret-of-the-collector")), 0, 0, 4, 1},
		"refuses the key":     {answer(401, nil), 0, 0, 4, 1},
		"is busy for a while": {func(n int, w http.ResponseWriter) { w.WriteHeader(map[bool]int{true: 503, false: 200}[n < 3]) }, 4, 0, 0, 3},
	} {
		c := newCollector(t, tt.answer)
		s := provide(t, c.URL)
		s.make(4)
		if err := s.provider.ForceFlush(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for outcome, want := range map[string]int{"exported": tt.exported, "rejected": tt.rejected, "failed": tt.failed, "dropped": 0} {
			if got := s.outcome(t, outcome); got != want {
				t.Errorf("%s: %d are %s, want %d", name, got, outcome, want)
			}
		}
		if len(c.Headers()) != tt.asked || strings.Contains(s.log.String(), "the-secret") {
			t.Errorf("%s: asked %d times, logged %s", name, len(c.Headers()), s.log)
		}
	}
}

// LEAK-06: whoever the collector names gets neither the spans nor the credentials.
func TestProvider_followsNoRedirect_LEAK_06(t *testing.T) {
	t.Parallel()
	elsewhere := newCollector(t, nil)
	c := newCollector(t, func(_ int, w http.ResponseWriter) {
		w.Header().Set("Location", elsewhere.URL+"/v1/traces")
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	s := provide(t, c.URL)
	s.make(1)
	s.Shutdown(t.Context())
	if len(elsewhere.Headers()) != 0 || s.outcome(t, "failed") != 1 {
		t.Errorf("it was followed %d times", len(elsewhere.Headers()))
	}
}

func TestProvider_logsThatACollectorIsAwayAndBack(t *testing.T) {
	t.Parallel()
	c := newCollector(t, func(n int, w http.ResponseWriter) {
		if n < 3 {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	s := provide(t, c.URL)
	for range 4 {
		s.make(1)
		if err := s.provider.ForceFlush(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if said := s.log.String(); strings.Count(said, "cannot be sent") != 1 || strings.Count(said, "takes traces again") != 1 {
		t.Errorf("logged %s", said)
	}
}

// The job that a recorded request queued is recorded too, others as the sampler says.
func TestSampler_takesJobsOfRecordedRequests(t *testing.T) {
	t.Parallel()
	c := newCollector(t, nil)
	s := provide(t, c.URL, func(o *Options) { o.Sampler = sdk.ParentBased(sdk.NeverSample()) })
	for cause, want := range map[string]bool{
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01": true, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00": false, "": false,
	} {
		if _, span := s.Tracer().Job(t.Context(), "process x", cause); span.Recording() != want {
			t.Errorf("%q: recorded %t", cause, span.Recording())
		}
	}
	_, span := s.Tracer().Request(t.Context(), http.Header{"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}, func() bool { return true })
	if span.Recording() {
		t.Error("a request is recorded because its caller says so")
	}
}

// The Tracer and the SDK decide by the same id: if each had an id of its own, a quarter would be recorded here.
func TestSampler_recordsTheShareThatItSays(t *testing.T) {
	t.Parallel()
	s := provide(t, newCollector(t, nil).URL, func(o *Options) { o.Sampler = sdk.ParentBased(sdk.TraceIDRatioBased(0.5)) })
	recorded := 0
	for range 1000 {
		_, span := s.Tracer().Request(t.Context(), nil, nil)
		if span.Recording() {
			recorded++
		}
		span.End()
	}
	if recorded < 400 || recorded > 600 { // more than six standard deviations from 500
		t.Errorf("%d of 1000 requests are recorded, want half", recorded)
	}
}

func TestParse_readsWhatOperatorsWrite(t *testing.T) {
	t.Parallel()
	pairs, err := ParsePairs(" authorization=Bearer%20a%2Cb , x=y=z,")
	if err != nil || fmt.Sprint(pairs) != "map[authorization:Bearer a,b x:y=z]" {
		t.Errorf("%v, %v", pairs, err)
	}
	for _, wrong := range []string{"hunter2", "=hunter2", "a=%zzhunter2"} {
		if _, err := ParsePairs(wrong); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	for _, wrong := range []string{"collector:4317", "grpc://collector", "http://user:hunter2@collector", "http://", "https://a/#b"} {
		if _, err := ParseEndpoint(wrong); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	for sampler, good := range map[[2]string]bool{
		{"", ""}: true, {"always_on", ""}: true, {"always_off", "x"}: true, {"traceidratio", "0.5"}: true, {"parentbased_traceidratio", ""}: true,
		{"parentbased_traceidratio", "0.01"}: true, {"parentbased_always_off", ""}: true, {"parentbased_always_on", ""}: true,
		{"traceidratio", "2"}: false, {"traceidratio", "NaN"}: false, {"traceidratio", "half"}: false, {"jaeger_remote", ""}: false,
	} {
		if _, err := ParseSampler(sampler[0], sampler[1]); (err == nil) != good {
			t.Errorf("%v: %v", sampler, err)
		}
	}
}

func BenchmarkSpans(b *testing.B) {
	c := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer c.Close()
	u, _ := url.Parse(c.URL)
	p, err := New(Options{Endpoint: u, Registry: prometheus.NewRegistry()})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Shutdown(b.Context())
	b.ReportAllocs()
	for b.Loop() {
		ctx, request := p.Tracer().Request(b.Context(), nil, nil)
		for range 5 {
			_, step := tracing.Start(ctx, "step", tracing.Client)
			step.End()
		}
		request.End()
	}
}
