// Package introspect is token introspection (RFC 7662) for clients that prove who
// they are. A caller learns of a token only when it is the token's client or its
// audience; of every other token it learns {"active":false} and nothing else.
package introspect
