package otelx_test

import (
	"errors"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/ory/x/otelx"
)

// told is an error that says more to operators, as those of fosite do.
type told struct{ error }

func (told) Reason() string { return "reason canary" }
func (told) Debug() string  { return "debug canary" }

func TestEnd_saysThatItFailedAndNothingOfWhatWasSent(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("")
	for name, failure := range map[string]error{"failed": told{errors.New("text canary")}, "done": nil} {
		_, span := tracer.Start(t.Context(), name)
		otelx.End(span, &failure)
	}
	ended := tracetest.SpanStubsFromReadOnlySpans(spans.Ended())
	if len(ended) != 2 {
		t.Fatalf("%d spans have ended, want 2", len(ended))
	}
	for _, span := range ended {
		if failed := span.Status.Code == codes.Error; failed != (span.Name == "failed") {
			t.Errorf("span %q has status %v", span.Name, span.Status)
		}
		said := span.Status.Description
		for _, a := range span.Attributes {
			said += a.Value.Emit()
		}
		if strings.Contains(said, "canary") || len(span.Events) > 0 {
			t.Errorf("span %q says %q and has %d events", span.Name, said, len(span.Events))
		}
	}
}

func TestEnd_whileItPanics(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("")
	defer func() {
		if recover() == nil || len(spans.Ended()) != 1 {
			t.Errorf("the panic is lost, or the span: %d ended", len(spans.Ended()))
		}
	}()
	_, span := tracer.Start(t.Context(), "panics")
	var err error
	defer otelx.End(span, &err)
	panic("on purpose")
}
