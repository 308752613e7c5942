// Package backchannel tells clients that a session ended (OpenID Connect
// Back-Channel Logout 1.0).
//
// It is a subscriber of event.LogoutQueued, which identity.SessionEnder appends in
// the transaction that ends a session, once for each client that wants to be told.
// The logout token is made at delivery: the queue holds ids only. Which clients
// took part in the session is known to package storage.
package backchannel
