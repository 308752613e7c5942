package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/ory/fosite"

	"plinto/internal/jwt"
	"plinto/provider"
	"plinto/tenant"
)

// respond writes what a grant has minted, with an ID token where openid was granted.
func (e *Engine) respond(ctx context.Context, c *provider.Client, s *session, resp fosite.AccessResponder) error {
	resp.SetAccessToken(s.access.token)
	resp.SetTokenType("Bearer")
	resp.SetExpiresIn(s.access.ttl)
	resp.SetScopes(s.scopes)
	if s.refresh != "" {
		resp.SetExtra("refresh_token", s.refresh)
	}
	if s.grant.ID == uuid.Nil || !slices.Contains(s.scopes, provider.ScopeOpenID) {
		return nil
	}
	id, err := e.makeIDToken(ctx, c, s)
	if err != nil {
		return err
	}
	resp.SetExtra("id_token", id)
	return nil
}

// idClaims are the claims of OpenID Connect Core 1.0 §2. Claims about the user go
// to userinfo (§5.4) unless the claims parameter asks for them here.
type idClaims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience string   `json:"aud"`
	Expiry   int64    `json:"exp"`
	IssuedAt int64    `json:"iat"`
	AuthTime int64    `json:"auth_time"`
	Nonce    string   `json:"nonce,omitempty"`
	ACR      string   `json:"acr,omitempty"`
	AMR      []string `json:"amr,omitempty"`
	AtHash   string   `json:"at_hash"`
	SID      string   `json:"sid,omitempty"`
}

func (e *Engine) makeIDToken(ctx context.Context, c *provider.Client, s *session) (string, error) {
	t, now := tenant.Must(ctx), e.Now()
	alg := c.IDTokenSignedAlg
	if alg == "" {
		alg = provider.AlgIDToken
	}
	payload, err := json.Marshal(idClaims{
		Issuer: t.Issuer, Subject: s.user.PublicID(), Audience: c.ClientID,
		Expiry: now.Add(t.Settings.IDTokenTTL.Or(tenant.DefaultIDTokenTTL)).Unix(), IssuedAt: now.Unix(),
		AuthTime: s.grant.AuthTime.Unix(), Nonce: s.nonce, ACR: s.grant.ACR, AMR: s.grant.AMR,
		AtHash: jwt.HalfHash(alg, s.access.token), SID: s.grant.SID,
	})
	if err != nil {
		return "", fmt.Errorf("write ID token: %w", err)
	}
	if payload, err = withRequested(payload, s); err != nil {
		return "", err
	}
	return e.Signer.Sign(ctx, alg, "", payload)
}

// withRequested adds what the claims parameter asks of the ID token (OpenID
// Connect Core 1.0 §5.5). It can add, never replace.
func withRequested(payload []byte, s *session) ([]byte, error) {
	wanted := provider.RequestedClaims(s.grant.Claims, "id_token")
	if len(wanted) == 0 {
		return payload, nil
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		return nil, fmt.Errorf("read ID token claims: %w", err)
	}
	all := provider.UserClaims(&s.user)
	for _, name := range wanted {
		if _, taken := claims[name]; taken {
			continue
		}
		if value, ok := all[name]; ok {
			claims[name] = value
		}
	}
	return json.Marshal(claims)
}
