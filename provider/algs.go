package provider

import "plinto/internal/jwt"

// Signature algorithms by use.
const (
	// AlgIDToken is the default of ID tokens: what OpenID Connect Registration §2
	// says, and what libraries insist on.
	AlgIDToken = "RS256"
	// AlgAccessToken is the default of access tokens: thirty times cheaper to sign.
	AlgAccessToken = "ES256"
)

// DefaultAlgs are those every tenant has a key for; keys of others are made when
// they first sign.
var DefaultAlgs = []string{AlgIDToken, AlgAccessToken}

// SigningAlgs are what a tenant can sign with.
var SigningAlgs = jwt.Asymmetric()
