package engine

import (
	"context"
	"net/http"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/ory/fosite"

	"plinto/identity"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// Prefixes of tokens.
const (
	CodePrefix    = "plac_"
	RefreshPrefix = "plrt_"
	AccessPrefix  = "plat_"
)

// codeTTL is how long a code may be redeemed (RFC 9700 §4.5 wants it short).
const codeTTL = 60 * time.Second

// Dependencies are what an Engine is made of. All are required.
type Dependencies struct {
	Clients         provider.Clients
	ResourceServers provider.ResourceServers
	Codes           provider.Codes
	RefreshTokens   provider.RefreshTokens
	AccessTokens    provider.AccessTokens
	Grants          provider.Grants
	Signer          provider.Signer
	Tx              identity.Transactor
	Limiter         identity.Limiter
	Root            secret.Root
	Now             func() time.Time
}

// An Engine makes and checks codes and tokens.
type Engine struct {
	Dependencies
	scopes   provider.ScopePolicy
	secrets  provider.SecretHasher
	fosite   fosite.OAuth2Provider
	verified *otter.Cache[verifiedKey, verifiedToken]
}

// New returns an Engine.
func New(d Dependencies) (*Engine, error) {
	e := &Engine{
		Dependencies: d, scopes: provider.ScopePolicy{Resources: d.ResourceServers},
		secrets: provider.NewSecretHasher(d.Root),
	}
	cache, err := otter.New(&otter.Options[verifiedKey, verifiedToken]{MaximumSize: verifiedEntries})
	if err != nil {
		return nil, err
	}
	e.verified = cache
	e.fosite = fosite.NewOAuth2Provider(noStore{}, newConfig(e))
	return e, nil
}

// A Response is a successful answer of the token endpoint (RFC 6749 §5.1).
type Response map[string]any

// Token answers a token request whose body is parsed. Errors are *web.OAuthError,
// or have a fault kind.
func (e *Engine) Token(ctx context.Context, r *http.Request, form web.Form) (Response, *provider.Client, error) {
	// fosite parses what is not yet parsed; everything is.
	q := &http.Request{Method: http.MethodPost, Header: r.Header, URL: r.URL, Body: http.NoBody, Form: emptyForm, PostForm: map[string][]string(form)}
	session := &session{}
	request, err := e.fosite.NewAccessRequest(ctx, q, session)
	client := presented(request)
	if err != nil {
		return nil, client, translate(ctx, err)
	}
	response, err := e.fosite.NewAccessResponse(ctx, request)
	if err != nil {
		return nil, client, translate(ctx, err)
	}
	return response.ToMap(), client, nil
}

var emptyForm = map[string][]string{}

// presented is the client that authenticated, or nil.
func presented(r fosite.AccessRequester) *provider.Client {
	if r == nil {
		return nil
	}
	if c, ok := r.GetClient().(*client); ok {
		return c.Client
	}
	return nil
}

// hash is how a token is kept.
func hash(ctx context.Context, purpose, token string) []byte {
	return secret.Hash(purpose, tenant.Must(ctx).ID, token)
}

// Purposes of token hashes.
const (
	purposeCode    = "code"
	purposeRefresh = "refresh"
	purposeAccess  = "access"
)
