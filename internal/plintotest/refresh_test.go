package plintotest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"plinto/provider"
)

// refreshes exchanges a refresh token from a browser, with its cookies, as an
// application on the server's own origin does.
func (b *Browser) refreshes(s *Server, c *provider.Client, secret, token string) (status int, next string) {
	b.t.Helper()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
	r, err := http.NewRequest(http.MethodPost, s.Issuer()+"/oauth2/token", strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	As(c, secret)(r)
	res, err := b.Client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		RefreshToken string `json:"refresh_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, answer.RefreshToken
}

// TOK-30: the device cookie that signing in leaves tells two browsers apart, at the token
// endpoint too. Six tabs of one are one.
func TestRefresh_knowsBrowsersByTheirDeviceCookie(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	s.User("mallory@example.com")
	own, other := s.Browser(), s.Browser()
	own.SignIn(s.AuthorizeURL(client, nil), "alice@example.com")
	other.SignIn(s.AuthorizeURL(client, nil), "mallory@example.com")
	first := s.Tokens(client, secret, "alice@example.com", "openid offline_access")["refresh_token"]
	status, second := own.refreshes(s, client, secret, first)
	for range 5 {
		again, same := own.refreshes(s, client, secret, first)
		if status != http.StatusOK || again != http.StatusOK || same != second {
			t.Fatalf("a tab got %d %q, want %q", again, same, second)
		}
	}
	if status, _ := other.refreshes(s, client, secret, second); status != http.StatusBadRequest {
		t.Errorf("another browser: %d, want 400", status)
	}
	if status, _ := own.refreshes(s, client, secret, second); status != http.StatusBadRequest {
		t.Errorf("the family afterwards: %d, want 400", status)
	}
}
