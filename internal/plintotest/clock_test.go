package plintotest

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"plinto/storage/storagetest"
)

// F-10: whether a code, a token or a session still stands is for the database's
// clock to say. A server whose own is wrong is not ready, but it lets nothing in
// that is over, and refuses nothing that is not.
func TestClock_ofTheServerDecidesNothing(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{5 * time.Minute, -5 * time.Minute} {
		server, owner := storagetest.URL(t)
		s := Start(t, Options{Database: server, Now: func() time.Time { return time.Now().Add(off) }})
		client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
		s.User("alice@example.com")
		conn := storagetest.Owner(t, owner)
		refresh := func(token string) Answer {
			return s.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, As(client, secret))
		}
		b := s.Browser()
		b.SignIn(s.AuthorizeURL(client, nil), "alice@example.com")
		first := s.Succeeds(s.Redeem(client, secret, s.authorizes(b, client)))
		token, _ := s.Succeeds(refresh(first.JSON["refresh_token"].(string))).JSON["refresh_token"].(string)

		code := s.authorizes(b, client)
		for _, sql := range []string{
			`UPDATE codes SET expires_at = now() - interval '1 second' WHERE spent_at IS NULL`,
			`UPDATE refresh_tokens SET expires_at = now() - interval '1 second' WHERE used_at IS NULL`,
		} {
			if _, err := conn.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
		s.Redeem(client, secret, code).Wants(t, http.StatusBadRequest, "invalid_grant")
		refresh(token).Wants(t, http.StatusBadRequest, "invalid_grant")
	}
}
