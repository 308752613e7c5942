package plintotest

import (
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	secrets "plinto/internal/secret"
	"plinto/internal/testservice"
	"plinto/storage"
	"plinto/storage/storagetest"
)

// through returns the URL with a proxy before its host.
func through(t *testing.T, address string) (*testservice.Proxy, string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	p := testservice.NewProxy(t, u.Host)
	u.Host = p.Address()
	return p, u.String()
}

// A network that loses a connection without saying so answers nothing for a
// quarter of an hour. Nobody may wait for that.
func TestPostgres_thatFallsSilentIsGivenUp(t *testing.T) {
	t.Parallel()
	server, _ := storagetest.URL(t)
	network, database := through(t, server)
	s := startOn(t, database, testservice.Redis(t))
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	b.SignIn(s.AuthorizeURL(client, nil), "alice@example.com")
	tokens := s.Tokens(client, secret, "alice@example.com", "openid offline_access")
	published := []string{"/.well-known/openid-configuration", "/.well-known/jwks.json"}
	for _, path := range published {
		s.Succeeds(s.Send(http.MethodGet, path, nil))
	}
	network.Silence()

	refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"]}}
	var all sync.WaitGroup
	for range 20 { // more than there are connections to find dead
		all.Go(func() {
			began := time.Now()
			a := s.Send(http.MethodPost, "/oauth2/token", refresh, As(client, secret))
			if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
				t.Errorf("refresh: %d %s", a.StatusCode, a.Text)
			}
			if took := time.Since(began); took > 15*time.Second {
				t.Errorf("refresh: answered after %v only", took)
			}
		})
	}
	all.Wait()
	for _, path := range published {
		if a := s.Send(http.MethodGet, path, nil); a.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", path, a.StatusCode, a.Text)
		}
	}
	network.Answer()
	Eventually(t, "the server is ready again", func() bool { return s.ready(b) })
	worksWithout(t, s, client, secret, b, tokens)
}

// What another instance changes is heard soon after the network lost the
// connection on which it would have been said: sooner than memory would doubt it.
func TestChanges_areHeardAfterTheNetworkLostTheConnection(t *testing.T) {
	t.Parallel()
	server, _ := storagetest.URL(t)
	network, database := through(t, server)
	s := startOn(t, database, testservice.Redis(t), func(c *storage.Config) { c.Workers = false })
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.settle()
	s.Succeeds(s.machine(client, secret))
	network.Lose()
	other := storagetest.New(t, func(c *storage.Config) { c.URL = secrets.NewString(server) })
	if _, err := other.Clients.SetDisabled(s.In(), client.ID, true); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	Eventually(t, "the client is refused here, too", func() bool {
		return s.machine(client, secret).StatusCode == http.StatusUnauthorized
	})
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it was refused after %v only", took)
	}
}

// Redis is asked a few times within a short timeout, and then not called for a while.
func TestRedis_thatIsSlowHoldsUpNobody(t *testing.T) {
	t.Parallel()
	server, _ := storagetest.URL(t)
	network, cache := through(t, testservice.Redis(t))
	s := startOn(t, server, cache, func(c *storage.Config) { c.RedisBudget = 0 })
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	b.SignIn(s.AuthorizeURL(client, nil), "alice@example.com")
	tokens := s.Tokens(client, secret, "alice@example.com", "openid offline_access")
	const late = 2 * time.Second // instead of 200 ms: this machine may be that slow by itself
	network.Slow(late)
	began := time.Now()
	const visits = 20
	for range visits {
		s.authorizes(b, client)
	}
	if took := time.Since(began); took > visits*late/2 {
		t.Errorf("%d visits took %v: each waited for Redis", visits, took)
	}
	worksWithout(t, s, client, secret, b, tokens)
	network.Slow(0)
	s.authorizes(b, client)
}

// Requests that want a connection to Postgres and find all in use are sent away
// soon, those that want none are answered, and so is who asks for our health.
func TestPool_thatIsExhaustedShedsAndRecovers(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	s := startOn(t, server, testservice.Redis(t), func(c *storage.Config) { c.MaxConns = 2 })
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	tokens := s.Tokens(client, secret, "alice@example.com", "openid offline_access")
	s.Succeeds(s.machine(client, secret))
	blocker := storagetest.Owner(t, owner)
	if _, err := blocker.Exec(t.Context(), `BEGIN; LOCK TABLE refresh_tokens IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"]}}
	const parallel = 16 // one after the other they would wait a second each for the lock
	began := time.Now()
	var all sync.WaitGroup
	for range parallel {
		all.Go(func() {
			a := s.Send(http.MethodPost, "/oauth2/token", refresh, As(client, secret))
			if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
				t.Errorf("refresh: %d %s", a.StatusCode, a.Text)
			}
		})
	}
	if !s.ready(s.Browser()) {
		t.Error("not ready, although only one table is locked")
	}
	s.Succeeds(s.Send(http.MethodGet, "/.well-known/jwks.json", nil))
	s.Succeeds(s.machine(client, secret))
	all.Wait()
	if took := time.Since(began); took > parallel/2*time.Second*3/4 {
		t.Errorf("%d requests on two connections took %v: they queued", parallel, took)
	}
	if _, err := blocker.Exec(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	s.Succeeds(s.Send(http.MethodPost, "/oauth2/token", refresh, As(client, secret)))
}
