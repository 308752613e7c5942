package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"plinto/internal/jwt"
	"plinto/internal/scope"
	"plinto/provider"
	"plinto/provider/seal"
	"plinto/tenant"
)

// idClaims are the claims of OpenID Connect Core 1.0 §2. Claims about the user go
// to userinfo (§5.4) unless the client or the claims parameter asks for them here.
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
	AtHash   string   `json:"at_hash,omitempty"`
	CHash    string   `json:"c_hash,omitempty"`
	SID      string   `json:"sid,omitempty"`
	provider.OrganizationClaims
}

// signID makes the ID token of a grant with openid, once the access token and the
// code it hashes are there. After a refresh there is no nonce (§12.2).
func (e *Engine) signID(ctx context.Context, c *provider.Client, s *session) error {
	if s.grant.ID == uuid.Nil || !slices.Contains(s.scopes, provider.ScopeOpenID) {
		return nil
	}
	t, now, alg := tenant.Must(ctx), e.Now(), c.IDTokenSignedAlg
	if alg == "" {
		alg = provider.AlgIDToken
	}
	ttl := min(t.Settings.IDTokenTTL.Or(tenant.DefaultIDTokenTTL), provider.MaxTokenTTL)
	claims := idClaims{
		Issuer: t.Issuer, Subject: e.subjects.Of(t.ID, c, s.grant.UserID), Audience: c.ClientID, Expiry: now.Add(ttl).Unix(), IssuedAt: now.Unix(),
		AuthTime: s.grant.AuthTime.Unix(), Nonce: s.nonce, ACR: s.grant.ACR, AMR: s.grant.AMR, SID: s.grant.SID,
	}
	// Permissions can be many: they are in the access token, and had from userinfo.
	about, err := s.grant.Organization.ClaimsOf(ctx, e.Roles, scope.Without(s.scopes, []string{provider.ScopePermissions}))
	if err != nil {
		return fmt.Errorf("resolve roles: %w", err)
	}
	claims.OrganizationClaims = about
	if s.access.token != "" {
		claims.AtHash = jwt.HalfHash(alg, s.access.token)
	}
	if s.code != "" {
		claims.CHash = jwt.HalfHash(alg, s.code)
	}
	payload, err := json.Marshal(&claims)
	if err != nil {
		return fmt.Errorf("write ID token: %w", err)
	}
	if payload, err = withUserClaims(payload, c, s); err != nil {
		return err
	}
	s.response.IDToken, err = e.Sealer.Seal(ctx, c, seal.Sealing{SignAlg: alg, EncryptAlg: c.IDTokenEncryptedAlg, EncryptEnc: c.IDTokenEncryptedEnc}, "", payload)
	return err
}

// aboutUser are the claims about the user that go into the ID token: what the
// claims parameter asks for there (OpenID Connect Core 1.0 §5.5), those of the
// scopes when there is no access token to ask userinfo with (§5.4), and all of
// userinfo's for clients that read nothing but ID tokens.
func aboutUser(c *provider.Client, s *session) map[string]any {
	claims := map[string]any{}
	switch {
	case c.ClaimsInIDToken:
		claims = provider.UserinfoClaims("", &s.user, s.scopes, s.grant.Claims)
		delete(claims, "sub")
	case s.input != nil && s.input.Request.ResponseType == "id_token":
		claims = provider.ScopeClaims(&s.user, s.scopes)
	}
	wanted := provider.RequestedClaims(s.grant.Claims, "id_token")
	if len(wanted) == 0 {
		return claims
	}
	all := provider.UserClaims(&s.user)
	for _, name := range wanted {
		if value, known := all[name]; known {
			claims[name] = value
		}
	}
	return claims
}

// maxUserClaims bounds the claims about the user in an ID token, in bytes of JSON:
// it travels in headers and comes back as id_token_hint.
const maxUserClaims = 4096

// withUserClaims adds claims about the user, the shortest first while there is room:
// the others are had from userinfo. It can add, never replace.
func withUserClaims(payload []byte, c *provider.Client, s *session) ([]byte, error) {
	about := aboutUser(c, s)
	if len(about) == 0 {
		return payload, nil
	}
	var claims map[string]json.RawMessage
	if err := json.Unmarshal(payload, &claims); err != nil {
		return nil, fmt.Errorf("read ID token claims: %w", err)
	}
	room := maxUserClaims
	for _, claim := range shortestFirst(about) {
		if _, taken := claims[claim.name]; taken {
			continue
		}
		if room -= len(claim.name) + len(claim.value); room < 0 {
			break
		}
		claims[claim.name] = claim.value
	}
	out, err := json.Marshal(claims)
	if err != nil {
		return nil, fmt.Errorf("write ID token: %w", err)
	}
	return out, nil
}

type claim struct {
	name  string
	value json.RawMessage
}

func shortestFirst(about map[string]any) []claim {
	claims := make([]claim, 0, len(about))
	for name, value := range about {
		if raw, err := json.Marshal(value); err == nil { // texts, numbers and an address: it can be written
			claims = append(claims, claim{name, raw})
		}
	}
	slices.SortFunc(claims, func(a, b claim) int {
		return cmp.Or(cmp.Compare(len(a.value), len(b.value)), cmp.Compare(a.name, b.name))
	})
	return claims
}
