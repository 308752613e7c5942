package engine

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/ory/fosite"

	"plinto/internal/scope"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// refreshGrant exchanges refresh tokens (RFC 6749 §6, RFC 9700 §4.14.2).
type refreshGrant struct{ *Engine }

// CanHandleTokenEndpointRequest implements fosite.TokenEndpointHandler.
func (*refreshGrant) CanHandleTokenEndpointRequest(context.Context, fosite.AccessRequester) bool {
	return true
}

// CanSkipClientAuth implements fosite.TokenEndpointHandler.
func (*refreshGrant) CanSkipClientAuth(context.Context, fosite.AccessRequester) bool { return false }

// HandleTokenEndpointRequest rotates the token. Whatever can be refused is refused
// before, so that a client's mistake costs it no token.
func (g *refreshGrant) HandleTokenEndpointRequest(ctx context.Context, r fosite.AccessRequester) error {
	c, form, s := presented(r), web.Form(r.GetRequestForm()), sessionOf(r)
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
	allowed, err := g.stillAllowed(ctx, c, want)
	if err != nil {
		return err
	}
	if !secret.WellFormed(RefreshPrefix, token) {
		return g.guessed(ctx, c, provider.ErrRefreshUnknown)
	}
	if err := g.checkResources(ctx, c, s, token, form["resource"]); err != nil {
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
	if err := g.plan(ctx, c, s, form["resource"]); err != nil {
		return err
	}
	return g.keep(ctx, c, s)
}

// stillAllowed returns the scopes that the client may ask for today. A grant does
// not keep alive what was taken from its client since: without offline_access
// nothing is renewed, other scopes are left out, and asking for one is refused.
func (g *refreshGrant) stillAllowed(ctx context.Context, c *provider.Client, want []string) ([]string, error) {
	allowed, err := g.scopes.Allowed(ctx, c)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(allowed, provider.ScopeOffline) {
		return nil, refusal("invalid_grant", "the client may not have offline access")
	}
	if !scope.Subset(want, allowed) {
		return nil, refusal("invalid_scope", "a requested scope is not allowed for the client")
	}
	return allowed, nil
}

// checkResources compares the resources asked for with the grant's, if any are.
// About a token that cannot be used it says nothing: rotating it does.
func (g *refreshGrant) checkResources(ctx context.Context, c *provider.Client, s *session, token string, asked []string) error {
	if len(asked) == 0 {
		return nil
	}
	grant, _, err := g.RefreshTokens.Inspect(ctx, hash(ctx, purposeRefresh, token))
	if errors.Is(err, provider.ErrTokenUnknown) || err == nil && grant.ClientID != c.ID {
		return nil
	}
	if err == nil {
		_, err = provider.NarrowResources(s.servers, c, &grant, asked)
	}
	return targetRefused(err)
}

// rotate exchanges the token and notes the successor in s. It is kept sealed under
// a key that only the presented token yields, so that a client whose answer was
// lost gets the same one again, and a copy of the database opens none.
func (g *refreshGrant) rotate(ctx context.Context, c *provider.Client, s *session, token string, want []string) (provider.Rotation, error) {
	t, next := tenant.Must(ctx), secret.Token(RefreshPrefix)
	box, err := successorBox(token)
	if err != nil {
		return provider.Rotation{}, err
	}
	rotation, err := g.RefreshTokens.Rotate(ctx, c.ID, hash(ctx, purposeRefresh, token),
		provider.RefreshToken{Hash: hash(ctx, purposeRefresh, next), IdleTTL: t.Settings.RefreshIdleTTL.Or(tenant.DefaultRefreshIdleTTL)},
		box.Seal([]byte(next), t.ID.String()), want, t.Settings.RefreshGrace.Or(tenant.DefaultRefreshGrace))
	if err != nil {
		return provider.Rotation{}, err
	}
	if rotation.Retried {
		opened, err := box.Open(rotation.Successor, t.ID.String())
		if err != nil {
			return provider.Rotation{}, fmt.Errorf("open successor: %w", err)
		}
		next = string(opened)
	}
	s.response.RefreshToken = next
	return rotation, nil
}

// successorBox derives its key from the presented token, which is 256 bits at
// random. The hash that is kept of the token has another prefix, and is no help.
func successorBox(token string) (*secret.Box, error) {
	return secret.NewBox(sha256.Sum256([]byte("plinto/successor/v1" + token)))
}

// PopulateTokenEndpointResponse implements fosite.TokenEndpointHandler.
func (g *refreshGrant) PopulateTokenEndpointResponse(ctx context.Context, r fosite.AccessRequester, resp fosite.AccessResponder) error {
	return g.respond(ctx, r, resp)
}
