// Package fakecollector is a collector of OpenTelemetry for tests: it reads batches of spans as collectors do, and
// answers as a test wants.
package fakecollector

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// A Collector serves POST /v1/traces.
type Collector struct {
	*httptest.Server
	answer func(n int, w http.ResponseWriter)

	mu       sync.Mutex
	spans    []*tracepb.Span
	service  map[string]string
	headers  []http.Header
	problems []error
}

// New starts a collector, which the caller closes. answer answers the n-th batch, of which the first is 1; nil: 200.
func New(answer func(n int, w http.ResponseWriter)) *Collector {
	c := &Collector{answer: answer, service: map[string]string{}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := c.take(r)
		if c.answer != nil {
			c.answer(n, w)
		}
	}))
	return c
}

// take keeps a batch and returns how many there were.
func (c *Collector) take(r *http.Request) int {
	batch, err := read(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.headers = append(c.headers, r.Header)
	if err != nil {
		c.problems = append(c.problems, err)
		return len(c.headers)
	}
	for _, of := range batch.ResourceSpans {
		for _, a := range of.Resource.Attributes {
			c.service[a.Key] = a.Value.GetStringValue()
		}
		for _, s := range of.ScopeSpans {
			c.spans = append(c.spans, s.Spans...)
		}
	}
	return len(c.headers)
}

func read(r *http.Request) (*tracepb.TracesData, error) {
	if r.Method != http.MethodPost || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
		return nil, fmt.Errorf("not a batch: %s %s (%s)", r.Method, r.URL.Path, r.Header.Get("Content-Type"))
	}
	var body io.Reader = r.Body
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "":
	case "gzip":
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = unzipped
	default:
		return nil, errors.New("unknown encoding " + encoding)
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	var batch tracepb.TracesData
	return &batch, proto.Unmarshal(raw, &batch)
}

// Spans are those that came so far.
func (c *Collector) Spans() []*tracepb.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.spans)
}

// Headers are those of each batch.
func (c *Collector) Headers() []http.Header {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.headers)
}

// Service is what the process that sent spans says of itself, by attribute.
func (c *Collector) Service(attribute string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.service[attribute]
}

// Err says what was wrong with batches.
func (c *Collector) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return errors.Join(c.problems...)
}
