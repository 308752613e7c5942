package provider

import (
	"context"

	"plinto/internal/secret"
	"plinto/tenant"
)

// Prefixes of codes and tokens.
const (
	CodePrefix    = "plac_"
	RefreshPrefix = "plrt_"
	AccessPrefix  = "plat_"
)

// Purposes of HashToken. A token of one purpose is never taken for another's.
const (
	PurposeCode    = "code"
	PurposeRefresh = "refresh"
	PurposeAccess  = "access"
)

// HashToken is how a code or token of the context's tenant is kept.
func HashToken(ctx context.Context, purpose, token string) []byte {
	return secret.Hash(purpose, tenant.Must(ctx).ID, token)
}

// AccessClaims are the claims of RFC 9068 §2.2, in the order they are written.
type AccessClaims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience []string `json:"aud"`
	Expiry   int64    `json:"exp"` // seconds since 1970, like the next
	IssuedAt int64    `json:"iat"`
	JTI      string   `json:"jti"`
	ClientID string   `json:"client_id"`
	Scope    string   `json:"scope,omitempty"`
	AuthTime int64    `json:"auth_time,omitempty"`
	ACR      string   `json:"acr,omitempty"`
	AMR      []string `json:"amr,omitempty"`
	SID      string   `json:"sid,omitempty"`
	OrganizationClaims
}

// OfUser adds what a token says when a user stands behind it.
func (c *AccessClaims) OfUser(subject string, g *Grant) {
	c.Subject, c.AuthTime, c.ACR, c.AMR, c.SID = subject, g.AuthTime.Unix(), g.ACR, g.AMR, g.SID
}
