// Package engine is fosite, used as a kernel, and nothing but: its orchestration
// of the token and authorization endpoints, fed with prepared requests, with
// handlers, client authentication, tokens and storage of our making.
//
//	authorize  Authorize → fosite.NewAuthorizeRequest/Response → codeResponse → Codes.Issue
//	token      Token → fosite.NewAccessRequest → authenticate → <grant> → fosite.NewAccessResponse
//	tokens     InspectAccess, InspectRefresh, Revoke: our own, fosite has no part in them
//
// A grant handler works in two halves. Handle checks, spends and stores; Populate
// signs. Nothing is signed, and nothing cached is looked up, while a transaction
// is open: either may wait for a connection that the transaction holds.
//
// What fosite v0.49 does unsafely never runs: its PKCE handler forgets the
// challenge at the first wrong verifier, its code and refresh stores are read and
// spent in two steps, its request objects accept alg none, its introspection
// answers any client. Each has a test here that fails when our defence is taken out.
//
// Outside this package nobody sees fosite.
package engine
