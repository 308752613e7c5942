package plintotest

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plinto/internal/testservice"
	"plinto/storage"
	"plinto/storage/storagetest"
)

// A Redis that is full and throws nothing out takes no copies and counts no limits. Everything goes on, and failures are
// counted by the process.
func TestRedis_thatIsFullChangesNothing(t *testing.T) {
	t.Parallel()
	server, _ := storagetest.URL(t)
	full := testservice.NewRedis(t, "maxmemory 3mb", "maxmemory-policy noeviction")
	s := startOn(t, server, full.URL())
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	b.SignIn(s.AuthorizeURL(client, nil), "alice@example.com")
	tokens := s.Tokens(client, secret, "alice@example.com", "openid offline_access")
	cache := redisAt(t, full.URL())
	var err error
	for n := 0; err == nil && n < 1000; n++ {
		err = cache.SetNX(t.Context(), strings.Repeat("x", n+1), strings.Repeat("x", 16<<10), 0).Err()
	}
	if err == nil || !strings.HasPrefix(err.Error(), "OOM") {
		t.Fatalf("Redis is not full: %v", err)
	}
	worksWithout(t, s, client, secret, b, tokens)
	limited := false
	for range 60 { // twenty a minute are let through, half of it without Redis
		if a := s.machine(client, "wrong"); a.StatusCode == http.StatusTooManyRequests {
			limited = true
			break
		}
	}
	if !limited {
		t.Error("nobody counts wrong secrets")
	}
}

// A Redis that fell silent is left alone, and used again when it answers.
func TestRedis_thatFellSilentIsUsedAgain(t *testing.T) {
	t.Parallel()
	server, _ := storagetest.URL(t)
	address := testservice.Redis(t)
	network, through := through(t, address)
	s := startOn(t, server, through, func(c *storage.Config) { c.RedisBudget = 0 })
	client, _ := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.signedIn(client)
	network.Silence()
	Eventually(t, "Redis is left alone", func() bool {
		s.authorizes(b, client)
		return s.Store.RedisReady(t.Context()) != nil && strings.HasSuffix(s.Store.RedisReady(t.Context()).Error(), "is out")
	})
	cache := redisAt(t, address)
	try(t, cache.FlushDB(t.Context()).Err())
	network.Answer()
	Eventually(t, "a copy is in Redis again", func() bool {
		b.Open(s.Issuer() + "/")
		n, err := cache.Exists(t.Context(), s.copyKey(t, b)).Result()
		return err == nil && n == 1
	})
}

// A Postgres that takes no writes: what is read goes on, nothing is issued, and whoever asks for more is told to wait.
func TestPostgres_thatTakesNoWritesIsReadFrom(t *testing.T) {
	t.Parallel()
	pg, database := ownDatabase(t)
	s := startOn(t, database, testservice.Redis(t))
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.signedIn(client)
	tokens := s.Tokens(client, secret, "alice@example.com", "openid offline_access")
	owner := storagetest.Owner(t, pg.URL())
	switchTo := func(readOnly string) {
		t.Helper()
		for _, sql := range []string{`ALTER SYSTEM SET default_transaction_read_only = ` + readOnly, `SELECT pg_reload_conf()`} {
			if _, err := owner.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
	}
	switchTo("on")
	Eventually(t, "it is not ready", func() bool { return !s.ready(b) })
	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/jwks.json"} {
		s.Succeeds(s.Send(http.MethodGet, path, nil))
	}
	s.Succeeds(s.Send(http.MethodGet, "/oauth2/userinfo", nil, With("Authorization", "Bearer "+tokens["access_token"])))
	refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"]}}
	if a := s.Send(http.MethodPost, "/oauth2/token", refresh, As(client, secret)); a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" || a.JSON["error"] != "temporarily_unavailable" {
		t.Errorf("refresh: %d %s", a.StatusCode, a.Text)
	}
	authorize, err := http.NewRequest(http.MethodGet, s.AuthorizeURL(client, nil), nil)
	try(t, err)
	s.unavailable(b, "authorize", authorize)
	switchTo("off")
	Eventually(t, "it is ready again", func() bool { return s.ready(b) })
	worksWithout(t, s, client, secret, b, tokens)
}

// Two hundred who refresh the tokens of one user at once wait for each other for a bounded time, and hold up nobody else.
func TestRefresh_ofOneUserByManyHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	server, _ := storagetest.URL(t)
	s := startOn(t, server, testservice.Redis(t))
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	s.User("bob@example.com")
	hot := s.Tokens(client, secret, "alice@example.com", "openid offline_access")["refresh_token"]
	mine := s.Tokens(client, secret, "bob@example.com", "openid offline_access")["refresh_token"]
	refresh := func(token string) Answer {
		return s.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, As(client, secret))
	}
	var all sync.WaitGroup
	var running, answered atomic.Int64
	var successors sync.Map
	for range 200 {
		running.Add(1)
		all.Go(func() {
			defer running.Add(-1)
			began := time.Now()
			a := refresh(hot)
			switch a.StatusCode {
			case http.StatusOK:
				answered.Add(1)
				successors.Store(a.JSON["refresh_token"], true)
			case http.StatusServiceUnavailable:
			default:
				t.Errorf("one of many: %d %s", a.StatusCode, a.Text)
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("one of many was answered after %v only", took)
			}
		})
	}
	for running.Load() > 100 {
		a := refresh(mine)
		if a.StatusCode == http.StatusServiceUnavailable && a.Header.Get("Retry-After") != "" {
			continue // this machine is asked too much
		}
		mine, _ = s.Succeeds(a).JSON["refresh_token"].(string)
	}
	all.Wait()
	n := 0
	successors.Range(func(any, any) bool { n++; return true })
	if n != 1 || answered.Load() == 0 {
		t.Errorf("%d were answered, with %d different tokens; want one", answered.Load(), n)
	}
	s.Succeeds(refresh(mine))
}
