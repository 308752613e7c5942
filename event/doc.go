// Package event is the vocabulary of what happened: sign-ins, sessions, tokens,
// clients, keys, consents. It owns the event types, the Outbox through which a
// fact and its event are committed together, and the subscribers below it.
//
// It does not know who asks for an event to be recorded, and it keeps nothing:
// package storage writes events, audit rows and queue jobs in the caller's
// transaction.
package event
