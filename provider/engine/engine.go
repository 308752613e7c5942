package engine

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"plinto/identity"
	"plinto/internal/gcra"
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

// Purposes of token hashes.
const (
	purposeCode    = "code"
	purposeRefresh = "refresh"
	purposeAccess  = "access"
	purposeDevice  = "device"
)

// codeTTL is how long a code may be redeemed (RFC 9700 §4.5 wants it short).
const codeTTL = 60 * time.Second

// Dependencies are what an Engine is made of. All are required but Device and Hears.
type Dependencies struct {
	Clients         provider.Clients
	ResourceServers provider.ResourceServers
	Codes           provider.Codes
	Pushed          provider.PushedRequests
	RefreshTokens   provider.RefreshTokens
	AccessTokens    provider.AccessTokens
	Grants          provider.Grants
	Signer          provider.Signer
	Keys            provider.ClientKeys
	Assertions      provider.Assertions
	Tx              identity.Transactor
	Limiter         identity.Limiter
	Root            secret.Root
	Now             func() time.Time
	// Device returns the id of the browser that a request comes from, "" when it does
	// not say; nil: none does.
	Device func(*http.Request) string
	// Hears reports whether DropVerified would have been called if signing keys had
	// changed; nil: it would.
	Hears func() bool
}

// An Engine makes and checks codes and tokens.
type Engine struct {
	Dependencies
	scopes   provider.ScopePolicy
	secrets  provider.SecretHasher
	subjects provider.Subjects
	fosite   kernel

	verified   verifiedTokens
	generation atomic.Uint64 // of signing keys; part of verifiedKey

	pauses   pauses
	refusals refusalLog
	answers  *gcra.Limiter // answers to authorization requests, by user
}

// New returns an Engine.
func New(d Dependencies) (*Engine, error) {
	e := &Engine{
		Dependencies: d, scopes: provider.ScopePolicy{Resources: d.ResourceServers},
		secrets: provider.NewSecretHasher(d.Root), subjects: provider.NewSubjects(d.Root), refusals: newRefusalLog(),
		answers: gcra.New(maxAnswering),
	}
	cache, err := otter.New(&otter.Options[verifiedKey, verifiedToken]{MaximumSize: verifiedEntries})
	if err != nil {
		return nil, fmt.Errorf("make cache of verified tokens: %w", err)
	}
	e.verified = cache
	e.fosite = newKernel(e)
	return e, nil
}

// A session is what one request learned on its way through fosite.
type session struct {
	input  *AuthorizeInput // authorize: what to issue a code for
	code   string          // authorize: the code issued, if the answer holds one
	answer url.Values      // authorize: the parameters of the answer

	device   string         // token: of the browser that asks, if it says
	grant    provider.Grant // whose tokens to make; zero for client credentials
	user     identity.User
	nonce    string   // of the authorization request; "" after a refresh
	scopes   []string // asked for, of those granted
	servers  []provider.ResourceServer
	access   access
	response TokenResponse
}

// A TokenResponse is a successful answer of the token endpoint (RFC 6749 §5.1,
// OpenID Connect Core 1.0 §3.1.3.3).
type TokenResponse struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"` // seconds
	RefreshToken string `json:"refresh_token,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
	Scope        string `json:"scope,omitempty"`
}

// Token answers a token request whose body is parsed, without repetitions but of
// resource. Errors are *web.OAuthError, or have a fault kind.
func (e *Engine) Token(ctx context.Context, r *http.Request, form web.Form) (*TokenResponse, error) {
	// fosite parses what is not yet parsed; everything is.
	q := &http.Request{
		Method: http.MethodPost, Header: r.Header, URL: r.URL, Body: http.NoBody, Form: emptyForm, PostForm: map[string][]string(form),
	}
	s := &session{}
	if e.Device != nil && r.Header["Cookie"] != nil {
		s.device = e.Device(r)
	}
	if err := e.runToken(ctx, q, s); err != nil {
		return nil, translate(ctx, err)
	}
	return &s.response, nil
}

var emptyForm = map[string][]string{}

// hash is how a token is kept.
func hash(ctx context.Context, purpose, token string) []byte {
	return secret.Hash(purpose, tenant.Must(ctx).ID, token)
}
