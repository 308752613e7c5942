package provider

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/internal/secret"
	"plinto/tenant"
)

// ClientSecretPrefix starts the secrets Plinto makes for clients.
const ClientSecretPrefix = "plcs_"

// ClientSecretIDPrefix starts the public id of a secret, which is no secret.
const ClientSecretIDPrefix = "secret"

// NewClientSecret returns a random secret for a client with that metadata, long
// enough for the HMACs it makes (RFC 7518 §3.2: as long as the hash).
func NewClientSecret(m Metadata) string {
	plain := secret.Token(ClientSecretPrefix)
	if m.NeedsReadableSecret() {
		plain += strings.TrimPrefix(secret.Token(ClientSecretPrefix), ClientSecretPrefix)
	}
	return plain
}

// Lengths of a secret that somebody chose, in characters.
const (
	MinClientSecret = 16
	MaxClientSecret = 512
	// hmacSecret is how long one has to be that makes HMACs (RFC 7518 §3.2).
	hmacSecret = 32
)

// CheckClientSecret reports what is wrong with a secret that somebody chose for a
// client with that metadata, such as one of another server, or nil.
func CheckClientSecret(m Metadata, plain string) *Problem {
	for i := range len(plain) {
		if plain[i] < 0x20 || plain[i] > 0x7e { // RFC 6749 §A.2
			return &Problem{"client_secret", "must be printable ASCII"}
		}
	}
	least := MinClientSecret
	if m.NeedsReadableSecret() {
		least = hmacSecret
	}
	if len(plain) < least || len(plain) > MaxClientSecret {
		return &Problem{"client_secret", fmt.Sprintf("must have %d to %d characters; better leave it out and let Plinto make one (plinto client rotate-secret)", least, MaxClientSecret)}
	}
	return nil
}

// Bounds under which a chosen secret is weak.
const (
	weakLength = 32  // characters
	weakBits   = 3.0 // of entropy a character; hexadecimal digits have 3.5
)

// WeakSecret reports whether a secret that somebody chose may be guessed by who tries
// for years: it is short, or of few different characters.
func WeakSecret(plain string) bool {
	if len(plain) < weakLength {
		return true
	}
	var counts [256]float64
	for i := range len(plain) {
		counts[plain[i]]++
	}
	bits := 0.0
	for _, n := range counts {
		if share := n / float64(len(plain)); n > 0 {
			bits -= share * math.Log2(share)
		}
	}
	return bits < weakBits
}

// HasSecret reports whether the client authenticates with a secret, or with what
// is made of one.
func (m Metadata) HasSecret() bool {
	return slices.Contains([]string{AuthBasic, AuthPost, AuthSecretJWT}, m.TokenEndpointAuthMethod)
}

// NeedsReadableSecret reports whether the server has to read the client's secret
// again: to check HMACs of the client, or to sign or encrypt for it.
func (m Metadata) NeedsReadableSecret() bool {
	used := []string{
		m.IDTokenSignedAlg, m.UserinfoSignedAlg, m.AuthorizationSignedAlg,
		m.IDTokenEncryptedAlg, m.UserinfoEncryptedAlg, m.AuthorizationEncryptedAlg,
	}
	return m.TokenEndpointAuthMethod == AuthSecretJWT || slices.ContainsFunc(used, func(alg string) bool {
		return slices.Contains(HMACAlgs, alg) || slices.Contains(SecretWrapAlgs, alg)
	})
}

// A SecretHasher turns client secrets into what is kept of them: HMAC-SHA-256
// under a subkey of the root key, bound to tenant and client. A check costs a
// microsecond, and a copy of the database is worth no guess. The few secrets that
// have to be read again are sealed besides.
type SecretHasher struct {
	key secret.TenantKey
	box secret.TenantKey
}

// NewSecretHasher derives the hasher's keys from the root key.
func NewSecretHasher(root secret.Root) SecretHasher {
	return SecretHasher{key: root.TenantKey(secret.ClientSecrets), box: root.TenantKey(secret.ReadableSecrets)}
}

// Keep returns what is kept of a secret of c.
func (h SecretHasher) Keep(t tenant.ID, c *Client, plain string) ClientSecret {
	kept := ClientSecret{ID: uuid.Must(uuid.NewV7()), Hash: h.Hash(t, c.ClientID, plain), Weak: WeakSecret(plain), CreatedAt: time.Now()}
	if c.NeedsReadableSecret() {
		kept.Sealed = h.box.Seal(t, []byte(plain), "client-secret", t.String(), c.ClientID, kept.ID.String())
	}
	return kept
}

// Make gives c a fresh secret, and none besides, if it needs one, and returns it; ""
// if it needs none.
func (h SecretHasher) Make(t tenant.ID, c *Client) string {
	c.Secrets = nil
	if !c.HasSecret() {
		return ""
	}
	plain := NewClientSecret(c.Metadata)
	c.Secrets = []ClientSecret{h.Keep(t, c, plain)}
	return plain
}

// Open returns a secret that was kept readable.
func (h SecretHasher) Open(t tenant.ID, clientID string, s ClientSecret) ([]byte, error) {
	return h.box.Open(t, s.Sealed, "client-secret", t.String(), clientID, s.ID.String())
}

// Readable returns the client's secrets that are live at now and were kept readable,
// newest first.
func (h SecretHasher) Readable(t tenant.ID, c *Client, now time.Time) [][]byte {
	var readable [][]byte
	for _, s := range c.Secrets {
		if !s.ExpiresAt.IsZero() && !now.Before(s.ExpiresAt) {
			continue
		}
		if plain, err := h.Open(t, c.ClientID, s); err == nil {
			readable = append(readable, plain)
		}
	}
	return readable
}

// Hash returns the 32 bytes that are kept of a client's secret.
func (h SecretHasher) Hash(t tenant.ID, clientID, plain string) []byte {
	return secret.MAC(h.key.Of(t), t.String(), clientID, plain)
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
