// Package refusal records which requests of clients were refused: failed authentication,
// codes and tokens that are no good, unregistered redirect URIs, refused registrations.
//
// A refusal costs the request nothing: rows are written after the answer. Nor can refusals
// fill the audit log: the first of a kind is written at once, the others of five minutes are
// one row that counts them, and a tenant has a bounded number of kinds at a time.
package refusal
