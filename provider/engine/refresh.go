package engine

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/ory/fosite"

	"plinto/internal/scope"
	"plinto/internal/secret"
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

// HandleTokenEndpointRequest rotates the token. The successor is kept sealed under
// a key that only the presented token yields, so that a client whose answer was
// lost gets the same one again, and a copy of the database opens none.
func (g *refreshGrant) HandleTokenEndpointRequest(ctx context.Context, r fosite.AccessRequester) error {
	c, form, s, t := presented(r), r.GetRequestForm(), sessionOf(r), tenant.Must(ctx)
	if !c.HasGrant(provider.GrantRefresh) {
		return refusal("unauthorized_client", "the client is not registered for the grant type")
	}
	token := form.Get("refresh_token")
	if !secret.WellFormed(RefreshPrefix, token) {
		return invalidGrant(provider.ErrRefreshUnknown)
	}
	want, err := scope.Parse(form.Get("scope"))
	if err != nil {
		return refusal("invalid_scope", "scope is malformed")
	}
	box, err := successorBox(token)
	if err != nil {
		return err
	}
	next := secret.Token(RefreshPrefix)
	rotation, err := g.RefreshTokens.Rotate(ctx, c.ID, hash(ctx, purposeRefresh, token),
		provider.RefreshToken{
			Hash:    hash(ctx, purposeRefresh, next),
			IdleTTL: t.Settings.RefreshIdleTTL.Or(tenant.DefaultRefreshIdleTTL),
		},
		box.Seal([]byte(next), t.ID.String()), want, t.Settings.RefreshGrace.Or(tenant.DefaultRefreshGrace))
	if err != nil {
		return err
	}
	if rotation.Retried {
		opened, err := box.Open(rotation.Successor, t.ID.String())
		if err != nil {
			return fmt.Errorf("open successor: %w", err)
		}
		next = string(opened)
	}
	s.grant, s.user, s.refresh, s.scopes = rotation.Grant, rotation.User, next, rotation.Grant.Scopes
	if len(want) > 0 {
		s.scopes = want
	}
	if s.resources, err = narrowResources(rotation.Grant.Resources, form["resource"]); err != nil {
		return err
	}
	s.access, err = g.makeAccess(ctx, c, s)
	return err
}

// successorBox derives its key from the presented token, which is 256 bits at random.
func successorBox(token string) (*secret.Box, error) {
	return secret.NewBox(sha256.Sum256([]byte("plinto/successor/v1" + token)))
}

// PopulateTokenEndpointResponse implements fosite.TokenEndpointHandler.
func (g *refreshGrant) PopulateTokenEndpointResponse(ctx context.Context, r fosite.AccessRequester, resp fosite.AccessResponder) error {
	return g.respond(ctx, presented(r), sessionOf(r), resp)
}
