package main

import (
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"plinto/internal/testservice"
	"plinto/storage/schema"
	"plinto/storage/storagetest"
)

// promised is how long after a change was answered a process may still not act on it: docs/caching.md.
const promised = time.Second

// promisesManifest has a client and a user for each thing that is taken away.
const promisesManifest = `tenants:
  - slug: acme
    name: Acme
    settings: {devices: {check: "off"}, require_pushed_authorization_requests: PAR}
    clients:
      - {client_id: ` + siteClient + `, client_secret: ` + siteSecret + `, redirect_uris: ["` + rpCallback + `"], grant_types: [authorization_code, refresh_token, client_credentials], scope: ` + rpScope + `, first_party: true}
      - {client_id: disabled, client_secret: ` + siteSecret + `, grant_types: [client_credentials], response_types: []}
      - {client_id: rotated, client_secret: ` + siteSecret + `, grant_types: [client_credentials], response_types: []}
    users:
      - {email: "` + demoUser + `", email_verified: true, password: "` + demoPassword + `"}
      - {email: "leaving@example.com", email_verified: true, password: "` + demoPassword + `"}
      - {email: "disabled@example.com", email_verified: true, password: "` + demoPassword + `"}
`

// A cluster is several servers of one site, and what a relying party and browsers have at each.
type cluster struct {
	*site
	servers   []*process
	addresses []string
	manifest  string // file
}

// newCluster starts servers one after the other; each has its own more.
func newCluster(s *site, more ...[]string) *cluster {
	s.t.Helper()
	c := &cluster{site: s, manifest: filepath.Join(s.dir, "promises.yaml")}
	c.apply("false")
	for _, m := range more {
		server, address := s.serve(m...)
		c.servers, c.addresses = append(c.servers, server), append(c.addresses, address)
	}
	s.address.Store(c.addresses[0])
	return c
}

// apply declares the tenant, with or without the policy that requests are pushed.
func (c *cluster) apply(par string) {
	c.t.Helper()
	c.ok("apply", "--force", "-f", writeFile(c.t, c.manifest, strings.ReplaceAll(promisesManifest, "PAR", par)))
}

// everywhere returns a relying party at each server, all with the cookies of one browser.
func (c *cluster) everywhere(client string) []*rp {
	all := make([]*rp, len(c.addresses))
	for i, address := range c.addresses {
		all[i] = newRP(c.t, siteIssuer, client, siteSecret, at(address))
		all[i].http.Jar = all[0].http.Jar
	}
	return all
}

// signedIn is everywhere of a user who signed in at the first server.
func (c *cluster) signedIn(user string) []*rp {
	c.t.Helper()
	all := c.everywhere(siteClient)
	all[0].signInAs(user)
	return all
}

// machine asks for a token as the client itself.
func (r *rp) machine() said {
	r.t.Helper()
	a, err := r.post("/oauth2/token", url.Values{"grant_type": {"client_credentials"}})
	if err != nil {
		r.t.Errorf("client credentials: %v", err)
	}
	return a
}

// get returns status and body of what is below the issuer.
func (r *rp) get(path, token string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequest(http.MethodGet, r.issuer+path, nil)
	if err != nil {
		r.t.Error(err)
		return 0, ""
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := r.http.Do(req)
	if err != nil {
		r.t.Errorf("%s: %v", path, err)
		return 0, ""
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Errorf("%s: %v", path, err)
	}
	return res.StatusCode, string(body)
}

// tokens gets the tokens of the user who is signed in.
func (r *rp) tokens() said {
	r.t.Helper()
	code, err := r.code()
	if err != nil {
		r.t.Fatal(err)
	}
	a, err := r.redeem(code)
	if err != nil || a.status != http.StatusOK {
		r.t.Fatalf("redeem: %d %s, %v", a.status, a.Error, err)
	}
	return a
}

// A fact is something that is decided once and holds everywhere.
type fact struct {
	name   string
	decide func()
	at     []*rp
	holds  func(*rp) bool
}

// hold decides facts one after the other, and wants each server that is asked more than a second after
// a decision to act on it. Before, none does.
func hold(t *testing.T, facts []fact) {
	t.Helper()
	for _, f := range facts {
		for i, r := range f.at {
			if f.holds(r) {
				t.Fatalf("%s: holds at server %d before it was decided", f.name, i)
			}
		}
	}
	var all sync.WaitGroup
	for _, f := range facts {
		f.decide()
		decided := time.Now()
		for i, r := range f.at {
			all.Go(func() {
				for {
					asked := time.Now()
					late := asked.Sub(decided) > promised
					if held := f.holds(r); late && !held {
						t.Errorf("%s: server %d does not know when it is asked %v later", f.name, i, asked.Sub(decided))
					}
					if late {
						return
					}
					<-time.After(25 * time.Millisecond) // the others want the processor too
				}
			})
		}
	}
	all.Wait()
}

// What is decided on one server or by a command holds on all four a second later, with Redis and without.
func TestServers_holdWhatWasDecidedWithinASecond_CAC_10(t *testing.T) {
	t.Parallel()
	for name, cached := range map[string]bool{"with Redis": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database, owner := storagetest.URL(t)
			s := newSite(t, database)
			if !cached {
				s.env = slices.DeleteFunc(s.env, func(v string) bool { return strings.HasPrefix(v, "REDIS_URL=") })
			}
			c := newCluster(s, nil, nil, nil, nil)
			hold(t, c.facts(owner))
		})
	}
}

// The same holds for a tenant with a database of its own, to which each server listens because it is asked much.
func TestServers_holdWhatWasDecidedOfATenantWithItsOwnDatabase_CAC_13(t *testing.T) {
	t.Parallel()
	m := newMovingSite(t)
	m.ok("tenant", "move", "acme", "--to", "database")
	m.ok("tenant", "move", "acme", "--confirm")
	operators := []string{"PLINTO_OPERATIONS_LISTEN=127.0.0.1:0"}
	c := newCluster(m.site, operators, operators)
	own, err := testservice.InDatabase(m.owner, schema.NameOf(m.id))
	if err != nil {
		t.Fatal(err)
	}
	facts := c.facts(own)
	for i, r := range c.everywhere(siteClient) {
		eventually(t, "the server listens to the database", func() bool {
			r.get("/.well-known/jwks.json", "")
			return strings.Contains(c.servers[i].metrics(), `plinto_tenant_databases{state="heard"} 1`)
		})
	}
	hold(t, facts)
}

// facts are what is taken away, from what all servers have served before.
func (c *cluster) facts(owner string) []fact {
	c.t.Helper()
	plain := c.everywhere(siteClient)
	revoked := c.signedIn(demoUser)
	leaving, disabled := c.signedIn("leaving@example.com"), c.signedIn("disabled@example.com")
	token, ofDisabled := revoked[0].tokens(), disabled[0].tokens()
	before, _ := headerOf(plain[0].machine().Access)["kid"].(string)
	refused := func(r *rp) bool { return r.machine().status >= http.StatusBadRequest } // in the end it is 429
	without := func(token string) func(*rp) bool {
		return func(r *rp) bool {
			status, _ := r.get("/oauth2/userinfo", token)
			return status == http.StatusUnauthorized
		}
	}
	jwks := func(r *rp) string { _, body := r.get("/.well-known/jwks.json", ""); return body }
	c.ok("tenant", "create", "second")
	second := c.everywhere(siteClient)
	for _, r := range second {
		r.issuer = "http://localhost/t/second"
	}
	return []fact{
		{"policy changed", func() { c.apply("true") }, plain, func(r *rp) bool {
			res, err := r.http.Get(r.authorizeURL())
			if err != nil {
				c.t.Error(err)
				return false
			}
			defer res.Body.Close()
			to, err := res.Location()
			return err == nil && to.Query().Get("error") != ""
		}},
		{"user disabled", func() { c.ok("user", "disable", "disabled@example.com", "--tenant", "acme") }, disabled, without(ofDisabled.Access)},
		{"client disabled", func() { c.ok("client", "disable", "disabled", "--tenant", "acme", "--force") }, c.everywhere("disabled"), refused},
		{"secret rotated", func() { c.ok("client", "rotate-secret", "rotated", "--now", "--tenant", "acme", "--force") }, c.everywhere("rotated"), refused},
		{"key rotated", func() { c.ok("keys", "rotate", "--alg", "ES256", "--tenant", "acme") }, plain, func(r *rp) bool {
			kid := headerOf(r.machine().Access)["kid"]
			return kid != nil && kid != before
		}},
		{"key withdrawn", func() {
			_, err := storagetest.Owner(c.t, owner).Exec(c.t.Context(), `UPDATE signing_keys SET state = 'retiring', gone_at = now() - interval '1 second' WHERE kid = $1`, before)
			if err != nil {
				c.t.Fatal(err)
			}
		}, plain, func(r *rp) bool { return !strings.Contains(jwks(r), before) }},
		{"session ended", func() { c.ok("user", "sign-out", "leaving@example.com", "--tenant", "acme") }, leaving, func(r *rp) bool {
			v := &visitor{t: c.t, http: r.http}
			return v.open(siteIssuer+"/").Find("#signed-in").Length() == 0
		}},
		{"token revoked", func() {
			if a, err := revoked[0].revoke(token.Access); err != nil || a.status != http.StatusOK {
				c.t.Fatalf("revoke: %d, %v", a.status, err)
			}
		}, revoked, without(token.Access)},
		{"tenant disabled", func() { c.ok("tenant", "update", "second", "--disabled") }, second, func(r *rp) bool {
			status, _ := r.get("/.well-known/openid-configuration", "")
			return status == http.StatusNotFound
		}},
	}
}

// A server that was cut off, and was told of nothing meanwhile, says nothing of what it held once it is
// back: from Postgres, nor from Redis.
func TestServers_forgetWhatTheyHeldWhenTheyWereCutOff_CAC_10(t *testing.T) {
	t.Parallel()
	database, owner := storagetest.URL(t)
	s := newSite(t, database)
	postgres, viaPostgres := between(t, database)
	var cached string
	for _, v := range s.env {
		if name, value, _ := strings.Cut(v, "="); name == "REDIS_URL" {
			cached = value
		}
	}
	redis, viaRedis := between(t, cached)
	c := newCluster(s, nil, []string{"DATABASE_URL=" + viaPostgres, "REDIS_URL=" + viaRedis, "PLINTO_OPERATIONS_LISTEN=127.0.0.1:0"})
	revoked, leaving := c.signedIn(demoUser), c.signedIn("leaving@example.com")
	token, client := revoked[0].tokens(), c.everywhere("disabled")[1]
	signedIn := func() bool {
		v := &visitor{t: t, http: leaving[1].http}
		return v.open(siteIssuer+"/").Find("#signed-in").Length() == 1
	}
	if status, _ := revoked[1].get("/oauth2/userinfo", token.Access); status != http.StatusOK || client.machine().status != http.StatusOK || !signedIn() {
		t.Fatalf("the server does not serve before it is cut off (userinfo: %d)", status)
	}

	redis.Silence()
	c.ok("user", "sign-out", "leaving@example.com", "--tenant", "acme")
	if signedIn() {
		t.Error("cut off from Redis, it takes a session for one that has not ended")
	}
	redis.Answer()
	if signedIn() {
		t.Error("back at Redis, it takes a session for one that has not ended")
	}

	postgres.Silence()
	c.ok("client", "disable", "disabled", "--tenant", "acme", "--force")
	decided := time.Now()
	if a, err := revoked[0].revoke(token.Access); err != nil || a.status != http.StatusOK {
		t.Fatalf("revoke: %d, %v", a.status, err)
	}
	// What was announced meanwhile is lost with the connections.
	_, err := storagetest.Owner(t, owner).Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND client_port = ANY($1)`, postgres.Ports())
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server knows that it is cut off", func() bool { return strings.Contains(c.servers[1].metrics(), "\nplinto_changes_heard 0\n") })
	postgres.Answer()
	eventually(t, "the server answers again", func() bool {
		asked := time.Now()
		a := client.machine()
		if a.status == http.StatusOK && asked.Sub(decided) > promised {
			t.Fatalf("it gives a token to a client that was disabled %v before", asked.Sub(decided))
		}
		return a.status == http.StatusUnauthorized
	})
	eventually(t, "the server answers again", func() bool {
		status, _ := revoked[1].get("/oauth2/userinfo", token.Access)
		if status == http.StatusOK {
			t.Fatal("its first answer is about a token that was revoked")
		}
		return status == http.StatusUnauthorized
	})
}

// between returns the URL with a proxy before its host.
func between(t *testing.T, address string) (*testservice.Proxy, string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	p := testservice.NewProxy(t, u.Host)
	u.Host = p.Address()
	return p, u.String()
}

// A server that was stopped for a while, as a machine does that moves it, acts on what was decided meanwhile in its first
// answer, and what it was about to write for somebody counts only if it still may.
func TestServers_thatWereStoppedHoldWhatWasDecidedMeanwhile_CAC_10(t *testing.T) {
	t.Parallel()
	database, owner := storagetest.URL(t)
	c := newCluster(newSite(t, database), nil, nil)
	client, user := c.everywhere("disabled")[1], c.signedIn(demoUser)
	code, err := user[1].code()
	if err != nil || client.machine().status != http.StatusOK {
		t.Fatalf("the server does not serve before it is stopped: %v", err)
	}
	c.servers[1].signal(syscall.SIGSTOP)
	late := make(chan said, 1)
	go func() { // begun while it is stopped
		a, err := user[1].redeem(code)
		if err != nil {
			t.Errorf("redeem: %v", err)
		}
		late <- a
	}()
	c.ok("client", "disable", "disabled", "--tenant", "acme", "--force")
	if a, err := user[0].redeem(code); err != nil || a.status != http.StatusOK {
		t.Fatalf("redeem at the other server: %d %s, %v", a.status, a.Error, err)
	}
	<-time.After(promised) // it is stopped for longer than anything may be unknown
	c.servers[1].signal(syscall.SIGCONT)
	if a := client.machine(); a.status != http.StatusUnauthorized {
		t.Errorf("its first answer to a client that was disabled: %d", a.status)
	}
	if a := <-late; a.status != http.StatusBadRequest || a.Error != "invalid_grant" {
		t.Errorf("a code that was redeemed elsewhere meanwhile: %d %s", a.status, a.Error)
	}
	holds(t, storagetest.Owner(t, owner))
}
