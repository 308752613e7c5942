// Package identity owns people: users and their standard claims, password
// credentials, browser sessions, and the Authenticator that signs a user in.
//
// It knows nothing of OAuth: provider builds on it. It stores nothing itself:
// the repository interfaces here are kept by package storage.
package identity
