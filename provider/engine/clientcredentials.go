package engine

import (
	"context"
	"slices"
	"strings"

	"github.com/ory/fosite"

	"plinto/internal/scope"
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

// HandleTokenEndpointRequest implements fosite.TokenEndpointHandler. There is no
// user, so scopes about one are refused.
func (g *clientCredentials) HandleTokenEndpointRequest(ctx context.Context, r fosite.AccessRequester) error {
	c, form, s := presented(r), r.GetRequestForm(), sessionOf(r)
	if !c.HasGrant(provider.GrantClientCredentials) || c.Public() {
		return refusal("unauthorized_client", "the client is not registered for the grant type")
	}
	allowed, err := g.scopes.Allowed(ctx, c)
	if err != nil {
		return err
	}
	allowed = slices.DeleteFunc(slices.Clone(allowed), func(s string) bool { return slices.Contains(provider.StandardScopes, s) })
	asked, err := scope.Parse(form.Get("scope"))
	if err != nil {
		return refusal("invalid_scope", "scope is malformed")
	}
	for _, name := range asked {
		if !slices.Contains(allowed, name) {
			return refusal("invalid_scope", "a requested scope is unknown, not allowed for the client, or about a user")
		}
	}
	if strings.TrimSpace(form.Get("scope")) == "" {
		asked = allowed
	}
	if err := g.scopes.CheckResources(ctx, c, form["resource"]); err != nil {
		if isMissing(err) {
			return refusal("invalid_target", "a requested resource is unknown or not allowed for the client")
		}
		return err
	}
	s.scopes, s.resources = asked, form["resource"]
	s.access, err = g.makeAccess(ctx, c, s)
	return err
}

// PopulateTokenEndpointResponse implements fosite.TokenEndpointHandler.
func (g *clientCredentials) PopulateTokenEndpointResponse(ctx context.Context, r fosite.AccessRequester, resp fosite.AccessResponder) error {
	return g.respond(ctx, presented(r), sessionOf(r), resp)
}
