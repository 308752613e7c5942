// Package identity owns people: users and their standard claims, password
// credentials, browser sessions, the Authenticator that signs a user in, the Directory
// that changes users, and SignUps, by which people make accounts for themselves.
//
// It knows nothing of OAuth: provider builds on it. It stores nothing itself:
// the repository interfaces here are kept by package storage.
package identity
