// Package scope reads and writes the scope parameter of OAuth 2.0 (RFC 6749 §3.3): tokens of printable ASCII,
// separated by spaces, compared with case.
//
// It owns the syntax and the set operations, not which scopes exist or what they allow.
package scope
