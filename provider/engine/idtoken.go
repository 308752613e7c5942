package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"plinto/internal/jwt"
	"plinto/provider"
	"plinto/tenant"
)

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

// signID makes the ID token of a grant with openid, once the access token it
// hashes is there. After a refresh there is no nonce (§12.2).
func (e *Engine) signID(ctx context.Context, c *provider.Client, s *session) error {
	if s.grant.ID == uuid.Nil || !slices.Contains(s.scopes, provider.ScopeOpenID) {
		return nil
	}
	t, now, alg := tenant.Must(ctx), e.Now(), c.IDTokenSignedAlg
	if alg == "" {
		alg = provider.AlgIDToken
	}
	ttl := min(t.Settings.IDTokenTTL.Or(tenant.DefaultIDTokenTTL), provider.MaxTokenTTL)
	payload, err := json.Marshal(&idClaims{
		Issuer: t.Issuer, Subject: s.user.PublicID(), Audience: c.ClientID, Expiry: now.Add(ttl).Unix(), IssuedAt: now.Unix(),
		AuthTime: s.grant.AuthTime.Unix(), Nonce: s.nonce, ACR: s.grant.ACR, AMR: s.grant.AMR,
		AtHash: jwt.HalfHash(alg, s.access.token), SID: s.grant.SID,
	})
	if err != nil {
		return fmt.Errorf("write ID token: %w", err)
	}
	if payload, err = withRequested(payload, s); err != nil {
		return err
	}
	s.response.IDToken, err = e.Signer.Sign(ctx, alg, "", payload)
	return err
}

// withRequested adds what the claims parameter asks of the ID token (OpenID
// Connect Core 1.0 §5.5). It can add, never replace.
func withRequested(payload []byte, s *session) ([]byte, error) {
	wanted := provider.RequestedClaims(s.grant.Claims, "id_token")
	if len(wanted) == 0 {
		return payload, nil
	}
	var claims map[string]json.RawMessage
	if err := json.Unmarshal(payload, &claims); err != nil {
		return nil, fmt.Errorf("read ID token claims: %w", err)
	}
	all := provider.UserClaims(&s.user)
	for _, name := range wanted {
		value, known := all[name]
		if _, taken := claims[name]; taken || !known {
			continue
		}
		raw, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("write claim %s: %w", name, err)
		}
		claims[name] = raw
	}
	out, err := json.Marshal(claims)
	if err != nil {
		return nil, fmt.Errorf("write ID token: %w", err)
	}
	return out, nil
}
