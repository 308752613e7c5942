package engine

import (
	"context"
	"errors"

	"plinto/internal/scope"
	"plinto/internal/web"
	"plinto/provider"
)

// clientCredentials gives clients tokens of their own (RFC 6749 §4.4). With JWT
// access tokens it sends no SQL when warm.
type clientCredentials struct{ *Engine }

// exchange gives the client a token for its own scopes.
func (g *clientCredentials) exchange(ctx context.Context, c *provider.Client, form web.Form, s *session) error {
	if !c.HasGrant(provider.GrantClientCredentials) || c.Public() {
		return refusal("unauthorized_client", "the client is not registered for the grant type")
	}
	err := g.prepare(ctx, s)
	if err != nil {
		return err
	}
	if s.scopes, err = g.scopesFor(ctx, c, s.servers, form); err != nil {
		return err
	}
	if err := g.plan(ctx, c, s, form.Given("resource")); err != nil {
		return err
	}
	return g.keep(ctx, c, s)
}

// scopesFor returns the scopes asked for that the client may have, or its defaults.
// There is no user, so scopes about one are left out, and refused to strict clients.
func (g *clientCredentials) scopesFor(ctx context.Context, c *provider.Client, servers []provider.ResourceServer, form web.Form) ([]string, error) {
	asked, err := scope.Parse(form.Get("scope"))
	if err != nil {
		return nil, refusal("invalid_scope", "scope is malformed")
	}
	resources, err := provider.RegisteredResources(servers, form.Given("resource"))
	if err != nil {
		return nil, targetRefused(err)
	}
	chosen, err := g.scopes.Choose(ctx, c, asked, resources)
	if err != nil {
		return nil, scopeRefused(err)
	}
	own := scope.Without(chosen, provider.StandardScopes)
	if len(asked) > 0 && (len(own) == 0 || c.Strict() && len(own) < len(chosen)) {
		return nil, refusal("invalid_scope", "a requested scope is unknown, not allowed for the client, or about a user")
	}
	return own, nil
}

// scopeRefused says in OAuth's words why scopes cannot be had.
func scopeRefused(err error) error {
	switch {
	case errors.Is(err, provider.ErrScopeMissing):
		return refusal("invalid_scope", "scope is missing")
	case errors.Is(err, provider.ErrScopeRefused):
		return refusal("invalid_scope", "a requested scope is unknown or not allowed for the client")
	}
	return err
}
