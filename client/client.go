package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// Base returns the address of the management API of an issuer, which is the audience of its tokens too.
func Base(issuer string) string { return strings.TrimSuffix(issuer, "/") + "/admin/v1" }

// Credentials returns tokens of a client of the issuer for its management API (RFC 6749 §4.4, RFC 8707),
// one at a time, for as long as each is good. A *http.Client in ctx (oauth2.HTTPClient) asks for them.
// No redirect is followed: the secret is for that issuer alone.
func Credentials(ctx context.Context, issuer, clientID, secret string, scopes ...string) oauth2.TokenSource {
	return (&clientcredentials.Config{
		ClientID: clientID, ClientSecret: secret, Scopes: scopes,
		TokenURL:       strings.TrimSuffix(issuer, "/") + "/oauth2/token",
		AuthStyle:      oauth2.AuthStyleInHeader,
		EndpointParams: url.Values{"resource": {Base(issuer)}},
	}).TokenSource(unredirected(ctx))
}

// unredirected returns ctx with its HTTP client, or that of everybody, which follows no redirect.
func unredirected(ctx context.Context) context.Context {
	h := &http.Client{CheckRedirect: func(next *http.Request, _ []*http.Request) error { return &redirectError{next.URL} }}
	if given, ok := ctx.Value(oauth2.HTTPClient).(*http.Client); ok {
		h.Transport, h.Jar, h.Timeout = given.Transport, given.Jar, given.Timeout
	}
	return context.WithValue(ctx, oauth2.HTTPClient, h)
}

// A redirectError says where a request was sent on to, without the query, which may hold what was asked.
type redirectError struct{ to *url.URL }

func (e *redirectError) Error() string {
	to := url.URL{Scheme: e.to.Scheme, Host: e.to.Host, Path: e.to.Path}
	return "redirected to " + to.Redacted() + ", which is not followed"
}

var errForeignClient = errors.New("the client was not made by New")

// An Option changes how an API is called.
type Option func(*sender)

// WithTransport has requests sent by another transport: with another trust, proxy or limit of time.
func WithTransport(t http.RoundTripper) Option { return func(s *sender) { s.transport = t } }

// WithRetries sets how often a request is sent again, 4 times without. 0 is never.
func WithRetries(n int) Option { return func(s *sender) { s.retries = n } }

// InTenant has every request act in a tenant, by its slug or id: for callers of the system tenant.
func InTenant(name string) Option { return func(s *sender) { s.tenant = name } }

// New returns a client of the management API at an address (Base). Each request has a token of tokens.
// No redirect is followed: the token is for that address alone.
//
// A POST without an Idempotency-Key gets one. What was refused as too much or for now (429, 503), what
// is still being done (409 idempotency_key_in_progress), and what got no answer and may be done twice,
// is sent again: after Retry-After where the answer has it.
func New(baseURL string, tokens oauth2.TokenSource, options ...Option) (*ClientWithResponses, error) {
	at, err := url.Parse(baseURL)
	if err != nil {
		return nil, fmt.Errorf("read address of API: %w", err)
	}
	if at.Host == "" || at.Scheme != "https" && at.Scheme != "http" {
		return nil, fmt.Errorf("the address %q of the API is no URL of http or https", baseURL)
	}
	s := &sender{
		tokens: tokens, retries: 4, wait: wait,
		transport: http.DefaultTransport, //nolint:forbidigo // the address is chosen by who runs the program
	}
	for _, change := range options {
		change(s)
	}
	return NewClientWithResponses(baseURL, WithHTTPClient(s))
}

// wait waits, but no longer than ctx is good.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// Send sends a request to a path below the address of the API, for programs that know an operation
// by the contract only. The answer is one of success; its body has to be closed. A refusal is an *Error.
func (c *ClientWithResponses) Send(ctx context.Context, method, path string, header http.Header, body []byte) (*http.Response, error) {
	generated, ok := c.ClientInterface.(*Client)
	if !ok {
		return nil, errForeignClient
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(generated.Server, "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	if len(body) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	return generated.Client.Do(r)
}
