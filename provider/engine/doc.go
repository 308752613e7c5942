// Package engine makes codes and tokens. It uses fosite as a kernel: for the order of
// events at the token and authorization endpoints, on prepared requests. kernel.go is the
// only file that knows fosite.
//
//	authorize  Authorize → runAuthorize → fosite → answer → grants.Service.Issue,
//	           or IssueLast in the transaction that starts the session
//	token      Token → fosite → authenticate → <grant>.exchange → respond
//
// A grant works in two halves. exchange checks, spends and stores; respond signs. Nothing
// is signed, and nothing cached is looked up, while a transaction is open: either may wait
// for a connection that the transaction holds.
package engine
