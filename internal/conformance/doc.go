// Package conformance holds the demands of the OpenID Connect certification as
// tests: one subtest per module of the official suite, by its name, driven against
// the whole server over TLS and through the hosted pages. docs/conformance.md says
// what each module demands.
//
// It owns no code of the server; everything in it is for tests.
package conformance
