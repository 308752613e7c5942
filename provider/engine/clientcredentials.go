package engine

import (
	"context"
	"slices"

	"github.com/ory/fosite"

	"plinto/internal/scope"
	"plinto/internal/web"
	"plinto/provider"
)

// clientCredentials gives clients tokens of their own (RFC 6749 §4.4). With JWT
// access tokens it sends no SQL when warm.
type clientCredentials struct{ *Engine }

// CanHandleTokenEndpointRequest implements fosite.TokenEndpointHandler.
func (*clientCredentials) CanHandleTokenEndpointRequest(context.Context, fosite.AccessRequester) bool {
	return true
}

// CanSkipClientAuth implements fosite.TokenEndpointHandler.
func (*clientCredentials) CanSkipClientAuth(context.Context, fosite.AccessRequester) bool {
	return false
}

// HandleTokenEndpointRequest implements fosite.TokenEndpointHandler.
func (g *clientCredentials) HandleTokenEndpointRequest(ctx context.Context, r fosite.AccessRequester) error {
	c, form, s := presented(r), web.Form(r.GetRequestForm()), sessionOf(r)
	if !c.HasGrant(provider.GrantClientCredentials) || c.Public() {
		return refusal("unauthorized_client", "the client is not registered for the grant type")
	}
	err := g.prepare(ctx, s)
	if err != nil {
		return err
	}
	if s.scopes, err = g.scopesFor(ctx, c, form.Get("scope")); err != nil {
		return err
	}
	if err := g.plan(ctx, c, s, form["resource"]); err != nil {
		return err
	}
	return g.keep(ctx, c, s)
}

// scopesFor returns the scopes asked for, or all that the client may have. There
// is no user, so scopes about one are refused.
func (g *clientCredentials) scopesFor(ctx context.Context, c *provider.Client, parameter string) ([]string, error) {
	asked, err := scope.Parse(parameter)
	if err != nil {
		return nil, refusal("invalid_scope", "scope is malformed")
	}
	allowed, err := g.scopes.Allowed(ctx, c)
	if err != nil {
		return nil, err
	}
	aboutUser := func(name string) bool { return slices.Contains(provider.StandardScopes, name) }
	if len(asked) == 0 {
		return slices.DeleteFunc(slices.Clone(allowed), aboutUser), nil
	}
	for _, name := range asked {
		if aboutUser(name) || !slices.Contains(allowed, name) {
			return nil, refusal("invalid_scope", "a requested scope is unknown, not allowed for the client, or about a user")
		}
	}
	return asked, nil
}

// PopulateTokenEndpointResponse implements fosite.TokenEndpointHandler.
func (g *clientCredentials) PopulateTokenEndpointResponse(ctx context.Context, r fosite.AccessRequester, resp fosite.AccessResponder) error {
	return g.respond(ctx, r, resp)
}
