// Package schema migrates a database to the schema of this version, and checks that it can
// be used.
//
// Migrate applies the files of package migrations and those of the queue as the owner, and
// prepares the roles of the server. Check looks, at every start, whether row-level security
// can be relied on: no role of the server bypasses it or owns anything, every table of
// tenants forces it, and the tables are those of this version. Explain words errors of
// Postgres for operators, each with what to do.
package schema
