// Command examples tries the applications of examples/ against a server, as a reader would
// start them, with the library each of them is about.
//
//	make test-clients                           all of them
//	make test-clients ARGS="-only express,go"   those whose directory is called so
//	make test-clients ARGS=-v                   with what they and the server print
//
// It runs `plinto dev --seed examples/seed.yaml`, installs and starts each example in a copy of its
// directory, signs a user in with headless Chromium, renews and signs out where the example
// can, and prints a table. What an example needs is in its example.yaml (example.go).
//
// The port of an application is that of its client's first redirect URI in the seed.
package main
