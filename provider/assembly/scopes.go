package assembly

import (
	"context"
	"errors"
	"slices"

	"plinto/internal/scope"
	"plinto/provider"
)

// checkScope reduces what is asked for to what the client may have (RFC 6749 §3.3);
// the token response says which scopes these are. openid is not left out quietly: the
// client would wait for an ID token.
func checkScope(ctx context.Context, a *Assembler, d *draft) error {
	asked, err := scope.Parse(d.params.Get("scope"))
	if err != nil {
		return refuse("invalid_scope", "scope is malformed")
	}
	scopes, err := a.chooseScopes(ctx, d, asked)
	if err != nil {
		return err
	}
	// Without the refresh grant offline_access cannot be honoured; it is dropped
	// rather than refused (OpenID Connect Core §11 "MUST ignore").
	if !d.Client.HasGrant(provider.GrantRefresh) {
		scopes = scope.Without(scopes, offlineScopes)
	}
	openid := slices.Contains(scopes, provider.ScopeOpenID)
	switch {
	case len(scopes) == 0 && len(asked) == 0:
		return refuse("invalid_scope", "scope is missing")
	case len(scopes) == 0 || !openid && slices.Contains(asked, provider.ScopeOpenID):
		return refuse("invalid_scope", "a requested scope is unknown or not allowed for the client")
	case !openid && d.Request.Answers("id_token"):
		return refuse("invalid_scope", "the response type needs the scope openid")
	}
	d.Request.Scopes = scopes
	return nil
}

var offlineScopes = []string{provider.ScopeOffline}

func (a *Assembler) chooseScopes(ctx context.Context, d *draft, asked []string) ([]string, error) {
	var resources []string
	if len(asked) == 0 { // the defaults depend on the resources
		var err error
		if resources, err = a.targets(ctx, d); err != nil {
			return nil, err
		}
	}
	scopes, err := a.Scopes.Choose(ctx, d.Client, asked, resources)
	switch {
	case errors.Is(err, provider.ErrScopeMissing):
		return nil, refuse("invalid_scope", "scope is missing")
	case errors.Is(err, provider.ErrScopeRefused):
		return nil, refuse("invalid_scope", "a requested scope is unknown or not allowed for the client")
	}
	return scopes, err
}

// checkResource settles which resource servers the request is about (RFC 8707 §2):
// those are shown to the user, and no token of the grant is for others.
func checkResource(ctx context.Context, a *Assembler, d *draft) (err error) {
	d.Request.Resources, err = a.Scopes.Audience(ctx, d.Client, d.params.Given("resource"), d.Request.Scopes)
	switch {
	case errors.Is(err, provider.ErrTargetUnknown):
		return refuse("invalid_target", "a requested resource is unknown or not allowed for the client")
	case errors.Is(err, provider.ErrTargetUnscoped):
		return refuse("invalid_target", "none of the requested scopes belongs to a requested resource")
	}
	return err
}

// targets are the resources that the request asks for, as they are registered.
func (a *Assembler) targets(ctx context.Context, d *draft) ([]string, error) {
	asked := d.params.Given("resource")
	if len(asked) == 0 {
		return nil, nil
	}
	registered, err := a.Scopes.Targets(ctx, d.Client, asked)
	if errors.Is(err, provider.ErrTargetUnknown) {
		return nil, refuse("invalid_target", "a requested resource is unknown or not allowed for the client")
	}
	return registered, err
}
