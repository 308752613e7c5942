package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/internal/operations"
	"plinto/internal/otlp"
	"plinto/internal/textfile"
)

// Values of variables about traces.
const (
	exporterOTLP    = "otlp"
	exporterNone    = "none"
	protocolHTTP    = "http/protobuf" // the one that there is
	contextLink     = "link"
	contextParent   = "parent"
	collectorOnHost = "http://localhost:4318" // the default of OpenTelemetry
)

// traced reports whether requests are traced: an exporter or a collector is named, and nothing says no.
func (c *Config) traced() bool {
	if c.TracesDisabled || c.TracesExporter == exporterNone {
		return false
	}
	return c.TracesExporter != "" || c.Collector != "" || c.TracesCollector != ""
}

// checkTraces returns what is wrong with the settings of traces. Those of other programs that share an environment
// are of no account unless requests are traced.
func (c *Config) checkTraces() (problems []string) {
	refuse := func(name, value string, ok bool) {
		if !ok {
			problems = append(problems, named(name).refuse(value))
		}
	}
	refuse("PLINTO_TRACE_CONTEXT", c.TraceContext, c.TraceContext == "" || c.TraceContext == contextLink || c.TraceContext == contextParent)
	if !c.traced() {
		return problems
	}
	refuse("OTEL_TRACES_EXPORTER", c.TracesExporter, c.TracesExporter == "" || c.TracesExporter == exporterOTLP)
	for _, one := range []struct{ name, value string }{{"OTEL_EXPORTER_OTLP_ENDPOINT", c.Collector}, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", c.TracesCollector}} {
		if _, err := otlp.ParseEndpoint(one.value); err != nil && one.value != "" { // what is wrong with it may be that it holds a password
			problems = append(problems, one.name+" is not right: want "+named(one.name).hint)
		}
	}
	_, err := otlp.ParsePairs(c.CollectorHeaders.Reveal())
	refuse("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "", err == nil)
	_, err = otlp.ParsePairs(c.ResourceAttributes)
	refuse("OTEL_RESOURCE_ATTRIBUTES", c.ResourceAttributes, err == nil)
	_, err = otlp.ParseSampler(c.Sampler, c.SamplerArg)
	if ratio := named("OTEL_TRACES_SAMPLER_ARG"); err != nil && strings.HasSuffix(c.Sampler, "traceidratio") {
		problems = append(problems, ratio.refuse(c.SamplerArg))
	} else {
		refuse("OTEL_TRACES_SAMPLER", c.Sampler, err == nil)
	}
	refuse("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", c.CollectorProtocol, c.CollectorProtocol == "" || c.CollectorProtocol == protocolHTTP)
	refuse("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", c.CollectorCompression, c.CollectorCompression == "" || c.CollectorCompression == "gzip" || c.CollectorCompression == "none")
	refuse("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", strconv.Itoa(c.CollectorTimeout), c.CollectorTimeout >= 0 && c.CollectorTimeout <= 60_000)
	if c.CollectorCA != "" {
		if _, err := authorities(c.CollectorCA); err != nil {
			problems = append(problems, fmt.Sprintf("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE is %q: %v", c.CollectorCA, bare(err)))
		}
	}
	return problems
}

// endpoint is the URL that traces are posted to.
func (c *Config) endpoint() (*url.URL, error) {
	if c.TracesCollector != "" {
		return otlp.ParseEndpoint(c.TracesCollector)
	}
	base := c.Collector
	if base == "" {
		base = collectorOnHost
	}
	u, err := otlp.ParseEndpoint(base)
	if err != nil {
		return nil, err
	}
	u.Path = strings.TrimSuffix(u.Path, "/") + otlp.TracesPath
	return u, nil
}

// newTraces returns what sends the traces of a process, or nil where nothing is traced.
func newTraces(cfg *Config, ops *operations.Operations) (*otlp.Provider, error) {
	if !cfg.traced() {
		return nil, nil //nolint:nilnil // a nil provider is one that traces nothing
	}
	o := otlp.Options{
		Timeout: time.Duration(cfg.CollectorTimeout) * time.Millisecond, Gzip: cfg.CollectorCompression == "gzip",
		Service: cfg.ServiceName, Version: BuildVersion().Version, Instance: uuid.NewString(),
		Parent: cfg.TraceContext == contextParent, Registry: ops.Registry,
	}
	var err error
	if o.Endpoint, err = cfg.endpoint(); err != nil {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT: %w", err)
	}
	if o.Headers, err = otlp.ParsePairs(cfg.CollectorHeaders.Reveal()); err != nil {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_HEADERS: %w", err)
	}
	if o.Resource, err = otlp.ParsePairs(cfg.ResourceAttributes); err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	if o.Sampler, err = otlp.ParseSampler(cfg.Sampler, cfg.SamplerArg); err != nil {
		return nil, fmt.Errorf("OTEL_TRACES_SAMPLER: %w", err)
	}
	if cfg.CollectorCA != "" {
		roots, err := authorities(cfg.CollectorCA)
		if err != nil {
			return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_CERTIFICATE: %w", err)
		}
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	}
	return otlp.New(o)
}

// authorities reads the certificate authorities of a file, which are trusted instead of the system's.
func authorities(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(textfile.Unmark(pem)) {
		return nil, fmt.Errorf("no certificate in %s", file)
	}
	return pool, nil
}
