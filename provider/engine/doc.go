// Package engine is fosite, used as a kernel, and nothing but: its orchestration
// of the token and authorization endpoints, fed with prepared requests, with
// handlers, client authentication, tokens and storage of our making.
//
//	authorize  Authorize → fosite.NewAuthorizeRequest/Response → codeResponse → Codes.Issue
//	token      Token → fosite.NewAccessRequest → authenticate → <grant> → fosite.NewAccessResponse
//
// What fosite v0.49 does unsafely never runs: its PKCE handler forgets the
// challenge at the first wrong verifier, its code and refresh stores are read and
// spent in two steps, its request objects accept alg none, its introspection
// answers any client. Each has a test here that fails when our defence is taken out.
//
// Outside this package nobody sees fosite.
package engine
