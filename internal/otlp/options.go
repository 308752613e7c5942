package otlp

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"plinto/internal/tracing"
)

// TracesPath is what the endpoint of all signals is followed by for traces (OTLP/HTTP, "endpoint URLs").
const TracesPath = "/v1/traces"

// ParseEndpoint reads the URL of a collector. Its errors do not repeat it.
func ParseEndpoint(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return nil, errors.New("not the URL of a collector")
	}
	return u, nil
}

// ParsePairs reads name=value pairs separated by commas, with values as in W3C Baggage (%2C for a comma):
// OTEL_EXPORTER_OTLP_HEADERS and OTEL_RESOURCE_ATTRIBUTES. Its errors repeat no value.
func ParsePairs(text string) (map[string]string, error) {
	pairs := map[string]string{}
	for pair := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		clear, err := url.PathUnescape(strings.TrimSpace(value))
		if !ok || name == "" || err != nil {
			return nil, fmt.Errorf("pair %d is not name=value", len(pairs)+1)
		}
		pairs[name] = clear
	}
	return pairs, nil
}

// ParseSampler reads OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG; "" is the default,
// parentbased_always_on.
func ParseSampler(name, arg string) (sdk.Sampler, error) {
	ratio := 1.0
	if strings.HasSuffix(name, "traceidratio") && arg != "" {
		var err error
		if ratio, err = strconv.ParseFloat(arg, 64); err != nil || !(ratio >= 0 && ratio <= 1) {
			return nil, errors.New("the ratio is not a number from 0 to 1")
		}
	}
	switch name {
	case "always_on":
		return sdk.AlwaysSample(), nil
	case "always_off":
		return sdk.NeverSample(), nil
	case "traceidratio":
		return sdk.TraceIDRatioBased(ratio), nil
	case "parentbased_always_on", "":
		return sdk.ParentBased(sdk.AlwaysSample()), nil
	case "parentbased_always_off":
		return sdk.ParentBased(sdk.NeverSample()), nil
	case "parentbased_traceidratio":
		return sdk.ParentBased(sdk.TraceIDRatioBased(ratio)), nil
	}
	return nil, errors.New("no such sampler")
}

// withCauses is a sampler that also takes jobs which a recorded request queued.
type withCauses struct{ sdk.Sampler }

// ShouldSample implements sdk.Sampler.
func (s withCauses) ShouldSample(p sdk.SamplingParameters) sdk.SamplingResult {
	if tracing.CausedByRecorded(p.Kind, p.Links) && !trace.SpanContextFromContext(p.ParentContext).IsValid() {
		return sdk.SamplingResult{Decision: sdk.RecordAndSample}
	}
	return s.Sampler.ShouldSample(p)
}

// sampler asks one of the SDK before it makes a span.
func sampler(of sdk.Sampler) tracing.Sampler {
	return func(ctx context.Context, id trace.TraceID, kind tracing.Kind, links []trace.Link) bool {
		return of.ShouldSample(sdk.SamplingParameters{ParentContext: ctx, TraceID: id, Kind: kind, Links: links}).Decision == sdk.RecordAndSample
	}
}

// serviceAttributes are those of the process, over what the operator says of it.
func serviceAttributes(o *Options) []attribute.KeyValue {
	said := map[string]string{"service.name": "plinto", "service.version": o.Version, "service.instance.id": o.Instance}
	for name, value := range o.Resource {
		said[name] = value
	}
	if o.Service != "" {
		said["service.name"] = o.Service
	}
	attrs := make([]attribute.KeyValue, 0, len(said))
	for name, value := range said {
		if value != "" {
			attrs = append(attrs, attribute.String(name, value))
		}
	}
	return attrs
}
