package engine

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"plinto/event"
	"plinto/internal/scope"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/provider/grants"
	"plinto/tenant"
)

// refreshGrant exchanges refresh tokens (RFC 6749 §6, RFC 9700 §4.14.2).
type refreshGrant struct{ *Engine }

// exchange rotates the token. Whatever can be refused is refused
// before, so that a client's mistake costs it no token.
func (g *refreshGrant) exchange(ctx context.Context, c *provider.Client, form web.Form, s *session) error {
	if !c.HasGrant(provider.GrantRefresh) {
		return refusal("unauthorized_client", "the client is not registered for the grant type")
	}
	token := form.Get("refresh_token")
	if token == "" {
		return refusal("invalid_request", "refresh_token is missing")
	}
	want, err := scope.Parse(form.Get("scope"))
	if err != nil {
		return refusal("invalid_scope", "scope is malformed")
	}
	if err := g.prepare(ctx, s); err != nil {
		return err
	}
	allowed, want, err := g.stillAllowed(ctx, c, want)
	if err != nil {
		return err
	}
	if !secret.WellFormed(provider.RefreshPrefix, token) {
		return g.guessed(ctx, c, provider.ErrRefreshUnknown)
	}
	if err := g.checkResources(ctx, c, s, token, form.Given("resource"), want); err != nil {
		return err
	}
	rotation, err := g.rotate(ctx, c, s, token, want)
	if errors.Is(err, provider.ErrRefreshUnknown) {
		return g.guessed(ctx, c, err)
	}
	if err != nil {
		return err
	}
	s.grant, s.user, s.scopes = rotation.Grant, rotation.User, rotation.Grant.Scopes
	if len(want) > 0 {
		s.scopes = want
	}
	s.scopes = scope.Among(s.scopes, allowed)
	s.grant.Claims = provider.ClaimsWithin(s.grant.Claims, allowed)
	if err := g.plan(ctx, c, s, form.Given("resource")); err != nil {
		return err
	}
	return g.keep(ctx, c, s)
}

// stillAllowed returns the scopes that the client may have today, and those of want among them. Libraries ask again
// for all that they once asked for, so what the authorization request was given without is left out here by the
// same rule: not to strict clients, never openid, and not when nothing else was asked for. Scopes that were taken from
// the client since the grant are no more than that; without offline_access nothing is renewed.
func (g *refreshGrant) stillAllowed(ctx context.Context, c *provider.Client, want []string) (allowed, kept []string, err error) {
	allowed, err = g.scopes.Allowed(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	if !slices.Contains(allowed, provider.ScopeOffline) {
		return nil, nil, refusal("invalid_grant", "the client may not have offline access")
	}
	kept = scope.Among(want, allowed)
	openid := slices.Contains(want, provider.ScopeOpenID) && !slices.Contains(kept, provider.ScopeOpenID)
	if len(kept) < len(want) && (c.Strict() || len(kept) == 0 || openid) {
		return nil, nil, refusal("invalid_scope", "a requested scope is unknown or not allowed for the client")
	}
	return allowed, kept, nil
}

// checkResources compares the resources asked for with the grant's, if any are, before
// the token is used up. It returns no error for a token that is not valid: rotate does.
func (g *refreshGrant) checkResources(ctx context.Context, c *provider.Client, s *session, token string, asked, want []string) error {
	if len(asked) == 0 {
		return nil
	}
	grant, _, err := g.RefreshTokens.Inspect(ctx, provider.HashToken(ctx, provider.PurposeRefresh, token))
	if errors.Is(err, provider.ErrTokenUnknown) || err == nil && grant.ClientID != c.ID {
		return nil
	}
	if err != nil {
		return err
	}
	if len(want) == 0 {
		want = grant.Scopes
	}
	_, err = provider.TargetOfGrant(s.servers, tenant.Must(ctx), c, &grant, asked, want)
	return targetRefused(err)
}

// rotate exchanges the token and notes the successor in s. It is kept sealed under
// a key that only the presented token yields, so that a client whose answer was
// lost gets the same one again, and a copy of the database opens none.
func (g *refreshGrant) rotate(ctx context.Context, c *provider.Client, s *session, token string, want []string) (provider.Rotation, error) {
	t, next, now := tenant.Must(ctx), secret.Token(provider.RefreshPrefix), g.Now()
	box, err := successorBox(token)
	if err != nil {
		return provider.Rotation{}, err
	}
	rotation, err := g.Grants.Rotate(ctx, grants.Use{
		ClientID: c.ID, Token: provider.HashToken(ctx, provider.PurposeRefresh, token), Want: want,
		Grace: t.Settings.Grace(),
		Meets: func(g *provider.Grant) bool {
			demands := provider.DemandsOf(&t.Settings, &g.Organization.Policy)
			return demands.Allow(g, now)
		},
	}, g.refreshToken(ctx, s, next), box.Seal([]byte(next), t.ID.String()))
	if err != nil {
		return provider.Rotation{}, err
	}
	if len(rotation.Successors) > 0 {
		next, err = follow(token, rotation.Successors, t.ID.String())
	}
	s.response.RefreshToken = next
	return rotation, err
}

// purposeDevice is of the browsers that refresh tokens are given to.
const purposeDevice = "device"

// refreshToken is how a token is kept, and who is given it.
func (e *Engine) refreshToken(ctx context.Context, s *session, token string) provider.RefreshToken {
	t := tenant.Must(ctx)
	kept := provider.RefreshToken{
		Hash: provider.HashToken(ctx, provider.PurposeRefresh, token), IdleTTL: t.Settings.RefreshIdleTTL.Or(tenant.DefaultRefreshIdleTTL),
		Holder: provider.Party{Address: event.OriginFrom(ctx).IP},
	}
	if s.device != "" {
		kept.Holder.Device = provider.HashToken(ctx, purposeDevice, s.device)
	}
	return kept
}

// follow decrypts the chain of successors and returns the last one, which is not used yet.
// A client that got a successor that another of its tabs has used since would keep it, and
// its reuse would later revoke the grant. The client could get the last one by itself: each
// successor is within its own grace time.
func follow(token string, successors [][]byte, context string) (string, error) {
	for _, sealed := range successors {
		box, err := successorBox(token)
		if err != nil {
			return "", err
		}
		opened, err := box.Open(sealed, context)
		if err != nil {
			return "", fmt.Errorf("open successor: %w", err)
		}
		token = string(opened)
	}
	return token, nil
}

// successorBox derives its key from the presented token, which is 256 bits at
// random. The hash that is kept of the token has another prefix, and is no help.
func successorBox(token string) (*secret.Box, error) {
	return secret.NewBox(sha256.Sum256([]byte("plinto/successor/v1" + token)))
}
