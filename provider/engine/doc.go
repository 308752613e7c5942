// Package engine makes and checks codes and tokens. It uses fosite as a kernel: for the
// order of events at the token and authorization endpoints, on prepared requests.
// Handlers, client authentication, tokens and storage are our own.
//
//	authorize  Authorize → fosite.NewAuthorizeRequest/Response → authorizeResponse → Codes.Issue,
//	           or Codes.IssueLast in the transaction that starts the session
//	token      Token → fosite.NewAccessRequest → authenticate → <grant> → fosite.NewAccessResponse
//	without    InspectAccess, InspectRefresh, Revoke, OwnToken, Seal
//	fosite
//
// A grant handler works in two halves. Handle checks, spends and stores; Populate
// signs. Nothing is signed, and nothing cached is looked up, while a transaction
// is open: either may wait for a connection that the transaction holds.
//
// What fosite v0.49 does unsafely never runs: its PKCE handler forgets the
// challenge at the first wrong verifier, its code and refresh stores are read and
// spent in two steps, its request objects accept alg none, its introspection
// answers any client. Each has a row (F1 to F16) in docs/attacks.md with its test.
//
// Outside this package nobody sees fosite.
package engine
