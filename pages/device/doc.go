// Package device has the page that asks for the code of a mail, after a sign-in by password alone in a
// browser that is new to the account.
package device
