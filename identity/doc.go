// Package identity owns people: users and their standard claims, password
// credentials, browser sessions, the Directory that changes users, and SignUps, by which
// people make accounts for themselves.
//
// Each way to prove who somebody is returns a Proof, as PasswordProof does; SessionStarter
// alone makes a session of one. A new way to sign in is a new proof and nothing else.
//
// It knows nothing of OAuth: provider builds on it. It stores nothing itself:
// the repository interfaces here are kept by package storage.
package identity
