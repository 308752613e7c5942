// Package mailsignin serves the pages on which people sign in with a code, or a link, of a mail, where
// the tenant wants that:
//
//	/login/email        who it is, then the code
//	/login/email/link   the link of the mail, in the browser where it was asked for
package mailsignin
