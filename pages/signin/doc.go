// Package signin is the pages that find out who the user is: the sign-in page and
// the account chooser.
//
//	GET  /login    the form
//	POST /login    check the password, note it in the flow, 303 to continue
//	GET  /account  which account to go on with (prompt=select_account)
//	POST /account  note the choice, 303 to continue
//
// Whether a password is right is decided by identity.PasswordProof; what comes
// after by the authorization endpoint's dispatcher. Nothing on these pages or in
// their answers tells whether a user exists.
package signin
