// Package otlp sends spans to a collector, by the OpenTelemetry protocol over HTTP (OTLP 1.x, protobuf), and
// decides which traces are recorded. No request waits for it: spans are handed to a bounded queue, and one that
// finds it full is dropped and counted. What a collector answers is read up to a bound and believed only as far as
// counting goes.
//
// The SDK of OpenTelemetry makes the spans and batches. Its exporters for this protocol link gRPC, which is
// why sending is done here.
package otlp
