// Package assembly puts authorization requests together: one list of small named
// checks for everything that starts a sign-in, so that the authorization endpoint
// and the endpoint for pushed requests (RFC 9126) cannot differ.
//
//	parameters ─┬─ plain                     ─┐
//	            ├─ request, request_uri (JWT) ─┼─ checks → provider.Request
//	            └─ request_uri (pushed)  ──────┘ (already checked)
//
// Client and redirect URI come first: nothing may be sent to a redirect URI that
// is not the client's (RFC 9700 §4.11). What goes wrong before is for the user,
// what goes wrong later for the client, in the response mode it asked for.
//
// It decides nothing about users and sessions; that is provider.Flow.
package assembly
