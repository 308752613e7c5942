// Package notme is where the link of a mail about an account leads by which its reader says
// "This wasn't me".
//
//	GET  /not-me?token=…  keeps the token in a cookie, 303 to the clean address
//	GET  /not-me          says what the button does, while the link is unspent
//	POST /not-me          spends the link and secures the account, in one transaction
//
// A GET never spends the link: mail scanners and link previews open links too.
package notme
