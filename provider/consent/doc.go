// Package consent is the page that asks what a client may do.
//
//	GET  /consent  client, its real host, and the scopes in words
//	POST /consent  allow or deny the scopes of the request, no others
//
// Whether it has to be asked is decided by provider.Flow.Next. What is allowed is
// remembered per user, client and scopes.
package consent
