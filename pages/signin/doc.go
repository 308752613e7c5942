// Package signin has the pages that find out who the user is: the sign-in page and
// the account chooser.
//
//	GET  /login          the form; a name alone where its domain may lead to an identity provider
//	GET  /login/local    the form with name and password there
//	POST /login          check the password, start the session, go on; or lead to the provider
//	POST /login/passkey  the same with a passkey
//	GET  /login/account  which account to go on with (prompt=select_account)
//	POST /login/account  note the choice, 303 to continue
//
// Whether a password is right is decided by identity.PasswordProof; what comes
// after by package dispatch. Nothing on these pages or in their answers tells
// whether a user exists.
package signin
