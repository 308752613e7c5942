// Package federation lets people sign in with an account that they have elsewhere: connections of a tenant, or of one of its
// organizations, to identity providers, and the accounts there that belong to users here.
//
// A round begins on a page of a flow, or of an account, and ends at the callback of its connection:
//
//	Begin ─→ provider ─→ Finish ─┬─→ Known: the user of the identity, as a proof
//	                             ├─→ Made: a new user, as a proof
//	                             ├─→ Offered: sign in here first, then confirm (Confirm)
//	                             └─→ an error, which no page shows in the provider's words
//
// What happens to an account at a provider is decided by Decide, a pure function: an address is never a key. How to talk to
// a provider is a Connector's; it keeps no token of the provider.
//
// The state of a round is signed by the server and names the browser's flow (or session), so nothing is stored until the
// answer is there; that uses the state up, in the transaction that it is for.
package federation
