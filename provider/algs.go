package provider

// Signature algorithms by use.
const (
	// AlgIDToken is the default of ID tokens: what OpenID Connect Registration §2
	// says, and what libraries insist on.
	AlgIDToken = "RS256"
	// AlgAccessToken is the default of access tokens: thirty times cheaper to sign.
	AlgAccessToken = "ES256"
)

// SigningAlgs are what a tenant can sign with.
var SigningAlgs = []string{"RS256", "ES256"}
