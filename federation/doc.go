// Package federation lets people sign in with an account that they have elsewhere: connections of a tenant, or of one of its
// organizations, to identity providers, and the accounts there that belong to users here.
//
// A round begins on a page of a flow, or of an account, and ends at the callback of its connection:
//
//	Begin ─→ provider ─→ Finish ─┬─→ SignIn: the user of the identity, as a proof
//	                             ├─→ Link: the user who has its mail address, as a proof
//	                             ├─→ Make: a new user, as a proof
//	                             ├─→ Offer: the user signs in here first, and then confirms (Confirm)
//	                             └─→ an error, which no page shows in the provider's words
//
// Decide, a pure function, decides which of these it is. An account is known by connection, issuer and subject. A Connector
// talks to providers of one protocol, and keeps no token of theirs.
//
// The state of a round is signed by the server and names the browser's flow or session, so nothing is stored until the
// answer arrives. The transaction that acts on the answer spends the state.
package federation
