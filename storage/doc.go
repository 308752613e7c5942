// Package storage keeps every repository in Postgres, and what may be lost in Redis.
//
// A query cannot leave this package without a tenant: the pool is unexported,
// and the two ways to reach it, a lone statement and InTx, both name the tenant
// of the context to the database first. Row-level security does the rest.
// Work that crosses tenants uses another type, System, on another role.
//
// SQL is constant literals beside the Go that uses it, one file per aggregate.
// Nothing here knows HTTP, OAuth rules or fosite. Only this package and those below it
// import pgx and go-redis, and read database errors, by constraint name.
package storage
