package engine

import (
	"context"
	"time"

	"github.com/ory/fosite"

	"plinto/provider"
)

// config is fosite's configuration: everything is set when it is made, because
// fosite's getters write what they find empty, and the handlers are chosen by the
// grant of the request, because fosite asks every handler it is given.
type config struct {
	*fosite.Config
	byGrant     map[string]fosite.TokenEndpointHandlers
	unsupported fosite.TokenEndpointHandlers
	authorize   fosite.AuthorizeEndpointHandlers
	auth        fosite.ClientAuthenticationStrategy
}

func newConfig(e *Engine) *config {
	return &config{
		Config: &fosite.Config{
			AccessTokenLifespan: time.Minute, AuthorizeCodeLifespan: codeTTL,
			ScopeStrategy: fosite.ExactScopeStrategy, AudienceMatchingStrategy: fosite.ExactAudienceMatchingStrategy,
			MinParameterEntropy: 1, RefreshTokenScopes: []string{provider.ScopeOffline},
			ClientSecretsHasher: noHasher{}, JWKSFetcherStrategy: noFetcher{},
			GlobalSecret: make([]byte, 32), // never used: every token is of our own making
		},
		byGrant: map[string]fosite.TokenEndpointHandlers{
			provider.GrantCode:              {&codeGrant{e}},
			provider.GrantRefresh:           {&refreshGrant{e}},
			provider.GrantClientCredentials: {&clientCredentials{e}},
		},
		unsupported: fosite.TokenEndpointHandlers{unsupportedGrant{}},
		authorize:   fosite.AuthorizeEndpointHandlers{&authorizeResponse{e}},
		auth:        e.authenticate,
	}
}

// GetTokenEndpointHandlers returns the handlers of the request's grant alone.
func (c *config) GetTokenEndpointHandlers(ctx context.Context) fosite.TokenEndpointHandlers {
	if r, ok := ctx.Value(fosite.AccessRequestContextKey).(fosite.AccessRequester); ok && len(r.GetGrantTypes()) == 1 {
		if h, ok := c.byGrant[r.GetGrantTypes()[0]]; ok {
			return h
		}
	}
	return c.unsupported
}

// GetAuthorizeEndpointHandlers implements fosite.Configurator.
func (c *config) GetAuthorizeEndpointHandlers(context.Context) fosite.AuthorizeEndpointHandlers {
	return c.authorize
}

// GetClientAuthenticationStrategy implements fosite.Configurator.
func (c *config) GetClientAuthenticationStrategy(context.Context) fosite.ClientAuthenticationStrategy {
	return c.auth
}

// unsupportedGrant catches every grant that nobody else handles: fosite would say
// invalid_request (RFC 6749 §5.2 has a code for it).
type unsupportedGrant struct{}

func (unsupportedGrant) CanHandleTokenEndpointRequest(context.Context, fosite.AccessRequester) bool {
	return true
}

func (unsupportedGrant) CanSkipClientAuth(context.Context, fosite.AccessRequester) bool { return true }

func (unsupportedGrant) HandleTokenEndpointRequest(context.Context, fosite.AccessRequester) error {
	return refusal("unsupported_grant_type", "the grant type is not supported")
}

func (unsupportedGrant) PopulateTokenEndpointResponse(context.Context, fosite.AccessRequester, fosite.AccessResponder) error {
	return refusal("unsupported_grant_type", "the grant type is not supported")
}
