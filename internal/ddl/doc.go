// Package ddl reads migrations of Postgres and tells what each statement does to tables that are large and in use: what it
// rewrites, reads whole, locks, or takes away from programs that know the tables from before.
//
// It owns the reading of the text. It knows no database, so it knows no sizes, and it takes what it does not understand for
// a fault rather than for harmless.
package ddl
