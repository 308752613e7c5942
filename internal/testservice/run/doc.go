// Command run starts a Postgres and a Redis, runs a command with their URLs in
// its environment, and stops both:
//
//	go run ./internal/testservice/run -- go test ./...
//
// It ends with the command's exit code (`go run` itself makes 1 of any other).
// An interrupt is left to the command, which gets it from the terminal too;
// the servers outlive it. With -durable Postgres writes like in production.
package main
