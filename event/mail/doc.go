// Package mail tells users by mail what happened to their account: a sign-in
// from a device they never used, a token that somebody else may hold, a changed
// password.
//
// Notifier is a subscriber: the queue calls it after the fact is committed, and
// again until the mail is handed over, so a mail may come twice and is never
// lost. Message is what is sent, SMTP is one Sender; the development mail catcher
// is another. The package finds no user and stores nothing: who gets the mail is
// asked of a function.
package mail
