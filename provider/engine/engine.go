package engine

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"plinto/identity"
	"plinto/internal/gcra"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/provider/grants"
	"plinto/provider/seal"
)

// codeTTL is how long a code may be redeemed (RFC 9700 §4.5 wants it short).
const codeTTL = 60 * time.Second

// Dependencies are what an Engine is made of. All are required but Device.
type Dependencies struct {
	ResourceServers provider.ResourceServers
	Pushed          provider.PushedRequests
	RefreshTokens   provider.RefreshTokens
	AccessTokens    provider.AccessTokens
	Grants          *grants.Service // issues and redeems codes, rotates refresh tokens
	Roles           provider.RolePermissions
	Signer          provider.Signer
	Authenticator   Authenticator
	Sealer          Sealer
	Tx              identity.Transactor
	Limiter         identity.Limiter
	Root            secret.Root
	Now             func() time.Time
	// Device returns the id of the browser that a request comes from, "" when it does
	// not say; nil: none does.
	Device func(*http.Request) string
}

// An Authenticator tells which client a request comes from. *clientauth.Authenticator is
// one.
type Authenticator interface {
	// Authenticate returns the client that the request proves to be. *web.OAuthError,
	// fault.TooMany, or what storage says.
	Authenticate(ctx context.Context, r *http.Request, form web.Form) (*provider.Client, error)
}

// A Sealer signs and encrypts what is said to a client. *seal.Sealer is one.
type Sealer interface {
	// Seal returns a compact JWS or JWE of payload, a JSON object.
	Seal(ctx context.Context, c *provider.Client, how seal.Sealing, typ string, payload []byte) (string, error)
}

// An Engine makes codes and tokens.
type Engine struct {
	Dependencies
	scopes   provider.ScopePolicy
	subjects provider.Subjects
	fosite   kernel
	answers  *gcra.Limiter // answers to authorization requests, by user
}

// New returns an Engine.
func New(d Dependencies) *Engine {
	e := &Engine{
		Dependencies: d, scopes: provider.ScopePolicy{Resources: d.ResourceServers}, subjects: provider.NewSubjects(d.Root), answers: gcra.New(maxAnswering),
	}
	e.fosite = newKernel(e)
	return e
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
