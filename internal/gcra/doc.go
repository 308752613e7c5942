// Package gcra counts in the process what a shared limiter counts for all of them:
// the generic cell rate algorithm over a bounded number of keys.
//
// Keys carry their own purpose and tenant. Counts are lost with the process and not
// shared between processes: the caller makes up for that by what it lets a unit cost
// while the shared limiter is away, and keeps what must survive in Postgres.
package gcra
