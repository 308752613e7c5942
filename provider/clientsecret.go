package provider

import (
	"time"

	"plinto/internal/secret"
	"plinto/tenant"
)

// ClientSecretPrefix starts the secrets Plinto makes for clients.
const ClientSecretPrefix = "plcs_"

// A SecretHasher turns client secrets into what is kept of them: HMAC-SHA-256
// under a subkey of the root key, bound to tenant and client. A check costs a
// microsecond, and a copy of the database is worth no guess.
type SecretHasher struct{ key [32]byte }

// NewSecretHasher derives the hasher's key from the root key.
func NewSecretHasher(root secret.Root) SecretHasher {
	return SecretHasher{key: root.Subkey("plinto/client-secret/v1")}
}

// Hash returns the 32 bytes that are kept of a client's secret.
func (h SecretHasher) Hash(t tenant.ID, clientID, plain string) []byte {
	return secret.MAC(h.key, t.String(), clientID, plain)
}

// Matches reports whether plain is one of the client's secrets that have not
// expired at now. It always compares all of them.
func (h SecretHasher) Matches(t tenant.ID, c *Client, plain string, now time.Time) bool {
	hash := h.Hash(t, c.ClientID, plain)
	match := false
	for _, s := range c.Secrets {
		live := s.ExpiresAt.IsZero() || now.Before(s.ExpiresAt)
		match = secret.Equal(hash, s.Hash) && live || match
	}
	return match
}
