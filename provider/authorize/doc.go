// Package authorize is the authorization endpoint (RFC 6749 §3.1, OpenID Connect
// Core 1.0 §3.1.2), to which the hosted pages lead back.
//
//	GET  /oauth2/authorize            assemble → decide → page or answer
//	POST /oauth2/authorize            assemble → carry → 303 to continue, by GET
//	GET  /oauth2/authorize/continue   decide → page or answer
//
//	                    ┌─ a page, such as /login or /consent ─┐
//	assemble ─→ decide ─┤                                      └→ continue ─→ decide …
//	                    └─→ answer to the client
//
// A request is assembled by a list of small named checks into one immutable
// provider.Request. What is next is decided by package dispatch; every page posts
// to itself, records what it learned in the flow and comes back to continue, so
// no page calls another and none can be skipped. Signing in comes back within the
// same request (dispatch.Dispatcher.Advance). The flow is kept in a sealed cookie or in a row (package
// browser). Codes are made by provider/engine.
package authorize
