// Package redirecturi decides which redirect URIs a client may register and whether a requested one is registered.
//
// It owns the syntax rules ([Validate]), the comparison ([Match]) and the CORS origins that follow from a client's
// URIs ([Origins]). It does not resolve names, fetch anything or know about clients.
//
// The comparison is byte by byte (RFC 9700 §2.1, §4.1.3): no decoding, no normalizing, no parsing of what a stranger
// sent, because every published bypass lives in the difference between two parsers. The one exception is the port of
// a loopback host (RFC 8252 §7.3), and there too only the port is looked at.
//
// Validation is strict for the sake of whoever reads the URI later: a registered URI is ASCII and has one reading in
// every parser, the browser's included.
package redirecturi
