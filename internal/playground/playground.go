package playground

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
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
	Request, Response string // as sent; the second is empty for steps in the browser
	Curl              string // a line for a POSIX shell that sends the request again
	Spent             bool   // what it sends works once: sent again it is refused, and ends the tokens
	Tokens            []Token
	// Verdict says what became of an attack, "" of every other step. Held says that it was refused.
	Verdict string
	Held    bool
}

// A Token is a decoded JWT, as indented JSON.
type Token struct {
	Name, Header, Claims string
	Ends                 time.Time // of an opaque one, as the answer said; zero: unknown
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
	// Pushes: it has to push its authorization requests (RFC 9126).
	Pushes bool
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
	pending  []attempt // oldest first
	outcome  *Outcome
	tokens   *oauth2.Token
	idToken  string
	asked    Ask      // of the sign-in that the tokens are from
	redeemed redeemed // what they were got for
	problem  string
}

// redeemed is a code that was redeemed, with its verifier.
type redeemed struct{ code, verifier string }

// mostSteps bounds how many steps are kept: the newest.
const mostSteps = 100

// New returns a fresh relying party.
func New(c Client, transport http.RoundTripper) *Playground {
	p := &Playground{client: c, record: &recorder{next: transport}}
	p.ctx = oidc.ClientContext(context.Background(), &http.Client{
		Transport:     p.record,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // an issuer sends nobody elsewhere
	})
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

// Awaits reports whether a sign-in or an attack that was begun here waits for an answer with that state.
func (p *Playground) Awaits(state string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.pending, func(a attempt) bool { return state != "" && (a.state == state || a.forged == state) })
}

// Problem is what went wrong last, in a sentence for the page; "" when nothing did.
func (p *Playground) Problem() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.problem
}

// Tell keeps what went wrong, nil for nothing.
func (p *Playground) Tell(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.problem = ""; err != nil {
		p.problem = err.Error()
	}
}

// TokenFor returns the access token when the sign-in asked for one for that resource, else "".
func (p *Playground) TokenFor(resource string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tokens == nil || resource == "" || p.asked.Resource != resource {
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
	p.steps, p.tokens, p.idToken, p.asked, p.redeemed, p.outcome = nil, nil, "", Ask{}, redeemed{}, nil
	provider, err := oidc.NewProvider(p.ctx, p.client.Issuer)
	p.took("Discovery", "The relying party reads what the issuer can do, and where.")
	if err != nil {
		return "", fmt.Errorf("discovery: %w", err)
	}
	p.provider = provider
	return p.ask(p.client, attempt{ask: ask},
		"The browser is sent to the issuer with a state (against forged answers), a nonce (binds the ID token to this browser) and a code challenge (binds the code to this relying party).")
}

// ask begins an attempt as a client and returns where to send the browser. text is what the step says.
func (p *Playground) ask(c Client, a attempt, text string) (address string, err error) {
	a.client, a.state, a.nonce, a.verifier, a.at = c, rand.Text(), rand.Text(), oauth2.GenerateVerifier(), time.Now()
	state := a.state
	if a.attack == State {
		a.forged = rand.Text()
		state = a.forged
	}
	p.await(a)
	config := p.config(c, a.ask.Scope)
	if address = config.AuthCodeURL(state, a.ask.options(a.nonce, a.verifier)...); c.Pushes {
		if address, err = p.push(c, address); err != nil {
			return "", err
		}
	}
	p.add(Step{
		Title: a.attack.title("Authorization request"), Text: text, Curl: "curl -i " + quote(address),
		Request: "GET " + strings.NewReplacer("?", "\n  ?", "&", "\n  &").Replace(address),
	})
	return address, nil
}

// config is what the library of OAuth needs to be a client.
func (p *Playground) config(c Client, scope string) oauth2.Config {
	config := oauth2.Config{
		ClientID: c.ID, ClientSecret: c.Secret, RedirectURL: c.RedirectURL, Endpoint: p.provider.Endpoint(), Scopes: strings.Fields(scope),
	}
	config.Endpoint.AuthStyle = c.authStyle()
	return config
}

// Callback takes the answer of the issuer.
func (p *Playground) Callback(query url.Values) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	address := p.client.RedirectURL + "?" + query.Encode()
	p.add(Step{
		Title: "Authorization response", Request: "GET " + strings.NewReplacer("?", "\n  ?", "&", "\n  &").Replace(address),
		Text: "The browser comes back. The relying party checks that state is its own and that iss is the issuer it asked.",
	})
	if p.provider == nil {
		return errors.New("No sign-in was started in this browser.") //nolint:revive,staticcheck // a sentence of the page
	}
	if p.forged(query.Get("state")) {
		return nil
	}
	a, ok := p.answered(query.Get("state"))
	switch {
	case !ok:
		return ErrAnswered
	case query.Get("iss") != p.client.Issuer:
		return errors.New("iss is not the issuer that was asked")
	case query.Get("error") != "":
		return &Refusal{query.Get("error"), query.Get("error_description")}
	case a.attack != "":
		return p.arrived(&a, query.Get("code"))
	}
	tokens, err := p.redeem(&a, query.Get("code"), "Token request", p.redeems())
	if err != nil {
		return err
	}
	p.asked, p.redeemed = a.ask, redeemed{query.Get("code"), a.verifier}
	return p.keep(tokens, &a)
}

// redeem exchanges the code of an attempt, which is a step.
func (p *Playground) redeem(a *attempt, code, title, text string) (*oauth2.Token, error) {
	config := p.config(a.client, a.ask.Scope)
	tokens, err := config.Exchange(p.ctx, code, oauth2.VerifierOption(a.verifier))
	p.took(title, text)
	p.spent()
	if err != nil {
		return nil, fmt.Errorf("token request: %w", err)
	}
	return tokens, nil
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
	last.Tokens = append(last.Tokens, p.access(tokens))
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

// access shows an access token.
func (p *Playground) access(tokens *oauth2.Token) Token {
	t := decode("Access token", tokens.AccessToken)
	t.Ends = tokens.Expiry
	return t
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
	if _, claims, found := strings.Cut(p.steps[len(p.steps)-1].Response, "\n\n"); err == nil && found {
		p.steps[len(p.steps)-1].Tokens = []Token{answer(claims)}
	}
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
	config := p.config(p.client, "")
	tokens, err := config.TokenSource(p.ctx, &oauth2.Token{RefreshToken: p.tokens.RefreshToken}).Token()
	p.took("Refresh", "The refresh token is exchanged for new tokens, and for its successor: using the old one again later would end them all.")
	p.spent()
	if err != nil {
		return err
	}
	return p.keep(tokens, nil)
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
	p.tokens, p.idToken, p.redeemed, p.steps, p.outcome = nil, "", redeemed{}, nil, nil
	return p.client.Issuer + paths.EndSession + "?" + query.Encode()
}

// took turns what was recorded since the last step into one.
func (p *Playground) took(title, text string) {
	for i, x := range p.record.take() {
		s := Step{Title: title, Text: text, Request: x.request, Response: x.response, Curl: x.curl}
		if i > 0 {
			s.Text = ""
		}
		p.add(s)
	}
}

// spent marks the last step as one that cannot be done twice.
func (p *Playground) spent() {
	if len(p.steps) > 0 {
		p.steps[len(p.steps)-1].Spent = true
	}
}

// add keeps a step.
func (p *Playground) add(s Step) {
	if len(p.steps) == mostSteps {
		p.steps = slices.Delete(p.steps, 0, 1)
	}
	p.steps = append(p.steps, s)
}
