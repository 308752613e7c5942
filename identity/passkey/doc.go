// Package passkey has users sign in with passkeys (Web Authentication Level 3), alone or as
// their second factor.
//
// A challenge is signed by the server and bound to the flow of the browser that got it, so
// nothing is stored until it is answered; an answer uses it up, in the transaction that it is
// for. The library judges answers. What is around it (which credential, whose, what it proves)
// is here.
package passkey
