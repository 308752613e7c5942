// Package binaries finds the PostgreSQL programs of this machine.
//
// It looks and asks for versions; it starts no server and downloads nothing.
package binaries
