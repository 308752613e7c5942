package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/logs"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// access is an access token being made: planned from what is in memory, then, if
// opaque, stored with the rest of the grant, then, if a JWT, signed.
type access struct {
	target provider.Target
	claims provider.AccessClaims
	token  string
	ttl    time.Duration
}

// plan decides what the access token will be. asked are the resources of the token
// request. The subject of a token without a user is the client_id, which
// provider.CheckClientID keeps apart from users' ids (RFC 9068 §5).
func (e *Engine) plan(ctx context.Context, c *provider.Client, s *session, asked []string) error {
	t, now := tenant.Must(ctx), e.Now()
	var target provider.Target
	var err error
	if s.grant.ID != uuid.Nil {
		target, err = provider.TargetOfGrant(s.servers, t, c, &s.grant, asked, s.scopes)
	} else {
		target, err = provider.TargetOf(s.servers, t, c, asked, s.scopes)
	}
	if err != nil {
		return targetRefused(err)
	}
	ttl := accessTTL(t, c, target)
	s.access = access{target: target, ttl: ttl, claims: provider.AccessClaims{
		Issuer: t.Issuer, Subject: c.ClientID, Audience: target.Audience, Expiry: now.Add(ttl).Unix(), IssuedAt: now.Unix(),
		ClientID: c.ClientID, Scope: strings.Join(target.Scopes, " "),
	}}
	if s.grant.ID != uuid.Nil {
		logs.NoteID(ctx, logs.UserID, identity.UserPrefix, s.grant.UserID)
		s.access.claims.JTI = provider.NewJTI(s.grant.ID)
		s.access.claims.OfUser(e.subjects.Of(t.ID, c, s.grant.UserID), &s.grant)
		if s.access.claims.OrganizationClaims, err = s.grant.Organization.ClaimsOf(ctx, e.Roles, target.Scopes); err != nil {
			return fmt.Errorf("resolve roles: %w", err)
		}
	} else {
		s.access.claims.JTI = provider.NewClientJTI(c)
	}
	return nil
}

// accessTTL is the shortest that client and resource servers ask for, or else the
// tenant's.
func accessTTL(t *tenant.Tenant, c *provider.Client, to provider.Target) time.Duration {
	ttl := to.TTL
	if own := time.Duration(c.AccessTokenTTL) * time.Second; own > 0 && (ttl == 0 || own < ttl) {
		ttl = own
	}
	if ttl == 0 {
		ttl = t.Settings.AccessTokenTTL.Or(tenant.DefaultAccessTokenTTL)
	}
	return min(ttl, provider.MaxTokenTTL)
}

// mayKeep reports whether keep can have something to store: whether the tenant has a
// resource server that wants opaque tokens.
func mayKeep(s *session) bool {
	return slices.ContainsFunc(s.servers, func(r provider.ResourceServer) bool { return r.Format == provider.FormatOpaque })
}

// keep stores an opaque access token. Of a JWT nothing is kept.
func (e *Engine) keep(ctx context.Context, c *provider.Client, s *session) error {
	a := &s.access
	if a.target.Format != provider.FormatOpaque {
		return nil
	}
	a.token = secret.Token(provider.AccessPrefix)
	now := e.Now()
	return e.AccessTokens.Create(ctx, provider.AccessToken{
		Hash: provider.HashToken(ctx, provider.PurposeAccess, a.token), JTI: a.claims.JTI, GrantID: s.grant.ID, ClientID: c.ID, Subject: a.claims.Subject,
		Scopes: a.target.Scopes, Audience: a.target.Audience, IssuedAt: now, ExpiresAt: now.Add(a.ttl),
	})
}

// sign signs a JWT access token. An opaque one is finished already.
func (e *Engine) sign(ctx context.Context, s *session) (err error) {
	a := &s.access
	if a.token != "" {
		return nil
	}
	payload, err := json.Marshal(&a.claims)
	if err != nil {
		return fmt.Errorf("write access token: %w", err)
	}
	a.token, err = e.Signer.Sign(ctx, a.target.SigningAlg, "at+jwt", payload)
	return err
}

// respond is the second half of every grant: it signs, and fills in the response. When
// signing fails, the code or token is spent, but no token was given out.
func (e *Engine) respond(ctx context.Context, c *provider.Client, s *session) error {
	if err := e.sign(ctx, s); err != nil {
		return err
	}
	if err := e.signID(ctx, c, s); err != nil {
		return err
	}
	out := &s.response
	out.AccessToken, out.TokenType = s.access.token, "Bearer"
	out.ExpiresIn, out.Scope = int64(s.access.ttl/time.Second), s.access.claims.Scope
	return nil
}

// prepare notes the tenant's resource servers and sees to its keys, before any
// transaction: a code must not be spent by an instance that cannot sign yet.
func (e *Engine) prepare(ctx context.Context, s *session) (err error) {
	if s.servers, err = e.ResourceServers.All(ctx); err != nil {
		return fmt.Errorf("list resource servers: %w", err)
	}
	return e.Signer.Ready(ctx)
}

// targetRefused says in OAuth's words why a token cannot be for what was asked.
func targetRefused(err error) error {
	for _, known := range []*fault.Error{provider.ErrTargetUnknown, provider.ErrTargetUnscoped, provider.ErrTargetsDiffer} {
		if errors.Is(err, known) {
			return &web.OAuthError{Code: "invalid_target", Description: known.Message, Cause: err}
		}
	}
	return err
}
