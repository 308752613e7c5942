// Package password has the page on which users change their password, and the step of a flow
// in which they have to.
//
// The page stands by itself, at the address that /.well-known/change-password leads to (W3C, A
// Well-Known URL for Changing Passwords). It asks for the present password in any case, so it
// serves who is signed in and who is not.
package password
