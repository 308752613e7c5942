// Package grants redeems authorization codes, rotates refresh tokens and revokes. It
// decides what becomes of a code or token that is presented again, and records it; the
// repositories of package provider only store.
package grants
