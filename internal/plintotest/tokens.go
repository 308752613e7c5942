package plintotest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"plinto/internal/testworld"
	"plinto/provider"
)

// Verifier and Challenge are a PKCE pair.
const Verifier, Challenge = testworld.Verifier, testworld.Challenge

// An Answer is what an endpoint said, with its body read.
type Answer struct {
	*http.Response
	Text string
	JSON map[string]any // of a JSON body
}

// Send sends a request to an endpoint below the issuer. A non-nil form is the
// body. change may set headers.
func (s *Server) Send(method, path string, form url.Values, change ...func(*http.Request)) Answer {
	s.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, s.Issuer()+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, f := range change {
		f(r)
	}
	res, err := s.HTTP().Do(r)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	a := Answer{Response: res, Text: string(text)}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") && method != http.MethodHead {
		if err := json.Unmarshal(text, &a.JSON); err != nil {
			s.t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
	return a
}

// Wants fails the test unless the answer is that OAuth error.
func (a Answer) Wants(t testing.TB, status int, code string) {
	t.Helper()
	if a.StatusCode != status || a.JSON["error"] != code {
		t.Errorf("got %d %s, want %d %s", a.StatusCode, a.Text, status, code)
	}
}

// As authenticates by HTTP Basic, or for a public client not at all.
func As(c *provider.Client, secret string) func(*http.Request) {
	return func(r *http.Request) {
		if secret != "" {
			r.SetBasicAuth(url.QueryEscape(c.ClientID), url.QueryEscape(secret))
		}
	}
}

// With sets a header.
func With(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// Code signs a user in and returns the code that the client gets, for Verifier.
func (s *Server) Code(c *provider.Client, username, scope string) string {
	s.t.Helper()
	return s.codeIn("", c, username, scope)
}

// TokensIn signs a user in for an organization, by its slug, and returns the access token.
func (s *Server) TokensIn(organization string, c *provider.Client, secret, username, scope string) string {
	s.t.Helper()
	token, ok := s.Redeem(c, secret, s.codeIn(organization, c, username, scope)).JSON["access_token"].(string)
	if !ok {
		s.t.Fatal("no token")
	}
	return token
}

// codeIn is Code for an organization; "" for none.
func (s *Server) codeIn(organization string, c *provider.Client, username, scope string) string {
	s.t.Helper()
	request := url.Values{
		"client_id": {c.ClientID}, "redirect_uri": {c.RedirectURIs[0]}, "response_type": {"code"}, "scope": {scope},
		"code_challenge": {Challenge}, "code_challenge_method": {"S256"},
	}
	if organization != "" {
		request.Set("organization", organization)
	}
	code := s.Browser().SignIn(s.Issuer()+"/oauth2/authorize?"+request.Encode(), username).Get("code")
	if code == "" {
		s.t.Fatal("no code")
	}
	return code
}

// Redeem exchanges a code.
func (s *Server) Redeem(c *provider.Client, secret, code string) Answer {
	s.t.Helper()
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {c.RedirectURIs[0]}, "code_verifier": {Verifier},
	}
	if secret == "" {
		form.Set("client_id", c.ClientID)
	}
	return s.Send(http.MethodPost, "/oauth2/token", form, As(c, secret))
}

// Tokens signs a user in and returns the members of the token response.
func (s *Server) Tokens(c *provider.Client, secret, username, scope string) map[string]string {
	s.t.Helper()
	a := s.Redeem(c, secret, s.Code(c, username, scope))
	if a.StatusCode != http.StatusOK {
		s.t.Fatalf("token: %d %s", a.StatusCode, a.Text)
	}
	tokens := map[string]string{}
	for name, value := range a.JSON {
		if text, ok := value.(string); ok {
			tokens[name] = text
		}
	}
	return tokens
}
