// Package otelx is what fosite needs of tracing: the end of a span.
package otelx

import "go.opentelemetry.io/otel/trace"

// End ends a span. Nobody here reads what else it could note: the server starts
// no spans, so this ends what does nothing.
func End(span trace.Span, _ *error) { span.End() }
