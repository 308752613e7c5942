// Package testworld makes the values that tests of every layer start from: a tenant, a user,
// a session, a client, a grant, a code. Each is valid as it is; a test changes what it is
// about. Nothing here stores anything: a test hands the values to the store, the service or
// the fake that it tests.
//
// It is for test files only.
package testworld
