package tenant

import "encoding/json"

// Modes of dynamic client registration (RFC 7591 §3).
const (
	RegistrationOff   = "off"   // the default
	RegistrationToken = "token" // who has an initial access token may register
	RegistrationOpen  = "open"  // anybody may
)

// Shipped defaults of Registration.
const (
	DefaultMaxClients = 1000
	DefaultPerHour    = 10
)

// Registration is who may register clients, and how many. The zero value lets
// nobody.
type Registration struct {
	Mode string `json:"mode,omitempty" yaml:"mode"`
	// MaxClients is how many clients that registered themselves there may be; zero: DefaultMaxClients.
	MaxClients int `json:"max_clients,omitempty" yaml:"max_clients"`
	// PerHour is how often one address may register without a token; zero: DefaultPerHour.
	PerHour int `json:"per_hour,omitempty" yaml:"per_hour"`
	// TrustRedirects sends users on to clients that registered without a token even
	// when they have not seen where they go: for test installations.
	TrustRedirects bool `json:"trust_redirects,omitempty" yaml:"trust_redirects"`
	// Resources are the resource servers (RFC 8707) that clients which registered
	// themselves may ask for; none by default.
	Resources []string `json:"resources,omitempty" yaml:"resources"`
	// StatementIssuers are those whose software statements are believed (RFC 7591 §2.3).
	StatementIssuers []StatementIssuer `json:"software_statement_issuers,omitempty" yaml:"software_statement_issuers"`
}

// A StatementIssuer signs software statements, with one of its keys: JWKS holds
// them, or JWKSURI says where they are.
type StatementIssuer struct {
	Issuer  string          `json:"issuer" yaml:"issuer"` // the exact iss claim
	JWKS    json.RawMessage `json:"jwks,omitempty" yaml:"jwks"`
	JWKSURI string          `json:"jwks_uri,omitempty" yaml:"jwks_uri"`
}

// Quota returns how many clients may register themselves.
func (r Registration) Quota() int { return or(r.MaxClients, DefaultMaxClients) }

// Rate returns how often an hour one address may register without a token.
func (r Registration) Rate() int { return or(r.PerHour, DefaultPerHour) }

func or(n, fallback int) int {
	if n == 0 {
		return fallback
	}
	return n
}
