package tracing

import (
	"context"
	"encoding/binary"
	"math/rand/v2"

	"go.opentelemetry.io/otel/trace"
)

// newIDs returns the ids of a step of a trace, or of a new one where that is none. They name a step and give access to
// nothing.
func newIDs(of trace.TraceID) trace.SpanContextConfig {
	ids := trace.SpanContextConfig{TraceID: of, SpanID: newSpanID()}
	for !ids.TraceID.IsValid() {
		binary.NativeEndian.PutUint64(ids.TraceID[:8], rand.Uint64()) //nolint:gosec // a name
		binary.NativeEndian.PutUint64(ids.TraceID[8:], rand.Uint64()) //nolint:gosec // same
	}
	return ids
}

func newSpanID() (id trace.SpanID) {
	for !id.IsValid() {
		binary.NativeEndian.PutUint64(id[:], rand.Uint64()) //nolint:gosec // a name
	}
	return id
}

type idsKey struct{}

// chosenIDs returns the ids that a Tracer chose for the trace that begins with ctx, for the generator of the SDK: its
// sampler, which may go by the id, says the same again.
func chosenIDs(ctx context.Context) trace.SpanContextConfig {
	ids, _ := ctx.Value(idsKey{}).(trace.SpanContextConfig)
	return ids
}

// A Generator gives the first span of a trace the ids that the Tracer asked its Sampler about (IDGenerator of the
// SDK).
type Generator struct{}

// NewIDs returns those ids.
func (Generator) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	ids := chosenIDs(ctx)
	if !ids.TraceID.IsValid() {
		ids = newIDs(trace.TraceID{})
	}
	return ids.TraceID, ids.SpanID
}

// NewSpanID returns a new id.
func (Generator) NewSpanID(context.Context, trace.TraceID) trace.SpanID { return newSpanID() }
