package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v3"
	"github.com/ory/fosite"

	"plinto/internal/web"
	"plinto/provider"
)

// kernel is the part of fosite that is used.
type kernel interface {
	NewAccessRequest(ctx context.Context, r *http.Request, s fosite.Session) (fosite.AccessRequester, error)
	NewAccessResponse(ctx context.Context, r fosite.AccessRequester) (fosite.AccessResponder, error)
	NewAuthorizeRequest(ctx context.Context, r *http.Request) (fosite.AuthorizeRequester, error)
	NewAuthorizeResponse(ctx context.Context, r fosite.AuthorizeRequester, s fosite.Session) (fosite.AuthorizeResponder, error)
}

func newKernel(e *Engine) kernel { return fosite.NewOAuth2Provider(noStore{}, newConfig(e)) }

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
			provider.GrantCode:              {&tokenHandler{e, (&codeGrant{e}).exchange}},
			provider.GrantRefresh:           {&tokenHandler{e, (&refreshGrant{e}).exchange}},
			provider.GrantClientCredentials: {&tokenHandler{e, (&clientCredentials{e}).exchange}},
		},
		unsupported: fosite.TokenEndpointHandlers{unsupportedGrant{}},
		authorize:   fosite.AuthorizeEndpointHandlers{&authorizeHandler{e}},
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

// authenticate is fosite's ClientAuthenticationStrategy.
func (e *Engine) authenticate(ctx context.Context, r *http.Request, form url.Values) (fosite.Client, error) {
	c, err := e.Authenticator.Authenticate(ctx, r, web.Form(form))
	if err != nil {
		return nil, err
	}
	return &client{Client: c}, nil
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

// noHasher refuses everything: provider/clientauth compares secrets.
type noHasher struct{}

func (noHasher) Compare(context.Context, []byte, []byte) error { return errUnused }
func (noHasher) Hash(context.Context, []byte) ([]byte, error)  { return nil, errUnused }

// noFetcher fetches nothing: fosite would follow redirects to anywhere.
type noFetcher struct{}

// Resolve implements fosite.JWKSFetcherStrategy.
func (noFetcher) Resolve(context.Context, string, bool) (*jose.JSONWebKeySet, error) {
	return nil, errUnused
}

// Token answers a token request whose body is parsed, without repetitions but of
// resource. Errors are *web.OAuthError, or have a fault kind.
func (e *Engine) Token(ctx context.Context, r *http.Request, form web.Form) (*TokenResponse, error) {
	if form.Get("grant_type") == "" {
		return nil, refusal("invalid_request", "the grant_type is missing") // fosite does not say what is
	}
	// fosite parses what is not yet parsed; everything is.
	q := &http.Request{
		Method: http.MethodPost, Header: r.Header, URL: r.URL, Body: http.NoBody, Form: emptyForm, PostForm: map[string][]string(form),
	}
	s := &session{}
	if e.Device != nil && r.Header["Cookie"] != nil {
		s.device = e.Device(r)
	}
	request, err := e.fosite.NewAccessRequest(ctx, q, s)
	if err == nil {
		_, err = e.fosite.NewAccessResponse(ctx, request)
	}
	if err != nil {
		return nil, translate(ctx, err)
	}
	return &s.response, nil
}

var emptyForm = map[string][]string{}

// A tokenHandler is a grant of ours as fosite sees it: exchange checks, spends and
// stores; Engine.respond signs.
type tokenHandler struct {
	*Engine
	exchange func(ctx context.Context, c *provider.Client, form web.Form, s *session) error
}

// CanHandleTokenEndpointRequest implements fosite.TokenEndpointHandler.
func (*tokenHandler) CanHandleTokenEndpointRequest(context.Context, fosite.AccessRequester) bool {
	return true
}

// CanSkipClientAuth implements fosite.TokenEndpointHandler.
func (*tokenHandler) CanSkipClientAuth(context.Context, fosite.AccessRequester) bool { return false }

// HandleTokenEndpointRequest implements fosite.TokenEndpointHandler.
func (h *tokenHandler) HandleTokenEndpointRequest(ctx context.Context, r fosite.AccessRequester) error {
	return h.exchange(ctx, presented(r), web.Form(r.GetRequestForm()), sessionOf(r))
}

// PopulateTokenEndpointResponse implements fosite.TokenEndpointHandler.
func (h *tokenHandler) PopulateTokenEndpointResponse(ctx context.Context, r fosite.AccessRequester, resp fosite.AccessResponder) error {
	s := sessionOf(r)
	if err := h.respond(ctx, presented(r), s); err != nil {
		return err
	}
	resp.SetAccessToken(s.response.AccessToken) // fosite wants to see that somebody answered
	resp.SetTokenType(s.response.TokenType)
	return nil
}

// presented is the client that authenticated.
func presented(r fosite.Requester) *provider.Client {
	return r.GetClient().(*client).Client //nolint:forcetypeassert // authenticate made it
}

// What fosite is shown instead of what it would judge by rules of its own: it
// demands a state, which RFC 6749 makes optional, and matches redirect URIs
// loosely (any user name, port and scheme for loopback). Both are decided before,
// and the answer is written outside fosite.
const (
	placeholderState    = "plinto-carries-the-state-itself"
	placeholderRedirect = "https://client.invalid/"
)

var placeholderRedirects = []string{placeholderRedirect}

// runAuthorize lets fosite call Engine.answer for a request that was prepared.
func (e *Engine) runAuthorize(ctx context.Context, in *AuthorizeInput, s *session) error {
	c := &client{Client: in.Client, scopes: in.Request.Scopes, responses: fosite.Arguments{in.Request.ResponseType}}
	ctx = context.WithValue(ctx, clientKey{}, c)
	q := &http.Request{Method: http.MethodGet, Header: http.Header{}, URL: &url.URL{}, Body: http.NoBody, PostForm: url.Values{}, Form: url.Values{
		"client_id": {in.Client.ClientID}, "response_type": {in.Request.ResponseType},
		"scope":        {strings.Join(in.Request.Scopes, " ")},
		"redirect_uri": placeholderRedirects, "state": {placeholderState},
	}}
	request, err := e.fosite.NewAuthorizeRequest(ctx, q)
	if err != nil {
		return fmt.Errorf("prepare authorization: %w", err)
	}
	if _, err := e.fosite.NewAuthorizeResponse(ctx, request, s); err != nil {
		return fmt.Errorf("authorize: %w", err)
	}
	return nil
}

// An authorizeHandler is Engine.answer as fosite sees it.
type authorizeHandler struct{ *Engine }

// HandleAuthorizeEndpointRequest implements fosite.AuthorizeEndpointHandler.
func (h *authorizeHandler) HandleAuthorizeEndpointRequest(ctx context.Context, ar fosite.AuthorizeRequester, resp fosite.AuthorizeResponder) error {
	code, err := h.answer(ctx, sessionOf(ar))
	if err != nil {
		return err
	}
	for _, responseType := range ar.GetResponseTypes() {
		ar.SetResponseTypeHandled(responseType)
	}
	resp.AddParameter("code", code) // fosite wants to see that somebody answered
	return nil
}

// kernelError returns what fosite says of a request that it refused itself.
func kernelError(err error) (code, description string, ok bool) {
	var f *fosite.RFC6749Error
	if !errors.As(err, &f) {
		return "", "", false
	}
	return f.ErrorField, strings.TrimSuffix(f.DescriptionField, "."), true
}
