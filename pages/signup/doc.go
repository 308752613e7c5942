// Package signup is the pages on which people make accounts for themselves, where
// their tenant lets them.
//
//	GET  /sign-up          asks for the address
//	POST /sign-up          sends a mail to it, 303 to the next page
//	GET  /sign-up/code     asks for the code of the mail
//	POST /sign-up/code     verifies it, 303 to the next page; or sends another mail
//	GET  /sign-up/account  asks for a name and a password
//	POST /sign-up/account  makes the account and signs it in, 303 to continue
//
//	GET  /sign-up/link?token=…  keeps the token of the mail's link in a cookie, 303 to the clean address
//	GET  /sign-up/link          asks for a name and a password, in whatever browser
//	POST /sign-up/link          makes the account; signs it in where the sign-up began in this browser
//
// The pages are the same whether or not the address has an account: only the mail
// differs. What has to be kept between them is in the flow, so the code is of use
// in the browser that asked for it and nowhere else. The link is of use in every browser, and takes
// nothing over from the one that asked for it: whoever asked may be a stranger. That it was verified is kept in
// the row of the code: see identity.SignUps.
package signup
