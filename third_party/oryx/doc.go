// Package x stands in for the module github.com/ory/x, of which fosite needs the
// packages errorsx and otelx, and of those the few functions here. The module
// itself would link loggers, tracing exporters and gRPC into the server: 90
// modules that nothing here uses.
//
// go.mod replaces the module by this directory. It is written from fosite's use
// of it, and fosite's own tests pass on it.
package x
