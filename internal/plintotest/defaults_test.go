package plintotest

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"plinto/internal/testservice"
	"plinto/storage/storagetest"
)

// defaults are settings that an administrator may have given a database for other
// programs; each would break one of our statements, or a promise.
var defaults = []string{
	`default_transaction_isolation = 'serializable'`, `"TimeZone" = 'Asia/Kolkata'`, `"DateStyle" = 'German, DMY'`, `"IntervalStyle" = 'iso_8601'`,
	`standard_conforming_strings = off`, `row_security = off`, `synchronous_commit = off`, `client_encoding = 'LATIN1'`, `bytea_output = 'escape'`,
	`statement_timeout = '1ms'`, `lock_timeout = '1ms'`, `idle_in_transaction_session_timeout = '1ms'`, `idle_session_timeout = '5ms'`,
	`jit_above_cost = 0`, `extra_float_digits = -15`, `array_nulls = off`, `default_transaction_deferrable = on`,
}

func TestDatabase_mayHaveOtherDefaults(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	conn := storagetest.Owner(t, owner)
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	for _, setting := range defaults {
		if _, err := conn.Exec(t.Context(), `ALTER DATABASE `+pgx.Identifier{strings.TrimPrefix(u.Path, "/")}.Sanitize()+` SET `+setting); err != nil {
			t.Fatalf("%s: %v", setting, err)
		}
	}
	s := startOn(t, server, testservice.Redis(t))
	application := web("https://rp.example/cb")
	application.ClientName = "日本"
	client, secret := s.Client(application)
	if kept, err := s.Store.Clients.ByClientID(s.In(), client.ClientID); err != nil || kept.ClientName != "日本" {
		t.Errorf("the name of the client came back as %v, %v", kept, err)
	}
	s.User("alice@example.com")
	tokens := s.Tokens(client, secret, "alice@example.com", "openid profile offline_access")
	for range 3 {
		a := s.Succeeds(s.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"]}}, As(client, secret)))
		tokens["refresh_token"], _ = a.JSON["refresh_token"].(string)
		tokens["access_token"], _ = a.JSON["access_token"].(string)
	}
	s.Succeeds(s.Send(http.MethodGet, "/oauth2/userinfo", nil, With("Authorization", "Bearer "+tokens["access_token"])))

	// Many at once have one winner, and nobody hears of the isolation level.
	code := s.Code(client, "alice@example.com", "openid")
	var all sync.WaitGroup
	answers := make([]Answer, 10)
	for i := range answers {
		all.Go(func() { answers[i] = s.Redeem(client, secret, code) })
	}
	all.Wait()
	redeemed := 0
	for _, a := range answers {
		if a.StatusCode == http.StatusOK {
			redeemed++
		} else {
			a.Wants(t, http.StatusBadRequest, "invalid_grant")
		}
	}
	if redeemed != 1 {
		t.Errorf("the code was redeemed %d times", redeemed)
	}
}
