// Package pg is how repositories reach Postgres: pools and who may use how much of them,
// transactions, the tenant that row-level security is told of, time limits, and errors.
//
// A DB is the database as one tenant sees it: every statement names the tenant of its
// context, and runs where the placement of that tenant says. A System is the database
// across tenants, for few named callers. Statements outside a transaction are one round
// trip; those that nobody waits for travel with the next one or with the commit.
//
// A Listener receives what other instances changed, and calls those who hold copies.
//
// It knows no aggregate, and one table: that of tenants that were moved away. Package storage has the statements,
// package schema the tables.
package pg
