package engine

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/tenant"
)

// access is a minted access token.
type access struct {
	token string
	ttl   time.Duration
}

// target is what an access token is for.
type target struct {
	audience []string
	scopes   []string
	format   provider.TokenFormat
	alg      string
	ttl      time.Duration
}

// accessClaims are the claims of RFC 9068 §2.2, in the order they are written.
type accessClaims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience []string `json:"aud"`
	Expiry   int64    `json:"exp"`
	IssuedAt int64    `json:"iat"`
	JTI      string   `json:"jti"`
	ClientID string   `json:"client_id"`
	Scope    string   `json:"scope,omitempty"`
	AuthTime int64    `json:"auth_time,omitempty"`
	ACR      string   `json:"acr,omitempty"`
	AMR      []string `json:"amr,omitempty"`
	SID      string   `json:"sid,omitempty"`
}

// makeAccess mints the access token of a session: a JWT that no row is kept of, or
// an opaque token with its row, as the resource server wants it.
func (e *Engine) makeAccess(ctx context.Context, c *provider.Client, s *session) (access, error) {
	to, err := e.target(ctx, c, s)
	if err != nil {
		return access{}, err
	}
	t, now := tenant.Must(ctx), e.Now()
	claims := accessClaims{
		Issuer: t.Issuer, Subject: c.ClientID, Audience: to.audience, Expiry: now.Add(to.ttl).Unix(), IssuedAt: now.Unix(),
		JTI: newJTI(s.grant.ID), ClientID: c.ClientID, Scope: strings.Join(to.scopes, " "),
	}
	if s.grant.ID != uuid.Nil {
		claims.Subject, claims.ACR, claims.AMR, claims.SID = s.user.PublicID(), s.grant.ACR, s.grant.AMR, s.grant.SID
		claims.AuthTime = s.grant.AuthTime.Unix()
	}
	made := access{ttl: to.ttl}
	if to.format == provider.FormatOpaque {
		made.token = secret.Token(AccessPrefix)
		err = e.AccessTokens.Create(ctx, provider.AccessToken{
			Hash: hash(ctx, purposeAccess, made.token), JTI: claims.JTI, GrantID: s.grant.ID, ClientID: c.ID, Subject: claims.Subject,
			Scopes: to.scopes, Audience: to.audience, IssuedAt: now, ExpiresAt: now.Add(to.ttl),
		})
		return made, err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return access{}, fmt.Errorf("write access token: %w", err)
	}
	made.token, err = e.Signer.Sign(ctx, to.alg, "at+jwt", payload)
	return made, err
}

// newJTI is the grant's id and 96 random bits: the grant of a JWT is found without
// a row for every token. Client credentials have the zero id.
func newJTI(grant uuid.UUID) string {
	var b [28]byte
	copy(b[:16], grant[:])
	_, _ = rand.Read(b[16:]) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// grantOf reads the grant back out of a jti.
func grantOf(jti string) (uuid.UUID, error) {
	raw, err := base64.RawURLEncoding.DecodeString(jti)
	if err != nil || len(raw) != 28 {
		return uuid.Nil, provider.ErrTokenUnknown
	}
	return uuid.UUID(raw[:16]), nil
}

// target finds the resource servers of a token: those asked for, else those whose
// scopes it has. openid adds the issuer, which is the audience of userinfo; a
// token for nobody in particular is for the issuer too.
func (e *Engine) target(ctx context.Context, c *provider.Client, s *session) (target, error) {
	all, err := e.ResourceServers.All(ctx)
	if err != nil {
		return target{}, fmt.Errorf("list resource servers: %w", err)
	}
	t := tenant.Must(ctx)
	chosen := choose(all, s.resources, s.scopes)
	to := target{format: provider.FormatJWT, alg: provider.AlgAccessToken, ttl: t.Settings.AccessTokenTTL.Or(tenant.DefaultAccessTokenTTL)}
	for i, server := range chosen {
		to.audience = append(to.audience, server.Identifier)
		if i > 0 && (server.Format != chosen[0].Format || server.SigningAlg != chosen[0].SigningAlg) {
			return target{}, refusal("invalid_target", "the requested resources take different kinds of token: ask for one at a time")
		}
		if server.TokenTTL > 0 {
			to.ttl = min(to.ttl, time.Duration(server.TokenTTL)*time.Second)
		}
	}
	if len(chosen) > 0 {
		to.format = chosen[0].Format
		if chosen[0].SigningAlg != "" {
			to.alg = chosen[0].SigningAlg
		}
	}
	if len(chosen) == 0 || slices.Contains(s.scopes, provider.ScopeOpenID) {
		to.audience = append(to.audience, t.Issuer)
	}
	if c.AccessTokenTTL > 0 {
		to.ttl = time.Duration(c.AccessTokenTTL) * time.Second
	}
	to.scopes = scopesFor(all, chosen, s.scopes)
	return to, nil
}

func choose(all []provider.ResourceServer, asked, scopes []string) []provider.ResourceServer {
	var chosen []provider.ResourceServer
	for _, server := range all {
		if len(asked) > 0 {
			if slices.Contains(asked, server.Identifier) {
				chosen = append(chosen, server)
			}
			continue
		}
		if slices.ContainsFunc(server.Scopes, func(sc provider.Scope) bool { return slices.Contains(scopes, sc.Name) }) {
			chosen = append(chosen, server)
		}
	}
	return chosen
}

// scopesFor leaves out scopes that only other resource servers know.
func scopesFor(all, chosen []provider.ResourceServer, scopes []string) []string {
	has := func(servers []provider.ResourceServer, name string) bool {
		return slices.ContainsFunc(servers, func(s provider.ResourceServer) bool {
			return slices.ContainsFunc(s.Scopes, func(sc provider.Scope) bool { return sc.Name == name })
		})
	}
	kept := make([]string, 0, len(scopes))
	for _, name := range scopes {
		if !has(all, name) || has(chosen, name) {
			kept = append(kept, name)
		}
	}
	return kept
}

func isMissing(err error) bool { return errors.Is(err, fault.NotFound) }
