package engine

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/ory/fosite"

	"plinto/internal/fault"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// errInvalidClient is the one answer to every failed authentication: unknown
// client, wrong secret, wrong method and disabled client look the same.
func errInvalidClient(ctx context.Context, cause string) error {
	return challenged(ctx, &web.OAuthError{
		Code: "invalid_client", Description: "client authentication failed", Status: http.StatusUnauthorized,
		Cause: fault.New(fault.Unauthenticated, cause, ""),
	})
}

// credentials are what a request presents (RFC 6749 §2.3). Of HTTP Basic there are
// two readings of each half: decoded, as the RFC has it, and raw, as many clients
// send it.
type credentials struct {
	method  string // one of provider.Auth…, or assertionType
	ids     []string
	secrets []string
}

// authenticate is fosite's ClientAuthenticationStrategy.
func (e *Engine) authenticate(ctx context.Context, r *http.Request, form url.Values) (fosite.Client, error) {
	c, err := e.AuthenticateClient(ctx, r, web.Form(form))
	if err != nil {
		return nil, err
	}
	return &client{Client: c}, nil
}

// AuthenticateClient returns the client that the request proves to be, by exactly
// the method it registered. *web.OAuthError otherwise, fault.TooMany after many
// failures, or what storage says.
func (e *Engine) AuthenticateClient(ctx context.Context, r *http.Request, form web.Form) (*provider.Client, error) {
	given, err := presentedCredentials(ctx, r, form)
	if err != nil {
		return nil, err
	}
	if given.method == assertionType {
		return e.byAssertion(ctx, r, form)
	}
	c, err := e.named(ctx, given.ids)
	if err != nil {
		return nil, err
	}
	if cause := e.refuse(ctx, c, given); cause != "" {
		return nil, e.throttled(ctx, limitClientFailures, c.ClientID, errInvalidClient(ctx, cause))
	}
	return c, nil
}

// AuthenticateConfidential is AuthenticateClient for what a client_id alone does
// not open: public clients are refused.
func (e *Engine) AuthenticateConfidential(ctx context.Context, r *http.Request, form web.Form) (*provider.Client, error) {
	c, err := e.AuthenticateClient(ctx, r, form)
	if err == nil && c.Public() {
		return nil, errInvalidClient(ctx, "public_client")
	}
	return c, err
}

// named returns the client of the first id that is known, or one that nothing
// matches: unknown clients go the same way as others.
func (e *Engine) named(ctx context.Context, ids []string) (*provider.Client, error) {
	for _, id := range ids {
		c, err := e.Clients.ByClientID(ctx, id)
		if !errors.Is(err, fault.NotFound) {
			return c, err
		}
	}
	return &provider.Client{ClientID: ids[0]}, nil
}

// refuse returns why the client is not who it says, or "". The secret is compared
// whatever else is wrong.
func (e *Engine) refuse(ctx context.Context, c *provider.Client, given credentials) (cause string) {
	t, good := tenant.Must(ctx), false
	for _, s := range given.secrets {
		good = e.secrets.Matches(t.ID, c, s, e.Now()) || good
	}
	switch {
	case c.ID == [16]byte{}:
		return "unknown_client"
	case !c.DisabledAt.IsZero():
		return "client_disabled"
	case given.method != method(c):
		return "wrong_method"
	case given.method != provider.AuthNone && !good:
		return "wrong_secret"
	}
	return ""
}

// method is how the client must authenticate (RFC 7591 §2: basic by default).
func method(c *provider.Client) string {
	if c.TokenEndpointAuthMethod == "" {
		return provider.AuthBasic
	}
	return c.TokenEndpointAuthMethod
}

// presentedCredentials finds the one mechanism a request uses; two are refused
// (RFC 6749 §2.3). The query is never looked at, and a parameter without a value
// counts as omitted (§3.2).
func presentedCredentials(ctx context.Context, r *http.Request, form web.Form) (credentials, error) {
	authorization := r.Header["Authorization"]
	plain := form.Get("client_secret")
	assertion := form.Get("client_assertion") != "" || form.Get("client_assertion_type") != ""
	mechanisms := len(authorization)
	for _, used := range []bool{plain != "", assertion} {
		if used {
			mechanisms++
		}
	}
	id := form.Get("client_id")
	switch {
	case mechanisms > 1:
		return credentials{}, refusal("invalid_request", "the client authenticates in more than one way")
	case assertion:
		return credentials{method: assertionType}, nil
	case len(authorization) == 1:
		return basic(ctx, r, id)
	case !wellFormedID(id):
		return credentials{}, errInvalidClient(ctx, "no_client_id")
	case plain != "":
		return credentials{provider.AuthPost, []string{id}, []string{plain}}, nil
	}
	return credentials{provider.AuthNone, []string{id}, nil}, nil
}

// basic reads the Authorization header. A client_id in the body must be the same.
func basic(ctx context.Context, r *http.Request, named string) (credentials, error) {
	rawID, rawSecret, ok := r.BasicAuth()
	given := credentials{method: provider.AuthBasic, secrets: readings(rawSecret)}
	for _, id := range readings(rawID) {
		if wellFormedID(id) && (named == "" || named == id) {
			given.ids = append(given.ids, id)
		}
	}
	if !ok || len(given.ids) == 0 || len(rawSecret) > maxSecret {
		return credentials{}, errInvalidClient(ctx, "malformed_header")
	}
	return given, nil
}

// maxSecret bounds a secret in a header, in bytes; registered ones have 255
// characters at most, each of which may be escaped.
const maxSecret = 1024

// readings of half a Basic credential: decoded (RFC 6749 §2.3.1), and as it is.
func readings(raw string) []string {
	decoded, err := url.QueryUnescape(raw)
	if err != nil || decoded == raw {
		return []string{raw}
	}
	return []string{decoded, raw}
}

// wellFormedID keeps what cannot be a client_id (provider.CheckClientID) away from
// storage: NUL, bytes that are no text, kilobytes.
func wellFormedID(id string) bool {
	if id == "" || len(id) > 255 {
		return false
	}
	for i := range len(id) {
		if id[i] < 0x21 || id[i] > 0x7e {
			return false
		}
	}
	return true
}
