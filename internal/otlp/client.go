package otlp

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// How a batch is tried again.
const (
	firstPause = time.Second
	longest    = 8 * time.Second
	// maxAnswer is how much of an answer is read, in bytes.
	maxAnswer = 64 << 10
)

// A client posts spans to a collector (otlptrace.Client). It has a transport of its own and not that of egress: where
// the collector is, the operator says, and it is usually in the same network.
type client struct {
	endpoint  *url.URL
	headers   map[string]string
	transport *http.Transport
	timeout   time.Duration
	gzip      bool
	pause     time.Duration // before a batch is tried again for the first time
	meters    *meters
	log       *slog.Logger

	life    context.Context //nolint:containedctx // of the process: spans of many requests go together
	abandon context.CancelFunc
	late    atomic.Bool // the process ends: nothing is tried twice
	away    atomic.Bool // what was tried last failed, and that is logged
}

func newClient(o *Options, m *meters) *client {
	c := &client{
		endpoint: o.Endpoint, headers: o.Headers, timeout: o.Timeout, gzip: o.Gzip, pause: firstPause, meters: m, log: o.Log,
		transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: o.TLS, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute,
			TLSHandshakeTimeout: o.Timeout, MaxResponseHeaderBytes: 16 << 10, DisableCompression: true,
		},
	}
	c.life, c.abandon = context.WithCancel(context.Background())
	return c
}

// Start implements otlptrace.Client.
func (*client) Start(context.Context) error { return nil }

// Stop implements otlptrace.Client.
func (c *client) Stop(context.Context) error {
	c.transport.CloseIdleConnections()
	return nil
}

// hurry has what is tried again given up.
func (c *client) hurry() { c.late.Store(true) }

// UploadTraces implements otlptrace.Client. It counts and logs what becomes of the spans.
func (c *client) UploadTraces(ctx context.Context, of []*tracepb.ResourceSpans) error {
	spans := 0
	for _, r := range of {
		for _, s := range r.ScopeSpans {
			spans += len(s.Spans)
		}
	}
	// TracesData is on the wire what ExportTraceServiceRequest is, whose package links gRPC.
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: of})
	if err == nil && c.gzip {
		body, err = compressed(body)
	}
	var rejected int64
	if err == nil {
		rejected, err = c.insist(ctx, body)
	}
	if err != nil {
		c.meters.failed.Add(float64(spans))
		if !c.away.Swap(true) {
			c.log.WarnContext(ctx, "traces cannot be sent to the collector", "collector", c.endpoint.Host, "error", err.Error())
		}
		return err
	}
	if c.away.Swap(false) {
		c.log.InfoContext(ctx, "the collector takes traces again", "collector", c.endpoint.Host)
	}
	rejected = min(max(rejected, 0), int64(spans))
	c.meters.rejected.Add(float64(rejected))
	c.meters.exported.Add(float64(int64(spans) - rejected))
	return nil
}

// insist posts a batch until the collector takes it, refuses it for good, or ctx ends.
func (c *client) insist(ctx context.Context, body []byte) (rejected int64, err error) {
	for pause := c.pause; ; pause = min(2*pause, longest) {
		var wait time.Duration
		rejected, wait, err = c.post(ctx, body)
		if err == nil || wait < 0 || c.late.Load() {
			return rejected, err
		}
		timer := time.NewTimer(max(wait, pause/2+rand.N(pause/2))) //nolint:gosec // spread, not secret
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return 0, err
		case <-c.life.Done():
			timer.Stop()
			return 0, err
		}
	}
}

// forGood is how long to wait before what would fail again.
const forGood = -1

// post makes one attempt. With an error, wait is how long the collector wants to be left alone, or forGood.
func (c *client) post(ctx context.Context, body []byte) (rejected int64, wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	defer context.AfterFunc(c.life, cancel)() //nolint:contextcheck // it ends with the exporter too
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint.String(), bytes.NewReader(body))
	if err != nil {
		return 0, forGood, errors.New("the request cannot be made")
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.Header.Set("User-Agent", "Plinto")
	if c.gzip {
		r.Header.Set("Content-Encoding", "gzip")
	}
	for name, value := range c.headers {
		r.Header.Set(name, value)
	}
	// No redirect is followed: the headers hold credentials.
	res, err := c.transport.RoundTrip(r)
	if err != nil {
		return 0, 0, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	switch {
	case res.StatusCode >= 200 && res.StatusCode < 300:
		return rejectedIn(answer), 0, nil // what breaks off after the status takes nothing back
	case retryable(res.StatusCode):
		seconds, _ := strconv.ParseUint(res.Header.Get("Retry-After"), 10, 16)
		return 0, min(time.Duration(seconds)*time.Second, exportIn), status(res.StatusCode)
	case err != nil:
		return 0, 0, err
	}
	return 0, forGood, status(res.StatusCode)
}

func status(code int) error { return fmt.Errorf("the collector answers with status %d", code) }

// retryable are the answers after which OTLP/HTTP has a request repeated.
func retryable(code int) bool {
	switch code {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// Numbers of fields of ExportTraceServiceResponse.
const (
	partialSuccess = 1
	rejectedSpans  = 1
)

// rejectedIn is how many spans the collector says that it did not take. An answer that cannot be read says nothing.
func rejectedIn(answer []byte) int64 {
	partial, ok := field(answer, partialSuccess, protowire.BytesType)
	if !ok {
		return 0
	}
	message, n := protowire.ConsumeBytes(partial)
	if n < 0 {
		return 0
	}
	count, ok := field(message, rejectedSpans, protowire.VarintType)
	if !ok {
		return 0
	}
	value, n := protowire.ConsumeVarint(count)
	if n < 0 {
		return 0
	}
	return int64(value)
}

// field returns what follows the tag of a field of a message.
func field(message []byte, number protowire.Number, kind protowire.Type) ([]byte, bool) {
	for len(message) > 0 {
		num, typ, n := protowire.ConsumeTag(message)
		if n < 0 {
			return nil, false
		}
		message = message[n:]
		if num == number && typ == kind {
			return message, true
		}
		if n = protowire.ConsumeFieldValue(num, typ, message); n < 0 {
			return nil, false
		}
		message = message[n:]
	}
	return nil, false
}

func compressed(body []byte) ([]byte, error) {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	err := w.Close()
	return out.Bytes(), err
}
