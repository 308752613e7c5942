// Package storagetest opens a real store for tests: a database cloned from a
// migrated template, the roles of a real installation, a real Redis.
//
// It is for test files only.
package storagetest
