package main

import (
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"plinto/internal/testservice"
	"plinto/storage/schema"
	"plinto/storage/storagetest"
)

// A balancer sends each request to the next instance that said it is ready.
type balancer struct {
	t         *testing.T
	mu        sync.Mutex
	instances []*instance
	next      int
}

// An instance is a server as the balancer sees it.
type instance struct {
	*process
	address string
	proxy   *httputil.ReverseProxy
}

func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	b.next++
	to := b.instances[b.next%len(b.instances)]
	b.mu.Unlock()
	to.proxy.ServeHTTP(w, r)
}

// add has the balancer use one more server.
func (b *balancer) add(p *process, address string) *instance {
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address})
	transport := &http.Transport{}
	b.t.Cleanup(transport.CloseIdleConnections)
	proxy.Transport = transport
	proxy.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) {
		b.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		w.WriteHeader(http.StatusBadGateway)
	}
	i := &instance{p, address, proxy}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.instances = append(b.instances, i)
	return i
}

// retire stops the oldest instance as a roll-out does, and looks away once it says
// that it drains.
func (b *balancer) retire() *instance {
	b.t.Helper()
	b.mu.Lock()
	old := b.instances[0]
	b.mu.Unlock()
	old.signal(syscall.SIGTERM)
	eventually(b.t, "the old instance says that it drains", func() bool {
		res, err := http.Get("http://" + old.address + "/readyz")
		return err == nil && res.Body.Close() == nil && res.StatusCode == http.StatusServiceUnavailable
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	b.instances = b.instances[1:]
	return old
}

// Every instance is replaced while users sign in and clients refresh: what one has
// begun another goes on with, and nobody notices.
func TestServe_instancesAreReplacedWithoutAFailedRequest(t *testing.T) {
	t.Parallel()
	database, owner := storagetest.URL(t)
	s := newSite(t, database)
	b := &balancer{t: t}
	const drain = "PLINTO_DRAIN_DELAY=2s"
	b.add(s.serve(drain))
	b.add(s.serve(drain))
	front := http.Server{Handler: b, ReadHeaderTimeout: waitLimit}
	ln := listen(t)
	go func() { _ = front.Serve(ln) }()
	t.Cleanup(func() { _ = front.Close() })
	s.address.Store(ln.Addr().String())

	var stop atomic.Bool
	var walks atomic.Int64
	var all sync.WaitGroup
	for range 4 {
		r := s.rp()
		r.signIn()
		all.Go(func() {
			for !stop.Load() {
				r.mustWalk()
				walks.Add(1)
				<-time.After(40 * time.Millisecond) // an instance gives one user 600 answers a minute
			}
		})
	}
	for range 2 { // both
		before := walks.Load()
		eventually(t, "walks go on", func() bool { return walks.Load() > before+4 })
		b.add(s.serve(drain))
		old := b.retire()
		if code := old.exit(waitLimit); code != exitOK {
			t.Errorf("exit %d: %s", code, old.text())
		}
	}
	stop.Store(true)
	all.Wait()
	holds(t, storagetest.Owner(t, owner))
	t.Logf("%d walks", walks.Load())
}

// mustWalk has a code, redeems it and refreshes; nothing may go wrong.
func (r *rp) mustWalk() {
	code, err := r.code()
	if err != nil {
		r.t.Errorf("code: %v", err)
		return
	}
	a, err := r.redeem(code)
	if err != nil || a.status != http.StatusOK {
		r.t.Errorf("redeem: %d %s, %v", a.status, a.Error, err)
		return
	}
	for range 2 {
		if a, err = r.refresh(a.Refresh); err != nil || a.status != http.StatusOK {
			r.t.Errorf("refresh: %d %s, %v", a.status, a.Error, err)
			return
		}
	}
}

// What a command changes shows on every running instance: a tenant that was just
// made at its first request, all else as soon as the database has told.
func TestServe_instancesHearWhatCommandsChange(t *testing.T) {
	t.Parallel()
	database, _ := storagetest.URL(t)
	s := newSite(t, database)
	both := make([]*visitor, 2)
	parties := make([]*rp, 2)
	for i := range both {
		_, address := s.serve()
		both[i] = visit(t, address)
		s.address.Store(address)
		parties[i] = newRP(t, siteIssuer, siteClient, siteSecret, at(address))
	}
	get := func(v *visitor, path string) string {
		res, err := v.http.Get("http://localhost" + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusOK {
			return ""
		}
		return string(body)
	}
	if body := get(both[0], "/t/late/.well-known/jwks.json"); body != "" {
		t.Fatalf("there is a tenant already: %s", body)
	}
	s.ok("tenant", "create", "late")
	for i, v := range both {
		if body := get(v, "/t/late/.well-known/openid-configuration"); !strings.Contains(body, `"issuer":"http://localhost/t/late"`) {
			t.Errorf("instance %d does not serve the new tenant at once: %s", i, body)
		}
	}

	const jwks = "/t/acme/.well-known/jwks.json"
	before := get(both[0], jwks)
	if got := get(both[1], jwks); got != before {
		t.Fatalf("the instances publish different keys: %s and %s", before, got)
	}
	fresh := strings.Fields(s.ok("keys", "rotate", "--tenant", "acme", "--alg", "ES256"))
	kid := strings.TrimSuffix(fresh[4], ",")
	for i, v := range both {
		soon(t, "the new key is published", func() bool { return strings.Contains(get(v, jwks), kid) })
		if a, err := parties[i].post("/oauth2/token", url.Values{"grant_type": {"client_credentials"}}); err != nil || headerOf(a.Access)["kid"] != kid {
			t.Errorf("instance %d does not sign with it: %v, %v", i, headerOf(a.Access), err)
		}
	}

	s.ok("client", "delete", siteClient, "--tenant", "acme", "--yes", "--force") // site.yaml declares it
	for _, r := range parties {
		soon(t, "the deleted client is refused", func() bool {
			a, err := r.post("/oauth2/token", url.Values{"grant_type": {"client_credentials"}})
			return err == nil && a.status == http.StatusUnauthorized
		})
	}
	s.ok("tenant", "delete", "late", "--yes")
	for _, v := range both {
		soon(t, "the deleted tenant is gone", func() bool { return get(v, "/t/late/.well-known/openid-configuration") == "" })
	}
}

// soon is eventually for what the database tells, so much sooner than anything in
// memory would be doubted by itself.
func soon(t *testing.T, what string, ok func() bool) {
	t.Helper()
	began := time.Now()
	eventually(t, what, ok)
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("%s after %v only", what, took)
	}
}

// Postgres crashes and comes back while clients go on: they are told to wait, and
// what they were told before still holds.
func TestServe_outlivesCrashesOfPostgres(t *testing.T) {
	t.Parallel()
	pg := testservice.NewPostgres(t)
	if _, err := schema.Migrate(t.Context(), pg.URL(), &schema.LoginRole{Name: storagetest.LoginRole}); err != nil {
		t.Fatal(err)
	}
	login, err := url.Parse(pg.URL())
	if err != nil {
		t.Fatal(err)
	}
	login.User = url.User(storagetest.LoginRole)
	s := newSite(t, login.String())
	server, address := s.serve()
	s.address.Store(address)
	v := visit(t, address)
	var stop atomic.Bool
	var refreshes, waits atomic.Int64
	var all sync.WaitGroup
	for range 3 {
		r := s.rp()
		r.signIn()
		code, err := r.code() // before Postgres is ended: neither this nor its token is asked for patiently
		if err != nil {
			t.Fatal(err)
		}
		first, err := r.redeem(code)
		if err != nil || first.status != http.StatusOK {
			t.Fatalf("redeem: %d, %v", first.status, err)
		}
		all.Go(func() { r.refreshPatiently(first.Refresh, &stop, &refreshes, &waits) })
	}
	for range 3 {
		before := refreshes.Load()
		eventually(t, "tokens are refreshed", func() bool { return refreshes.Load() > before+20 })
		waited := waits.Load()
		if err := pg.Stop(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "clients are told to wait", func() bool { return waits.Load() > waited })
		for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/jwks.json"} {
			if got := v.open(siteIssuer + path); got.status != http.StatusOK {
				t.Errorf("%s while Postgres is away: %d", path, got.status)
			}
		}
		if err := pg.Start(); err != nil {
			t.Fatal(err)
		}
	}
	before := refreshes.Load()
	eventually(t, "tokens are refreshed", func() bool { return refreshes.Load() > before+20 })
	stop.Store(true)
	all.Wait()
	select {
	case <-server.exited:
		t.Errorf("the server did not live through it: %s", server.text())
	default:
	}
	holds(t, storagetest.Owner(t, pg.URL()))
	t.Logf("%d refreshes, %d times told to wait", refreshes.Load(), waits.Load())
}

// refreshPatiently refreshes one chain of tokens, and asks again with the same one
// when it is told to wait.
func (r *rp) refreshPatiently(token string, stop *atomic.Bool, refreshes, waits *atomic.Int64) {
	var err error
	for err == nil && !stop.Load() {
		var a said
		switch a, err = r.refresh(token); {
		case err == nil && a.status == http.StatusOK:
			token = a.Refresh
			refreshes.Add(1)
		case err == nil && a.status == http.StatusServiceUnavailable && a.retry != "" && a.Error == "temporarily_unavailable":
			waits.Add(1)
			<-time.After(20 * time.Millisecond) // Retry-After says seconds: nobody here has them
		default:
			err = errors.Join(err, errors.New("neither a token nor to be tried again"))
			r.t.Errorf("refresh: %d %s, Retry-After %q, %v", a.status, a.Error, a.retry, err)
		}
	}
}
