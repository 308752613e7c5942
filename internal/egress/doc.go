// Package egress makes the HTTP requests whose addresses come from outside: client
// documents, upstream providers, webhooks, logout notices. It never reaches into
// our own network, whatever a URL or a name server says (SSRF).
//
// A URL is checked by its spelling (CheckURL) and again where it cannot be tricked:
// each address is checked at the moment it is dialled, after name resolution.
// Redirects are not followed, no proxy is used, everything is bounded. Whoever
// supplied the URL learns one thing only: it could not be reached.
//
// No request can be made without an owner: a tenant, what it is for, and a client. Each
// has a number of places, fewer than the level above, and those who wait take turns.
// It limits no rates and keeps no answers.
package egress
