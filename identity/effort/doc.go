// Package effort makes guessing, and having mails sent, dearer where risk has risen: before a try counts, its
// browser solves a challenge, or waits. People notice a few seconds.
//
// A challenge is signed over what it is for, so it is not stored until its solution is used; then it is, to be good once.
package effort
