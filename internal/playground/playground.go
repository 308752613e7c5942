package playground

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"plinto/internal/paths"
)

// A Step is something that happened on the way, for people to read.
type Step struct {
	Title, Text       string
	Request, Response string // as sent; empty for steps in the browser
	Tokens            []Token
}

// A Token is a decoded JWT, as indented JSON.
type Token struct {
	Name, Header, Claims string
}

// A Client is the relying party's registration.
type Client struct {
	Issuer, ID, RedirectURL string
	// Secret is "" for a public client.
	Secret string
	// SecretInBody: it proves itself by client_secret_post, not client_secret_basic.
	SecretInBody bool
	// AfterLogoutURL is where to go after signing out; "": the issuer's page.
	AfterLogoutURL string
}

// Public reports whether the client has no secret: it cannot introspect then.
func (c Client) Public() bool { return c.Secret == "" }

// authStyle is how the client says who it is.
func (c Client) authStyle() oauth2.AuthStyle {
	if c.Public() || c.SecretInBody {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}

// A Playground is one browser's relying party.
type Playground struct {
	client Client
	record *recorder
	ctx    context.Context //nolint:containedctx // carries the recording HTTP client for the libraries

	mu       sync.Mutex
	steps    []Step
	provider *oidc.Provider
	config   oauth2.Config
	pending  []attempt // oldest first
	outcome  *Outcome
	tokens   *oauth2.Token
	idToken  string
	resource string // that the token was asked for
}

// New returns a fresh relying party.
func New(c Client, transport http.RoundTripper) *Playground {
	p := &Playground{client: c, record: &recorder{next: transport}}
	p.ctx = oidc.ClientContext(context.Background(), &http.Client{Transport: p.record})
	return p
}

// Steps returns what happened so far.
func (p *Playground) Steps() []Step {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Step(nil), p.steps...)
}

// Client returns who it is.
func (p *Playground) Client() Client { return p.client }

// SignedIn reports whether there are tokens, and whether one of them refreshes.
func (p *Playground) SignedIn() (signedIn, refreshable bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tokens != nil, p.tokens != nil && p.tokens.RefreshToken != ""
}

// TokenFor returns the access token when the sign-in asked for one for that resource, else "".
func (p *Playground) TokenFor(resource string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tokens == nil || p.resource == "" || p.resource != resource {
		return ""
	}
	return p.tokens.AccessToken
}

// Outcome returns what the last sign-in showed, or nil.
func (p *Playground) Outcome() *Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.outcome
}

// Start begins a login and returns where to send the browser.
func (p *Playground) Start(ask Ask) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.steps, p.tokens, p.idToken, p.resource, p.outcome = nil, nil, "", "", nil
	provider, err := oidc.NewProvider(p.ctx, p.client.Issuer)
	p.took("Discovery", "The relying party reads what the issuer can do, and where.")
	if err != nil {
		return "", fmt.Errorf("discovery: %w", err)
	}
	p.provider = provider
	p.config = oauth2.Config{
		ClientID: p.client.ID, ClientSecret: p.client.Secret, RedirectURL: p.client.RedirectURL,
		Endpoint: provider.Endpoint(), Scopes: strings.Fields(ask.Scope),
	}
	p.config.Endpoint.AuthStyle = p.client.authStyle()
	a := attempt{ask: ask, state: rand.Text(), nonce: rand.Text(), verifier: oauth2.GenerateVerifier(), at: time.Now()}
	p.await(a)
	address := p.config.AuthCodeURL(a.state, ask.options(a.nonce, a.verifier)...)
	p.steps = append(p.steps, Step{
		Title: "Authorization request", Request: "GET " + strings.NewReplacer("?", "\n  ?", "&", "\n  &").Replace(address),
		Text: "The browser is sent to the issuer with a state (against forged answers), a nonce (binds the ID token to this browser) and a code challenge (binds the code to this relying party).",
	})
	return address, nil
}

// Callback takes the answer of the issuer.
func (p *Playground) Callback(query url.Values) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.steps = append(p.steps, Step{
		Title: "Authorization response", Request: "GET " + p.client.RedirectURL + "\n  ?" + strings.ReplaceAll(query.Encode(), "&", "\n  &"),
		Text: "The browser comes back. The relying party checks that state is its own and that iss is the issuer it asked.",
	})
	if p.provider == nil {
		return errors.New("No sign-in was started in this browser.") //nolint:revive,staticcheck // a sentence of the page
	}
	a, ok := p.answered(query.Get("state"))
	switch {
	case !ok:
		return ErrAnswered
	case query.Get("iss") != p.client.Issuer:
		return errors.New("iss is not the issuer that was asked")
	case query.Get("error") != "":
		return &Refusal{query.Get("error"), query.Get("error_description")}
	}
	tokens, err := p.config.Exchange(p.ctx, query.Get("code"), oauth2.VerifierOption(a.verifier))
	p.took("Token request", p.redeems())
	if err != nil {
		return fmt.Errorf("token request: %w", err)
	}
	p.resource = a.ask.Resource
	return p.keep(tokens, &a)
}

// ErrAnswered is the error of an answer that no sign-in of this browser waits for.
var ErrAnswered = errors.New("This answer was used already, or belongs to a sign-in that another one has replaced. Start a new one below.") //nolint:revive,staticcheck // a sentence of the page

// redeems says how the code is redeemed.
func (p *Playground) redeems() string {
	if p.client.Public() {
		return "The relying party redeems the code with the verifier of the challenge. It is a public client: it has no secret."
	}
	return "The relying party redeems the code with its secret and the verifier of the challenge."
}

// keep verifies the ID token and shows what the tokens say. of is the sign-in that they answer; nil: a refresh.
func (p *Playground) keep(tokens *oauth2.Token, of *attempt) error {
	p.tokens = tokens
	last := &p.steps[len(p.steps)-1]
	raw, _ := tokens.Extra("id_token").(string)
	if raw != "" {
		p.idToken = raw
		last.Tokens = append(last.Tokens, decode("ID token", raw))
	}
	last.Tokens = append(last.Tokens, decode("Access token", tokens.AccessToken))
	if raw == "" {
		return nil
	}
	id, err := p.provider.Verifier(&oidc.Config{ClientID: p.client.ID}).Verify(p.ctx, raw)
	p.took("Keys", "The relying party fetches the issuer's public keys and verifies the ID token's signature, issuer, audience and expiry.")
	if err != nil {
		return fmt.Errorf("verify ID token: %w", err)
	}
	if of == nil {
		return nil
	}
	if id.Nonce != of.nonce {
		return errors.New("nonce is not the one that was sent")
	}
	var got signIn
	if err := id.Claims(&got); err != nil {
		return fmt.Errorf("read ID token: %w", err)
	}
	p.outcome = explain(&of.ask, of.at, time.Now(), &got)
	return nil
}

// Userinfo asks for claims about the user.
func (p *Playground) Userinfo() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tokens == nil {
		return errNotSignedIn
	}
	_, err := p.provider.UserInfo(p.ctx, oauth2.StaticTokenSource(p.tokens))
	p.took("Userinfo", "Claims about the user, by the scopes of the access token.")
	return err
}

var errNotSignedIn = errors.New("sign in first")

// Refresh exchanges the refresh token.
func (p *Playground) Refresh() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tokens == nil {
		return errNotSignedIn
	}
	tokens, err := p.config.TokenSource(p.ctx, &oauth2.Token{RefreshToken: p.tokens.RefreshToken}).Token()
	p.took("Refresh", "The refresh token is exchanged for new tokens, and for its successor: using the old one again later would end them all.")
	if err != nil {
		return err
	}
	return p.keep(tokens, nil)
}

// Introspect asks the issuer about the access token, Revoke ends the grant.
func (p *Playground) Introspect() error {
	return p.post(paths.Introspect, "Introspection", "The issuer says whether the access token is still good.", func(t *oauth2.Token) string { return t.AccessToken })
}

// Revoke ends the refresh token and with it everything that was granted.
func (p *Playground) Revoke() error {
	return p.post(paths.Revoke, "Revocation", "The refresh token is given back. Every token of the grant is dead: try userinfo.", func(t *oauth2.Token) string {
		if t.RefreshToken != "" {
			return t.RefreshToken
		}
		return t.AccessToken
	})
}

func (p *Playground) post(path, title, text string, token func(*oauth2.Token) string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tokens == nil {
		return errNotSignedIn
	}
	body := url.Values{"token": {token(p.tokens)}}
	if p.client.authStyle() == oauth2.AuthStyleInParams {
		body.Set("client_id", p.client.ID)
		if !p.client.Public() {
			body.Set("client_secret", p.client.Secret)
		}
	}
	req, err := http.NewRequestWithContext(p.ctx, http.MethodPost, p.client.Issuer+path, strings.NewReader(body.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if p.client.authStyle() == oauth2.AuthStyleInHeader {
		req.SetBasicAuth(url.QueryEscape(p.client.ID), url.QueryEscape(p.client.Secret))
	}
	res, err := p.record.RoundTrip(req)
	p.took(title, text)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

// Logout forgets the tokens and returns where to send the browser to sign out.
func (p *Playground) Logout() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	query := url.Values{"client_id": {p.client.ID}}
	if p.client.AfterLogoutURL != "" {
		query.Set("post_logout_redirect_uri", p.client.AfterLogoutURL)
	}
	if p.idToken != "" {
		query.Set("id_token_hint", p.idToken)
	}
	p.tokens, p.idToken, p.steps, p.outcome = nil, "", nil, nil
	return p.client.Issuer + paths.EndSession + "?" + query.Encode()
}

// took turns what was recorded since the last step into one.
func (p *Playground) took(title, text string) {
	for i, x := range p.record.take() {
		s := Step{Title: title, Text: text, Request: x.request, Response: x.response}
		if i > 0 {
			s.Text = ""
		}
		p.steps = append(p.steps, s)
	}
}
