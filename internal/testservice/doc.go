// Package testservice gives tests a real Postgres and a real Redis.
//
// Database clones a migrated template for one test, Redis hands out an empty
// database of a redis-server. `make test` starts both once for the whole run
// (see the command in run) and names them in PLINTO_TEST_POSTGRES_URL and
// PLINTO_TEST_REDIS_URL; a plain `go test ./storage` starts its own, which
// live as long as the test process. NewPostgres and NewRedis start servers of
// one test's own, to be stopped and started again by tests of outages.
//
// Nothing of ours stays behind: a guard process (guard.go) stops a server and
// removes its directory when the process that started it is gone, however it
// went. Servers listen on free loopback ports and never on the standard ones.
//
// The package is for tests only, which is why it may import pgx and go-redis.
// A Redis server named in PLINTO_TEST_REDIS_URL needs `databases 4096`.
package testservice
