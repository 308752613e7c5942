// Package oidc is the connector to OpenID Connect providers: the authorization code flow with PKCE, with a nonce (OpenID
// Connect Core 1.0 §3.1, RFC 7636), and with what RFC 9700 asks of clients of several providers.
//
// ID tokens are checked by coreos/go-oidc, with signatures by internal/jwt, and further than the library does: azp, times,
// nonce, at_hash. Whatever a provider sends is bounded in bytes and in time, is never redirected to another address, and is
// repeated to nobody.
package oidc
