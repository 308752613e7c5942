// Package passwords lets users change their password: who knows it, and has proved their second
// factor if they have one, or who has just signed in and has to.
package passwords
