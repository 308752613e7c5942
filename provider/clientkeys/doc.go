// Package clientkeys holds the public keys of clients: parsed once per version of
// the client, or fetched from its jwks_uri and kept.
//
// A reference is read when it is first needed, when it has grown old, and when a
// client signs with a key that is not known, but at most every half minute per
// client, whatever is sent to us; while it cannot be read the last good set
// counts. Signatures are verified by internal/jwt, documents fetched by
// internal/egress.
package clientkeys
