package plintotest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"plinto/cmd/plinto/app"
	"plinto/internal/password"
	"plinto/internal/secret"
	"plinto/internal/testservice"
	"plinto/provider"
	"plinto/storage"
	"plinto/storage/schema"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// startOn starts a server on stores that a test breaks.
func startOn(t *testing.T, database, redisURL string, change ...func(*storage.Config)) *Server {
	t.Helper()
	root, _ := secret.NewRoot()
	listener := httptest.NewUnstartedServer(nil)
	public := &url.URL{Scheme: "https", Host: listener.Listener.Addr().String()}
	cfg := storage.Config{
		Public: public,
		URL:    secret.NewString(database), RedisURL: secret.NewString(redisURL), Root: root, Workers: true, Subscriptions: app.Subscriptions(),
		RedisBudget: 2 * time.Second, // on a busy machine 20 ms are nothing
	}
	for _, f := range change {
		f(&cfg)
	}
	store, err := storage.Open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	t.Cleanup(store.Close)
	s := &Server{t: t, Root: root, Store: store, Server: listener, Hasher: password.New(password.Options{Cost: password.Cost{Memory: 64, Time: 1}, Pepper: password.Pepper{ID: "t"}})}
	if s.App, err = app.New(app.Config{Root: root, Store: store, Hasher: s.Hasher, Clients: ourselves}); err != nil {
		t.Fatalf("wire app: %v", err)
	}
	s.run(t, s.App.Handler())
	s.Tenant = s.NewTenant("main", public.Host, tenant.Settings{})
	return s
}

// run serves until the test ends.
func (s *Server) run(t *testing.T, h http.Handler) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = s.App.Run(ctx) // with its database gone it may end with an error
	}()
	s.Config.Handler = h
	s.StartTLS()
	t.Cleanup(func() {
		s.Close()
		cancel()
		<-stopped
	})
}

// ownDatabase migrates a database on a Postgres that the test may stop.
func ownDatabase(t *testing.T) (pg *testservice.PostgresServer, serverURL string) {
	t.Helper()
	pg = testservice.NewPostgres(t)
	if _, err := schema.Migrate(t.Context(), pg.URL(), &schema.LoginRole{Name: storagetest.LoginRole}); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	u, err := url.Parse(pg.URL())
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(storagetest.LoginRole)
	return pg, u.String()
}

// machine asks for a token as a service.
func (s *Server) machine(c *provider.Client, secret string) Answer {
	s.t.Helper()
	return s.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"client_credentials"}}, As(c, secret))
}

// worksWithout shows that nothing a user or client does depends on what Redis held:
// b was signed in before, tokens were issued before.
func worksWithout(t *testing.T, s *Server, c *provider.Client, secret string, b *Browser, tokens map[string]string) {
	t.Helper()
	for range 5 { // more than the failures after which Redis is left alone
		if p := b.Open(s.AuthorizeURL(c, nil)); p.Left == nil || p.Left.Query().Get("code") == "" {
			t.Fatalf("a signed-in browser has to sign in again: at %s", p.URL)
		}
	}
	fresh := s.Tokens(c, secret, "alice@example.com", "openid offline_access")
	for _, token := range []string{tokens["access_token"], fresh["access_token"]} {
		if a := s.Send(http.MethodGet, "/oauth2/userinfo", nil, With("Authorization", "Bearer "+token)); a.StatusCode != http.StatusOK {
			t.Errorf("userinfo: %d %s", a.StatusCode, a.Text)
		}
	}
	a := s.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"]}}, As(c, secret))
	if a.StatusCode != http.StatusOK {
		t.Errorf("refresh: %d %s", a.StatusCode, a.Text)
	}
	if a := s.machine(c, secret); a.StatusCode != http.StatusOK {
		t.Errorf("client credentials: %d %s", a.StatusCode, a.Text)
	}
	if a := s.Send(http.MethodPost, "/oauth2/revoke", url.Values{"token": {fresh["refresh_token"]}}, As(c, secret)); a.StatusCode != http.StatusOK {
		t.Errorf("revoke: %d %s", a.StatusCode, a.Text)
	}
	a = s.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {fresh["refresh_token"]}}, As(c, secret))
	a.Wants(t, http.StatusBadRequest, "invalid_grant")
}

func TestRedis_mayDie(t *testing.T) {
	t.Parallel()
	server, _ := storagetest.URL(t)
	cache := testservice.NewRedis(t)
	s := startOn(t, server, cache.URL())
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	b.SignIn(s.AuthorizeURL(client, nil), "alice@example.com")
	for round := range 2 {
		tokens := s.Tokens(client, secret, "alice@example.com", "openid offline_access")
		if err := cache.Stop(); err != nil {
			t.Fatal(err)
		}
		worksWithout(t, s, client, secret, b, tokens)
		if err := cache.Start(); err != nil {
			t.Fatal(err)
		}
		if p := b.Open(s.AuthorizeURL(client, nil)); p.Left == nil {
			t.Errorf("round %d: signed out once Redis is back: at %s", round, p.URL)
		}
	}
}

func TestRedis_mayForgetEverything(t *testing.T) {
	t.Parallel()
	server, _ := storagetest.URL(t)
	address := testservice.Redis(t)
	s := startOn(t, server, address)
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	b.SignIn(s.AuthorizeURL(client, nil), "alice@example.com")
	tokens := s.Tokens(client, secret, "alice@example.com", "openid offline_access")
	s.Tries(s.AuthorizeURL(client, nil), "alice@example.com", "wrong")
	options, err := redis.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	cache := redis.NewClient(options)
	defer cache.Close()
	if n, err := cache.DBSize(t.Context()).Result(); err != nil || n == 0 {
		t.Fatalf("Redis holds %d keys, so forgetting them shows nothing: %v", n, err)
	}
	if err := cache.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	worksWithout(t, s, client, secret, b, tokens)
}

// unavailable wants 503 with a Retry-After, in time.
func (s *Server) unavailable(b *Browser, what string, req *http.Request) {
	s.t.Helper()
	began := time.Now()
	res, err := b.Client.Do(req)
	if err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
	defer res.Body.Close()
	seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
	if res.StatusCode != http.StatusServiceUnavailable || err != nil || seconds < 1 {
		s.t.Errorf("%s: %d, Retry-After %q; want 503", what, res.StatusCode, res.Header.Get("Retry-After"))
	}
	if took := time.Since(began); took > 15*time.Second {
		s.t.Errorf("%s: answered after %v only", what, took)
	}
}

func TestPostgres_mayGoAndComeBack(t *testing.T) {
	t.Parallel()
	pg, database := ownDatabase(t)
	s := startOn(t, database, testservice.Redis(t))
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	b.SignIn(s.AuthorizeURL(client, nil), "alice@example.com")
	tokens := s.Tokens(client, secret, "alice@example.com", "openid offline_access")
	published := []string{"/.well-known/openid-configuration", "/.well-known/jwks.json"}
	for _, path := range published {
		if a := s.Send(http.MethodGet, path, nil); a.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d", path, a.StatusCode)
		}
	}
	code := s.Code(client, "alice@example.com", "openid")
	leaving := s.Browser()
	leaving.SignIn(s.AuthorizeURL(client, nil), "alice@example.com")
	leave := leaving.Open(s.Issuer()+"/oauth2/logout").Form("logout-yes", nil)
	if err := pg.Stop(); err != nil {
		t.Fatal(err)
	}

	// SES-10: never a false success.
	if a := s.Send(http.MethodPost, leave.Path, leave.Data, leaving.Cookies, With("Sec-Fetch-Site", "same-origin")); a.StatusCode != http.StatusServiceUnavailable || len(a.Header.Values("Set-Cookie")) > 0 {
		t.Errorf("signing out while Postgres is away: %d, %v", a.StatusCode, a.Header)
	}
	for _, path := range published {
		if a := s.Send(http.MethodGet, path, nil); a.StatusCode != http.StatusOK {
			t.Errorf("%s while Postgres is away: %d %s", path, a.StatusCode, a.Text)
		}
	}
	authorize, _ := http.NewRequest(http.MethodGet, s.AuthorizeURL(client, nil), nil) // both are well-formed
	s.unavailable(b, "authorize", authorize)
	for what, form := range map[string]url.Values{
		"code":    {"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {client.RedirectURIs[0]}, "code_verifier": {Verifier}},
		"refresh": {"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"]}},
	} {
		a := s.Send(http.MethodPost, "/oauth2/token", form, As(client, secret))
		if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" || a.JSON["error"] != "temporarily_unavailable" {
			t.Errorf("%s while Postgres is away: %d %s, Retry-After %q", what, a.StatusCode, a.Text, a.Header.Get("Retry-After"))
		}
	}
	// Another instance may have disabled the client: nothing is issued from memory.
	Eventually(t, "a machine is refused", func() bool { return s.machine(client, secret).StatusCode == http.StatusServiceUnavailable })
	ready, _ := http.NewRequest(http.MethodGet, s.URL+"/readyz", nil)
	if res, err := b.Client.Do(ready); err != nil || res.StatusCode != http.StatusServiceUnavailable || res.Body.Close() != nil {
		t.Errorf("/readyz while Postgres is away: %v, %v", res, err)
	}

	if err := pg.Start(); err != nil {
		t.Fatal(err)
	}
	Eventually(t, "the server is ready again", func() bool {
		return s.ready(b)
	})
	if a := s.Redeem(client, secret, code); a.StatusCode != http.StatusOK {
		t.Errorf("a code from before: %d %s", a.StatusCode, a.Text)
	}
	worksWithout(t, s, client, secret, b, tokens)
}

func (s *Server) ready(b *Browser) bool {
	s.t.Helper()
	res, err := b.Client.Get(s.URL + "/readyz")
	if err != nil {
		s.t.Fatal(err)
	}
	return res.Body.Close() == nil && res.StatusCode == http.StatusOK
}

// Two instances on one database, each with its own memory and Redis: only the
// database can decide.
func TestCode_isRedeemedOnceAcrossInstances(t *testing.T) {
	t.Parallel()
	database, _ := storagetest.URL(t)
	first := startOn(t, database, testservice.Redis(t))
	client, secret := first.Client(web("https://rp.example/cb"), FirstParty)
	first.User("alice@example.com")
	second := first.twin(t, database)

	for range 5 {
		code := first.Code(client, "alice@example.com", "openid")
		form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {client.RedirectURIs[0]}, "code_verifier": {Verifier}}
		answers := make([]Answer, 6)
		var all sync.WaitGroup
		for i := range answers {
			s := []*Server{first, second}[i%2]
			all.Go(func() { answers[i] = s.Send(http.MethodPost, "/oauth2/token", form, As(client, secret)) })
		}
		all.Wait()
		redeemed := 0
		for _, a := range answers {
			if a.StatusCode == http.StatusOK {
				redeemed++
				continue
			}
			a.Wants(t, http.StatusBadRequest, "invalid_grant")
		}
		if redeemed != 1 {
			t.Errorf("the code was redeemed %d times", redeemed)
		}
	}
}

// twin is another instance of the same installation.
func (s *Server) twin(t *testing.T, database string) *Server {
	t.Helper()
	public, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	store, err := storage.Open(t.Context(), storage.Config{
		Public: public,
		URL:    secret.NewString(database), RedisURL: secret.NewString(testservice.Redis(t)), Root: s.Root, Workers: true,
		Subscriptions: app.Subscriptions(),
	})
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	t.Cleanup(store.Close)
	other := &Server{t: t, Root: s.Root, Store: store, Hasher: s.Hasher, Server: httptest.NewUnstartedServer(nil)}
	if other.App, err = app.New(app.Config{Root: s.Root, Store: store, Hasher: s.Hasher}); err != nil {
		t.Fatalf("wire app: %v", err)
	}
	other.run(t, asHost(public.Host, other.App.Handler()))
	// It is asked by its own address for the tenant of the other's host.
	at := *s.Tenant
	at.Issuer = other.URL
	other.Tenant = &at
	return other
}

// asHost serves requests as if they had come to that host.
func asHost(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Host = host
		next.ServeHTTP(w, r)
	})
}
