package main

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plinto/storage/storagetest"
)

// metrics returns what a server that was started with PLINTO_OPERATIONS_LISTEN=127.0.0.1:0 tells operators.
func (p *process) metrics() string {
	p.t.Helper()
	found := operationsAt.FindStringSubmatch(p.until(`"msg":"serving operators"`))
	res, err := http.Get("http://" + found[1] + "/metrics")
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(body)
}

// recoversIn is the promise of docs/operations.md for the end of an overload.
const recoversIn = 10 * time.Second

// A server that is asked for more than it can do says so at once to whom it cannot serve, in the words of what they
// called; goes on serving other tenants and what it has in memory; and is as before when the flood is over.
func TestServe_shedsWhatIsTooMuch_MPR_01(t *testing.T) {
	t.Parallel()
	database, owner := storagetest.URL(t)
	s := newSite(t, database)
	s.ok("tenant", "create", "second")
	var made registered
	s.into(&made, "client", "create", "machine", "--tenant", "second", "--type", "service")
	server, address := s.serve("PLINTO_REQUEST_SLOTS=8", "PLINTO_OPERATIONS_LISTEN=127.0.0.1:0")
	s.address.Store(address)
	r := s.rp()
	r.signIn()
	token := r.tokens().Refresh
	other := newRP(t, "http://localhost/t/second", "machine", made.ClientSecret, &s.address)
	if a := other.machine(); a.status != http.StatusOK {
		t.Fatalf("the other tenant is not served: %d %s", a.status, a.Error)
	}
	blocker := storagetest.Owner(t, owner)
	if _, err := blocker.Exec(t.Context(), `BEGIN; LOCK TABLE refresh_tokens IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	var over atomic.Bool
	var shed atomic.Int64
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			for !over.Load() {
				began := time.Now()
				a, err := r.refresh(token)
				if over.Load() {
					return
				}
				if err != nil || a.status != http.StatusServiceUnavailable || a.retry == "" || a.Error != "temporarily_unavailable" {
					t.Errorf("refresh: %d %s, Retry-After %q, %v", a.status, a.Error, a.retry, err)
					return
				}
				if took := time.Since(began); took > 15*time.Second { // a second and a half; this machine may be busy
					t.Errorf("refused after %v only", took)
				}
				shed.Add(1)
				<-time.After(100 * time.Millisecond)
			}
		})
	}
	eventually(t, "requests are shed", func() bool { return shed.Load() > 400 })
	for range 5 {
		if a := other.machine(); a.status != http.StatusOK {
			t.Errorf("another tenant, while one is flooded: %d %s", a.status, a.Error)
		}
		for _, path := range []string{"/.well-known/jwks.json", "/.well-known/openid-configuration"} {
			if status, _ := r.get(path, ""); status != http.StatusOK {
				t.Errorf("%s: %d", path, status)
			}
		}
		if res, err := http.Get("http://" + address + "/readyz"); err != nil || res.StatusCode != http.StatusOK || res.Body.Close() != nil {
			t.Errorf("/readyz: %v, %v", res, err)
		}
	}
	if m := server.metrics(); !regexp.MustCompile(`plinto_requests_shed_total\{reason="(full|late)"\} [1-9]`).MatchString(m) {
		t.Errorf("no request counts as shed: %s", m)
	}
	over.Store(true)
	ended := time.Now()
	if _, err := blocker.Exec(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server serves as before", func() bool {
		a, err := r.refresh(token)
		return err == nil && a.status == http.StatusOK
	})
	if took := time.Since(ended); took > recoversIn {
		t.Errorf("it served after %v only, want %v", took, recoversIn)
	}
	all.Wait()
}

// However many passwords wait to be hashed, whatever else is asked for is answered.
func TestServe_hashesHoldUpNothingElse_MPR_03(t *testing.T) {
	t.Parallel()
	database, _ := storagetest.URL(t)
	s := newSite(t, database)
	_, address := s.serve("PLINTO_REQUEST_SLOTS=8", "PLINTO_HASH_SLOTS=1")
	s.address.Store(address)
	const visitors = 24
	forms := make([]sheet, visitors)
	for i := range forms {
		r := s.rp()
		forms[i] = (&visitor{t: t, http: r.http}).open(r.authorizeURL())
	}
	var all sync.WaitGroup
	var waiting atomic.Int64
	for _, form := range forms {
		waiting.Add(1)
		all.Go(func() {
			defer waiting.Add(-1)
			page := form.click("submit", map[string]string{"username": demoUser, "password": demoPassword})
			switch page.status {
			case http.StatusSeeOther, http.StatusFound, http.StatusServiceUnavailable: // the queue of hashes is short
			default:
				t.Errorf("sign-in: %d at %s", page.status, page.at)
			}
		})
	}
	machine := s.rp()
	answered := 0
	for waiting.Load() > visitors/2 {
		if a, err := machine.post("/oauth2/token", url.Values{"grant_type": {"client_credentials"}}); err != nil || a.status != http.StatusOK {
			t.Errorf("while passwords are hashed: %d %s, %v", a.status, a.Error, err)
			break
		}
		answered++
	}
	all.Wait()
	if answered == 0 {
		t.Error("nobody asked while passwords were hashed: this shows nothing")
	}
}
