// Package gcra counts in the process what a shared limiter cannot count while its
// store is away: the generic cell rate algorithm over a bounded number of keys.
//
// Keys carry their own purpose and tenant. Counts are lost with the process and
// not shared between processes: the caller divides its limits by the number of
// instances, and keeps what must survive in Postgres.
package gcra
