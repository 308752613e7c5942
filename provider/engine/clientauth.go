package engine

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ory/fosite"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// limitClientFailures slows down guessing. It counts failures only, so a client
// that knows its secret is never in its way.
var limitClientFailures = identity.Limit{Name: "client-auth", Count: 20, Period: time.Minute, Burst: 20}

// errInvalidClient is the one answer to every failed authentication: unknown
// client, wrong secret, wrong method and disabled client look the same.
func errInvalidClient(cause string) *web.OAuthError {
	return &web.OAuthError{
		Code: "invalid_client", Description: "client authentication failed", Status: http.StatusUnauthorized,
		Cause: fault.New(fault.Unauthenticated, cause, ""),
	}
}

// credentials are what a request presents (RFC 6749 §2.3).
type credentials struct {
	method   string // one of provider.Auth…
	clientID string
	secrets  []string // candidates: the decoded secret, and the raw one of clients that do not encode
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
// the method it registered. *web.OAuthError otherwise.
func (e *Engine) AuthenticateClient(ctx context.Context, r *http.Request, form web.Form) (*provider.Client, error) {
	cred, err := presentedCredentials(r, form)
	if err != nil {
		return nil, err
	}
	c, err := e.checkCredentials(ctx, cred)
	if err != nil && fault.KindOf(err) == fault.Unauthenticated {
		key := cred.clientID + " " + event.OriginFrom(ctx).IP
		if wait := e.Limiter.Take(ctx, limitClientFailures, key); wait > 0 {
			limited := fault.New(fault.TooMany, "client_auth_throttled", "Too many failed tries. Please wait.")
			limited.RetryAfter = wait
			return nil, limited
		}
		return nil, challenged(ctx, err.(*web.OAuthError)) //nolint:errorlint,forcetypeassert // checkCredentials has no other with that kind
	}
	return c, err
}

func (e *Engine) checkCredentials(ctx context.Context, cred credentials) (*provider.Client, error) {
	t := tenant.Must(ctx)
	c, err := e.Clients.ByClientID(ctx, cred.clientID)
	if fault.KindOf(err) == fault.NotFound {
		c, err = &provider.Client{ClientID: cred.clientID}, nil // the same work as for a known client
		e.matches(t, c, cred)
		return nil, errInvalidClient("unknown_client")
	}
	if err != nil {
		return nil, err
	}
	good := e.matches(t, c, cred)
	switch {
	case !c.DisabledAt.IsZero():
		return nil, errInvalidClient("client_disabled")
	case cred.method != method(c):
		return nil, errInvalidClient("wrong_method")
	case cred.method != provider.AuthNone && !good:
		return nil, errInvalidClient("wrong_secret")
	}
	return c, nil
}

// method is how the client must authenticate (RFC 7591 §2: basic by default).
func method(c *provider.Client) string {
	if c.TokenEndpointAuthMethod == "" {
		return provider.AuthBasic
	}
	return c.TokenEndpointAuthMethod
}

func (e *Engine) matches(t *tenant.Tenant, c *provider.Client, cred credentials) bool {
	good := false
	for _, s := range cred.secrets {
		good = e.secrets.Matches(t.ID, c, s, e.Now()) || good
	}
	return good
}

// presentedCredentials finds the one mechanism a request uses; two are refused
// (RFC 6749 §2.3). The query is never looked at.
func presentedCredentials(r *http.Request, form web.Form) (credentials, error) {
	authorization := r.Header.Values("Authorization")
	_, posted := form["client_secret"]
	switch {
	case len(authorization) > 1, len(authorization) == 1 && posted:
		return credentials{}, refusal("invalid_request", "the client authenticates in more than one way")
	case form.Has("client_assertion"), form.Has("client_assertion_type"):
		return credentials{}, errInvalidClient("assertion_not_supported")
	case len(authorization) == 1:
		return basic(r, form)
	}
	id := form.Get("client_id")
	if id == "" {
		return credentials{}, errInvalidClient("no_credentials")
	}
	if posted {
		return credentials{provider.AuthPost, id, []string{form.Get("client_secret")}}, nil
	}
	return credentials{provider.AuthNone, id, nil}, nil
}

// maxCredential bounds both halves of Basic credentials, in bytes.
const maxCredential = 1024

// basic reads the Authorization header. Both halves are form-encoded (RFC 6749
// §2.3.1), which many clients forget: the raw secret is tried as well.
func basic(r *http.Request, form web.Form) (credentials, error) {
	id, plain, ok := r.BasicAuth()
	if !ok || len(id) > maxCredential || len(plain) > maxCredential || strings.ContainsRune(id+plain, 0) {
		return credentials{}, errInvalidClient("malformed_header")
	}
	if decoded, err := url.QueryUnescape(id); err == nil {
		id = decoded
	}
	secrets := []string{plain}
	if decoded, err := url.QueryUnescape(plain); err == nil && decoded != plain {
		secrets = append(secrets, decoded)
	}
	if named := form.Get("client_id"); id == "" || named != "" && named != id {
		return credentials{}, errInvalidClient("contradicting_client_id")
	}
	return credentials{provider.AuthBasic, id, secrets}, nil
}
