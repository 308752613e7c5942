// Package provider owns what OAuth 2.0 and OpenID Connect speak of: clients,
// resource servers, grants, codes, tokens, consents, signing keys, and the Flow
// of an authorization request with its pure decision Flow.Next.
//
// It is types, rules, repository interfaces and the services that change clients
// (Registrar) and resource servers; no HTTP, no SQL, no fosite.
// The endpoints are packages below it, the fosite kernel is provider/engine,
// the repositories are in storage.
package provider
