package main

import (
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"plinto/internal/fakecollector"
)

// A process that is told of a collector sends it what its requests did, the last of them when it ends; its log lines
// name the trace.
func TestServe_sendsTracesToACollector(t *testing.T) {
	t.Parallel()
	c := fakecollector.New(nil)
	defer c.Close()
	const key = "the-key-of-the-collector"
	s := startServe(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+c.URL+"/", "OTEL_EXPORTER_OTLP_HEADERS=api-key="+key, "OTEL_SERVICE_NAME=sign-in", "PLINTO_DRAIN_DELAY=0s", "PLINTO_LOG_LEVEL=debug")
	if got, err := status(visit(t, s.address), s.token()); got != http.StatusOK {
		t.Fatalf("token: %d, %v", got, err)
	}
	s.signal(syscall.SIGTERM)
	if code := s.exit(waitLimit); code != exitOK {
		t.Fatalf("it ended with %d: %s", code, s.text())
	}
	var found *tracepb.Span
	names := map[string]bool{}
	for _, span := range c.Spans() {
		names[span.Name] = true
		if span.Name == "POST /oauth2/token" {
			found = span
		}
	}
	if found == nil || c.Service("service.name") != "sign-in" || c.Headers()[0].Get("Api-Key") != key || c.Err() != nil {
		t.Fatalf("%v came of %s, %v", names, c.Service("service.name"), c.Err())
	}
	said := s.text()
	if strings.Contains(said, key) || strings.Contains(said, s.secret) || !strings.Contains(said, `"trace_id":"`) || !strings.Contains(said, `"route":"/oauth2/token"`) {
		t.Errorf("it logged %s", said)
	}
}

// A collector that is away costs requests nothing, and does not hold up the end.
func TestServe_goesOnWithoutItsCollector(t *testing.T) {
	t.Parallel()
	s := startServe(t, "OTEL_TRACES_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_ENDPOINT=http://"+closedPort(t), "PLINTO_DRAIN_DELAY=0s")
	if got, err := status(visit(t, s.address), s.token()); got != http.StatusOK {
		t.Fatalf("token: %d, %v", got, err)
	}
	s.signal(syscall.SIGTERM)
	if code := s.exit(20 * time.Second); code != exitOK {
		t.Errorf("it ended with %d: %s", code, s.text())
	}
}

func TestConfig_tracesWhenACollectorIsNamed(t *testing.T) {
	t.Parallel()
	for environ, want := range map[string]string{
		"":                                 "",
		"OTEL_SERVICE_NAME=x":              "",
		"OTEL_EXPORTER_OTLP_PROTOCOL=grpc": "", // of other programs

		"OTEL_TRACES_EXPORTER=none OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318": "",
		"OTEL_SDK_DISABLED=true OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318":    "",

		"OTEL_TRACES_EXPORTER=otlp":                                                           "http://localhost:4318/v1/traces",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318":                                           "http://c:4318/v1/traces",
		"OTEL_EXPORTER_OTLP_ENDPOINT=https://c/otlp/":                                         "https://c/otlp/v1/traces",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://c/x OTEL_EXPORTER_OTLP_ENDPOINT=http://d": "https://c/x",
	} {
		cfg, err := LoadConfig(strings.Fields(environ), t.TempDir())
		if err != nil {
			t.Errorf("%s: %v", environ, err)
			continue
		}
		got := ""
		if cfg.traced() {
			u, err := cfg.endpoint()
			if err != nil {
				t.Fatal(err)
			}
			got = u.String()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", environ, got, want)
		}
	}
	for _, wrong := range []string{
		"OTEL_TRACES_EXPORTER=zipkin", "OTEL_EXPORTER_OTLP_ENDPOINT=http://u:hunter2@c", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "OTEL_EXPORTER_OTLP_HEADERS=hunter2",
		"OTEL_TRACES_SAMPLER=jaeger_remote", "OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=2", "OTEL_EXPORTER_OTLP_COMPRESSION=zstd", "OTEL_RESOURCE_ATTRIBUTES=x",
		"OTEL_EXPORTER_OTLP_TIMEOUT=-1", "OTEL_EXPORTER_OTLP_CERTIFICATE=/nowhere/ca.pem", "PLINTO_TRACE_CONTEXT=always",
	} {
		_, err := LoadConfig(append([]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c/x"}, strings.Fields(wrong)...), t.TempDir())
		if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Count(err.Error(), "\n") != 0 {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

// authorityPEM is a certificate as files hold it.
func authorityPEM(t *testing.T) string {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
}

// LEAK-04: the log of a process has the last line of defence.
func TestLogger_takesSecretsOutOfLines_LEAK_04(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"json", "text"} {
		var out strings.Builder
		newLogger(&out, &Config{LogFormat: format}).Warn("job failed", "error", errors.New("550 <alice@example.com> is not known here"))
		if said := out.String(); strings.Contains(said, "alice") || !strings.Contains(said, "550") {
			t.Errorf("%s: %s", format, said)
		}
	}
}
