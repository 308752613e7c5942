// Package memory keeps copies of what a database holds: bounded in bytes, loaded once
// however many ask, and never older than is said.
//
// A Cache groups its values by a scope (a tenant): a change in a scope ends every value
// of it. Announcements know whether the database's announcements of such changes still
// arrive; while they do not, nothing older than a second is served. Values that grant no
// access may also be served while the database is away.
//
// It knows no database: package storage reads values, listens to changes and tells both.
package memory
