// Package access guards endpoints whose callers bring an access token: userinfo and the
// management API. It reads the token from the request, asks whether it is
// alive, for this server and of the right scopes, and refuses as RFC 6750 §3 says.
//
// Tokens are bearers. Proof of possession (RFC 9449, RFC 8705) would be checked here, for
// every endpoint at once.
package access
