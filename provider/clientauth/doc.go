// Package clientauth tells which client a request comes from: by its secret in the header
// or the body, by an assertion (RFC 7523), or, a public one, by its client_id (RFC 6749
// §2.3). The token, introspection, revocation and pushed authorization endpoints use it.
//
// Of a secret that a rotation left good for a while it notes the use, so that somebody can be told while the client does not know the next one.
//
// It slows down guessing per client and network, logs every refusal, and answers unknown
// clients, wrong secrets and wrong methods alike.
package clientauth
