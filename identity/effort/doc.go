// Package effort makes guessing, and having mails sent, dearer where risk has risen: before a try counts, its
// browser solves a challenge, or waits. People notice a few seconds.
//
// Challenges are not stored: they are signed over what they are for. One that was used is.
package effort
