// Package account has the pages on which users look after their own account.
//
// A user who is not signed in signs in first, in a flow of provider.AccountPages. So does one who has to
// prove again who they are, or to take another step that an application would have them take. The
// dispatcher decides that for each request, as it does for applications.
package account
