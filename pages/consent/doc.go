// Package consent is the page that asks what a client may do.
//
//	GET  /consent  the client, its real host, and the scopes in words, by resource server
//	POST /consent  allow or deny what the page showed, nothing else
//
// Whether it has to be asked is decided by provider.Flow.Next. What is allowed is
// bound to what was shown (provider.ConsentRequest): the form repeats its digest, and
// where the client changed meanwhile the page is shown again.
package consent
