// Package par is the endpoint for pushed authorization requests (RFC 9126):
//
//	POST /oauth2/par   authenticate the client → assemble → keep → request_uri
//
// The request goes through the same list of checks as at the authorization
// endpoint (package assembly); what is kept is the checked result.
package par
