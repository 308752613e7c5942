// Package bulk moves many users at once: in from a file of lines of JSON, or from an export of
// Keycloak or Auth0, and out again. It owns the format of a line, jobs, and what becomes of each line; whether
// a user may be created or changed is for identity.Directory to decide.
//
// An import is a job. Each of its steps is one transaction with its users, their events and the
// progress of the job, so an import that is interrupted goes on after the last step, and no line is
// done twice.
package bulk
