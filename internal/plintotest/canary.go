package plintotest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/common/expfmt"
	sdk "go.opentelemetry.io/otel/sdk/trace"

	"plinto/internal/logs"
	"plinto/internal/operations"
	"plinto/internal/tracing"
)

// logged is the log of the process. What servers of tests log goes there without the last line of defence
// (logs.Redact): nothing may need it.
var logged book

// listen has everything logged that any server of the process logs, and requests too. What matters to whoever
// reads the output of a test goes to standard error besides.
var listen = sync.OnceFunc(func() {
	all := slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})
	slog.SetDefault(slog.New(logs.InContext(slog.NewMultiHandler(all, slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))))
	accessLog = slog.New(logs.InContext(all))
})

// A canary sees what leaves a server for people other than the one that it serves: log lines, spans, metrics. It
// knows the secrets that go in and out, and finds them there. Every server of tests has one.
type canary struct {
	log        *book
	from       int // of the leaks of log
	spans      book
	traces     *tracing.Tracer // nil in benchmarks, which are not watched
	operations *operations.Operations

	mu      sync.Mutex
	planted map[string]string // by a piece that nothing else has: what it is of
	public  map[string]bool   // what is no secret, wherever a test sends it
}

func newCanary(log *book) *canary {
	return &canary{log: log, from: len(log.known(0)), operations: operations.New(), planted: map[string]string{}, public: map[string]bool{}}
}

// watch has a server watched until its test ends, whose spans go to an exporter too, if there is one. It comes first: at the end
// everything else is over.
func watch(t testing.TB, besides sdk.SpanExporter) *canary {
	t.Helper()
	c := newCanary(&logged)
	if _, measured := t.(*testing.B); measured {
		return c
	}
	listen()
	c.traces = c.tracer(besides)
	t.Cleanup(func() {
		for _, leak := range c.found() {
			t.Error(leak)
		}
	})
	return c
}

// tracer records every request and job of the server. Its spans go to another exporter too, if there is one.
func (c *canary) tracer(besides sdk.SpanExporter) *tracing.Tracer {
	options := []sdk.TracerProviderOption{sdk.WithSyncer(spanLines{&c.spans}), sdk.WithoutPanicRecording()}
	if besides != nil {
		options = append(options, sdk.WithSyncer(besides))
	}
	return tracing.New(sdk.NewTracerProvider(options...), tracing.Options{})
}

// spanLines is an exporter that writes all that a span says on a line.
type spanLines struct{ to io.Writer }

// ExportSpans implements sdk.SpanExporter.
func (e spanLines) ExportSpans(_ context.Context, spans []sdk.ReadOnlySpan) error {
	for _, s := range spans {
		var line strings.Builder
		fmt.Fprintf(&line, "span %q %v status %q", s.Name(), s.SpanKind(), s.Status().Description)
		for _, a := range s.Attributes() {
			fmt.Fprintf(&line, " %s=%s", a.Key, a.Value.String())
		}
		for _, e := range s.Events() {
			fmt.Fprintf(&line, " event %q %v", e.Name, e.Attributes)
		}
		for _, l := range s.Links() {
			fmt.Fprintf(&line, " link %s %s %v", l.SpanContext.TraceID(), l.SpanContext.TraceState(), l.Attributes)
		}
		if _, err := fmt.Fprintf(e.to, "%s %s\n", line.String(), s.Resource()); err != nil {
			return err
		}
	}
	return nil
}

// Shutdown implements sdk.SpanExporter.
func (spanLines) Shutdown(context.Context) error { return nil }

// found are the secrets that were found, with the line that holds each.
func (c *canary) found() (found []string) {
	for what, in := range map[string]*book{"the log": c.log, "a trace": &c.spans} {
		from := 0
		if in == c.log {
			from = c.from
		}
		for _, leak := range in.known(from) {
			found = append(found, what+" holds "+leak)
		}
		found = append(found, c.heldBy(what, in)...)
	}
	for line := range strings.SplitSeq(c.metricsText(), "\n") {
		if leak := secretPattern.FindString(line); leak != "" {
			found = append(found, fmt.Sprintf("a metric holds %q: %s", leak, line))
		}
	}
	return found
}

// heldBy are the pieces of what was planted that a book holds.
func (c *canary) heldBy(what string, in *book) (found []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for piece, of := range c.planted {
		if c.public[piece] {
			continue
		}
		if line := in.holds(piece); line != "" {
			found = append(found, fmt.Sprintf("%s holds %q, of %s: %s", what, piece, of, line))
		}
	}
	return found
}

// metricsText is what /metrics answers, without the values.
func (c *canary) metricsText() string {
	families, err := c.operations.Registry.Gather()
	if err != nil {
		return ""
	}
	var text bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&text, f); err != nil {
			return text.String()
		}
	}
	return text.String()
}

// id matches what names things and opens nothing: public ids, and UUIDs. Signed cookies have some in them.
var id = regexp.MustCompile(`^(?:[a-z]+_[0-7][0-9a-hjkmnp-tv-z]{25}|(?:[a-z]+-)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$`)

// plant has a secret looked for.
func (c *canary) plant(what, secret string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, spelling := range []string{secret, strings.ReplaceAll(secret, " ", "")} { // a code in groups
		pieces(spelling, func(piece string) {
			if !id.MatchString(piece) {
				c.planted[piece] = what
			}
		})
	}
}

// publish has something not taken for a secret: tests send ids in the place of secrets too.
func (c *canary) publish(id string) {
	if c == nil {
		return // a server of the test's own making
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.public[id] = true
}

// sent are the parameters of forms and queries whose values are secret, and handedOut the members of answers.
var (
	sent = names(`password new_password current code token client_secret client_assertion code_verifier refresh_token access_token id_token id_token_hint
		subject_token actor_token assertion secret request request_uri SAMLResponse SAMLRequest RelayState state nonce csrf otp recovery_code device_code`)
	handedOut = names(`access_token refresh_token id_token client_secret registration_access_token secret token device_code`)
)

func names(list string) map[string]bool {
	all := map[string]bool{}
	for name := range strings.FieldsSeq(list) {
		all[name] = true
	}
	return all
}

// handler plants what goes in and out of a server.
func (c *canary) handler(next http.Handler) http.Handler {
	if c.traces == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in, out bytes.Buffer
		if r.Body != http.NoBody && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
			r.Body = &overheard{r.Body, &in}
		}
		c.plantRequest(r)
		answer := &overhearing{ResponseWriter: w, to: &out}
		defer func() {
			if form, err := url.ParseQuery(in.String()); err == nil {
				c.plantValues(form)
			}
			c.plantAnswer(w.Header(), out.Bytes())
		}()
		next.ServeHTTP(answer, r)
	})
}

func (c *canary) plantRequest(r *http.Request) {
	for _, cookie := range r.Cookies() {
		c.plant("the cookie "+cookie.Name, cookie.Value)
	}
	for _, header := range r.Header["Authorization"] {
		_, credentials, _ := strings.Cut(header, " ")
		c.plant("the header Authorization", credentials)
		if clear, err := base64.StdEncoding.DecodeString(credentials); err == nil {
			if _, password, ok := strings.Cut(string(clear), ":"); ok {
				c.plant("the header Authorization", password)
			}
		}
	}
	c.plantValues(r.URL.Query())
}

func (c *canary) plantValues(of url.Values) {
	for name, values := range of {
		for _, value := range values {
			if sent[name] {
				c.plant(name, value)
			}
		}
	}
}

func (c *canary) plantAnswer(header http.Header, body []byte) {
	for _, cookie := range (&http.Response{Header: header}).Cookies() {
		c.plant("the cookie "+cookie.Name, cookie.Value)
	}
	if u, err := url.Parse(header.Get("Location")); err == nil {
		c.plantValues(u.Query())
	}
	var members map[string]any
	if strings.HasPrefix(header.Get("Content-Type"), "application/json") && json.Unmarshal(body, &members) == nil {
		for name, value := range members {
			if text, ok := value.(string); ok && handedOut[name] {
				c.plant(name, text)
			}
		}
	}
}

// mostOverheard bounds what is kept of a body.
const mostOverheard = 64 << 10

type overheard struct {
	io.ReadCloser
	to *bytes.Buffer
}

// Read implements io.Reader.
func (o *overheard) Read(p []byte) (int, error) {
	n, err := o.ReadCloser.Read(p)
	if o.to.Len() < mostOverheard {
		o.to.Write(p[:n])
	}
	return n, err
}

type overhearing struct {
	http.ResponseWriter
	to *bytes.Buffer
}

// Write implements io.Writer.
func (o *overhearing) Write(p []byte) (int, error) {
	if o.to.Len() < mostOverheard {
		o.to.Write(p)
	}
	return o.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (o *overhearing) Unwrap() http.ResponseWriter { return o.ResponseWriter }
