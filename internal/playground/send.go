package playground

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"plinto/internal/paths"
)

// push pushes the parameters of an authorization request and returns the address that names what was pushed
// (RFC 9126 §2).
func (p *Playground) push(c Client, address string) (string, error) {
	at, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	got, err := p.send(c, c.Issuer+paths.PAR, at.Query())
	p.took("Pushed request", "This client has to push its requests: the relying party sends the parameters to the issuer itself, and the browser carries nothing but a reference to them.")
	if err != nil {
		return "", err
	}
	var pushed struct {
		RequestURI string `json:"request_uri"`
	}
	if err := json.Unmarshal(got, &pushed); err != nil || pushed.RequestURI == "" {
		return "", errors.New("The issuer refused the pushed request.") //nolint:revive,staticcheck // a sentence of the page
	}
	at.RawQuery = url.Values{"client_id": {c.ID}, "request_uri": {pushed.RequestURI}}.Encode()
	return at.String(), nil
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
	_, err := p.send(p.client, p.client.Issuer+path, url.Values{"token": {token(p.tokens)}})
	p.took(title, text)
	return err
}

// send posts a form as a client, and returns the body of the answer.
func (p *Playground) send(c Client, address string, body url.Values) ([]byte, error) {
	if c.authStyle() == oauth2.AuthStyleInParams {
		body.Set("client_id", c.ID)
		if !c.Public() {
			body.Set("client_secret", c.Secret)
		}
	}
	req, err := http.NewRequestWithContext(p.ctx, http.MethodPost, address, strings.NewReader(body.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", form)
	if c.authStyle() == oauth2.AuthStyleInHeader {
		req.SetBasicAuth(url.QueryEscape(c.ID), url.QueryEscape(c.Secret))
	}
	return p.roundTrip(req)
}

func (p *Playground) roundTrip(req *http.Request) ([]byte, error) {
	res, err := p.record.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	return io.ReadAll(res.Body)
}
