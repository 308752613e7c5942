// Package queue hands events to their subscribers after they are committed, and runs
// periodic work: River on the same Postgres.
//
// A job is one event for one subscriber, so that a subscriber that fails or is slow has
// nothing repeated for another. The Queue takes jobs in the transaction of the change they
// follow from; a Worker works them off, in the lane that the subscription names, each
// in the context of its own tenant. No tenant can hold all workers of a lane.
//
// It has no SQL of its own and knows no repository: package storage hands it pools, and
// what it needs of tenants and events through Source.
package queue
