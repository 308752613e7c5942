// Package tracing marks what requests and jobs spend their time on: spans, in the words of
// OpenTelemetry. A trace begins with a Tracer, which a process that records nothing does not have;
// everything below it asks the context. So outside of a request that is recorded a step costs one look-up.
//
// Spans leave the process, for a system that more people may read than the database. They hold names that
// are constant, ids and numbers; no query, path, header, address of a person, argument of a statement or
// key. Errors are told by their class: their text may quote what was sent.
//
// Where spans are sent is for package otlp to say.
package tracing
