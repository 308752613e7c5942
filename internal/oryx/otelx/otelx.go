// Package otelx has what fosite calls of the package of this name in github.com/ory/x: the end of a span.
package otelx

import (
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// End ends span, as failed where *failure is an error. What the error says stays out: its text and its details
// may quote what the client sent, and spans go to other systems.
func End(span trace.Span, failure *error) {
	if failure != nil && *failure != nil {
		span.SetStatus(codes.Error, "refused")
	}
	span.End()
}
