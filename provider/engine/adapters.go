package engine

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v3"
	"github.com/ory/fosite"

	"plinto/identity"
	"plinto/provider"
)

// A client is provider.Client as fosite sees it. Redirect URIs and scopes of an
// authorization request are matched before fosite sees it; what it compares here
// is equal to what the prepared request holds.
type client struct {
	*provider.Client
	scopes    []string
	responses fosite.Arguments
}

func (c *client) GetID() string                      { return c.ClientID }
func (c *client) GetHashedSecret() []byte            { return nil }
func (c *client) GetRedirectURIs() []string          { return placeholderRedirects }
func (c *client) GetGrantTypes() fosite.Arguments    { return c.GrantTypes }
func (c *client) GetResponseTypes() fosite.Arguments { return c.responses }
func (c *client) GetScopes() fosite.Arguments        { return c.scopes }
func (c *client) IsPublic() bool                     { return c.Public() }
func (c *client) GetAudience() fosite.Arguments      { return nil }

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

func (*session) SetExpiresAt(fosite.TokenType, time.Time)       {}
func (*session) GetExpiresAt(fosite.TokenType) (zero time.Time) { return zero }
func (*session) GetUsername() string                            { return "" }
func (*session) GetSubject() string                             { return "" }

// Clone implements fosite.Session.
func (s *session) Clone() fosite.Session {
	c := *s
	return &c
}

// sessionOf returns the session of a request of ours.
func sessionOf(r fosite.Requester) *session {
	return r.GetSession().(*session) //nolint:forcetypeassert // Token and Authorize made it
}

var errUnused = errors.New("this part of fosite is not used")

// noStore is fosite's store. Only the client of an authorization request passes
// through it, prepared in the context; nothing is ever kept by fosite.
type noStore struct{}

type clientKey struct{}

// GetClient implements fosite.Storage.
func (noStore) GetClient(ctx context.Context, id string) (fosite.Client, error) {
	if c, ok := ctx.Value(clientKey{}).(*client); ok && c.ClientID == id {
		return c, nil
	}
	return nil, fosite.ErrNotFound
}

func (noStore) ClientAssertionJWTValid(context.Context, string) error          { return errUnused }
func (noStore) SetClientAssertionJWT(context.Context, string, time.Time) error { return errUnused }

// noHasher refuses everything: secrets are compared by AuthenticateClient.
type noHasher struct{}

func (noHasher) Compare(context.Context, []byte, []byte) error { return errUnused }
func (noHasher) Hash(context.Context, []byte) ([]byte, error)  { return nil, errUnused }

// noFetcher fetches nothing: fosite would follow redirects to anywhere.
type noFetcher struct{}

// Resolve implements fosite.JWKSFetcherStrategy.
func (noFetcher) Resolve(context.Context, string, bool) (*jose.JSONWebKeySet, error) {
	return nil, errUnused
}
