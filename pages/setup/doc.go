// Package setup makes a tenant's first administrator from a one-time link, so
// that no installation ever has a default password.
//
//	GET  /setup?token=…  keeps the token in a cookie, 303 to the clean address
//	GET  /setup          the form, while the link is unspent
//	POST /setup          spends the link and makes the user, in one transaction
//
// A GET never spends the link: mail scanners and link previews open links too.
package setup
