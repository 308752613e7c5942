// Package event has the types of all events: of sign-ins, sessions, tokens, clients, keys,
// consents. Each is a struct of its own, a Fact, in the file of its subject; Event is the
// envelope around it. The package owns the Outbox, through which a change and its event are
// committed together, and the Subscription, by which a subscriber selects events.
//
// A new event is a struct with a line in the list of its file, and its golden file
// in testdata (go test ./event -update). Everything else reads Types.
//
// It does not know who asks for an event to be recorded, and it keeps nothing:
// package storage writes events, audit rows and queue jobs in the caller's
// transaction.
package event
