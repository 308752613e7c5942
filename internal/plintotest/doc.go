// Package plintotest starts the whole server for tests: a database cloned from a
// migrated template, a real Redis, the wiring of cmd/plinto/app behind TLS, and a
// browser that fills in the hosted pages.
//
// It is for test files only.
package plintotest
