// Package address is where the link of a mail leads that proves another address of a user.
//
//	GET  /email/confirm?token=…  keeps the token in a cookie, 303 to the clean address
//	GET  /email/confirm          says what the button does
//	POST /email/confirm          makes the address the user's, if it is they who are signed in
//
// A GET never changes anything: mail scanners open links too, in whole browsers. Whoever is not
// signed in is told to open the link elsewhere or to enter the code: otherwise a stranger could add
// somebody's address to an account of their own, and its owner would prove it by a click.
package address
