// Package stats counts what happens in a tenant by day: sign-ups, sign-ins by method, client
// and outcome, and active users by day and month.
//
// A Counter follows the sealed audit log from where it stopped last time, in the transaction
// that adds to the counts: every event counts once, whatever crashes. Nothing is counted when
// a report is asked for, and the counts outlive the events.
package stats
