package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plinto/internal/testservice"
	"plinto/migrations"
	"plinto/storage/storagetest"
)

// previous is the program of the release before, which TestUpgrade replaces and comes back to. By hand: make upgrade-test.
var previous = flag.String("previous", "", "the program of the release before")

// An upgrade is an installation of the release before, whose servers are replaced one by one under load.
type upgrade struct {
	*site
	front *front
	env   []string
	walks atomic.Int64 // whole ones, that began and ended wherever the front led them
	apps  *apps
	keys  []*passkeyOf
	stop  atomic.Bool
	all   sync.WaitGroup
}

const upgradeManifest = `      - client_id: ` + strongClient + `
        client_secret: ` + siteSecret + `
        redirect_uris: ["` + rpCallback + `"]
        grant_types: [authorization_code, refresh_token]
        scope: ` + rpScope + `
        first_party: true
      - client_id: ops
        client_secret: ` + siteSecret + `
        grant_types: [client_credentials]
        response_types: []
        resources: ["` + siteIssuer + `/admin/v1"]
        scope: "users:read users:write"
`

// newUpgrade sets an installation up with the program of the release before.
func newUpgrade(t *testing.T) (u *upgrade, owner string) {
	t.Helper()
	owner = testservice.Database(t, testservice.Template{Name: "empty", Migrate: func(context.Context, string) error { return nil }})
	login, err := url.Parse(owner)
	if err != nil {
		t.Fatal(err)
	}
	login.User = url.User(storagetest.LoginRole)
	env := []string{
		"PLINTO_PUBLIC_URL=http://localhost", "DATABASE_URL=" + login.String(), "PLINTO_ENCRYPTION_KEY=" + randomKey(),
		"PLINTO_MIGRATE_DATABASE_URL=" + owner, "REDIS_URL=" + testservice.Redis(t), "PLINTO_LISTEN=127.0.0.1:0", "PLINTO_OPERATIONS_LISTEN=off",
		"PLINTO_EGRESS_ALLOW_LOOPBACK=true", "PLINTO_DRAIN_DELAY=3s", "SMTP_URL=" + mailServer(t, "220 hello"), "PLINTO_MAIL_FROM=id@example.com",
	}
	x := &terminal{t: t, dir: t.TempDir(), owner: owner, env: env}
	u = &upgrade{site: &site{terminal: x, t: t}, env: env, apps: newApps()}
	manifest := strings.NewReplacer("    users:\n", upgradeManifest+"    users:\n", `devices: {check: "off"}}`, upgradeSettings).Replace(siteManifest) + upgradeUsers()
	u.command(*previous, "migrate")
	u.command(*previous, "apply", "-f", writeFile(t, filepath.Join(x.dir, "site.yaml"), manifest))
	var address string
	u.front, address = newFront(t)
	u.address.Store(address)
	return u, owner
}

// command runs a command of a program, which must work.
func (u *upgrade) command(program string, args ...string) {
	u.t.Helper()
	p := startProgram(u.t, program, u.env, args...)
	if code := p.exit(waitLimit); code != exitOK {
		u.t.Fatalf("%s %v: exit %d: %s", program, args, code, p.text())
	}
}

// adds starts a server of a program; "": of this one.
func (u *upgrade) adds(program string) *backend {
	u.t.Helper()
	var p *process
	if program == "" {
		p = start(u.t, u.env, "serve")
	} else {
		p = startProgram(u.t, program, u.env, "serve")
	}
	found := servingAt.FindStringSubmatch(p.until(`"msg":"serving"`))
	if found == nil {
		u.t.Fatalf("it does not say where it serves: %s", p.text())
	}
	return u.front.add(p, found[1])
}

// replaces has servers of a program take the place of others, one by one, while everything goes on.
func (u *upgrade) replaces(old []*backend, program string) (all []*backend) {
	u.t.Helper()
	for _, b := range old {
		all = append(all, u.adds(program))
		u.goOn()
		u.front.stops(b)
		u.goOn()
	}
	return all
}

// goOn waits until much was done.
func (u *upgrade) goOn() {
	u.t.Helper()
	before := u.walks.Load()
	eventually(u.t, "walks go on", func() bool { return u.walks.Load() > before+8 })
}

// walk is what people, applications and scripts do, from a sign-in in a new browser to the sign-out. Each request goes to another server.
func (u *upgrade) walk(k *passkeyOf) error {
	if err := u.strongly(k); err != nil {
		return err
	}
	r := u.rp()
	r.signIn()
	code, err := r.code()
	if err != nil {
		return err
	}
	a, err := r.redeem(code)
	if err != nil || a.status != http.StatusOK {
		return fmt.Errorf("redeem: %d %s, %w", a.status, a.Error, err)
	}
	for range 3 {
		if a, err = r.refresh(a.Refresh); err != nil || a.status != http.StatusOK {
			return fmt.Errorf("refresh: %d %s, %w", a.status, a.Error, err)
		}
	}
	if status, text := r.get("/oauth2/userinfo", a.Access); status != http.StatusOK {
		return fmt.Errorf("userinfo: %d %s", status, text)
	}
	ops := &rp{t: r.t, http: r.http, issuer: r.issuer, client: "ops", secret: siteSecret, address: r.address}
	token, err := ops.post("/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "resource": {siteIssuer + "/admin/v1"}, "scope": {"users:read"}})
	if err != nil || token.status != http.StatusOK {
		return fmt.Errorf("token of a script: %d %s, %w", token.status, token.Error, err)
	}
	if status, text := ops.get("/admin/v1/users?identifier="+url.QueryEscape(demoUser), token.Access); status != http.StatusOK || !strings.Contains(text, demoUser) {
		return fmt.Errorf("management API: %d %s", status, text)
	}
	if said, err := r.revoke(a.Refresh); err != nil || said.status != http.StatusOK {
		return fmt.Errorf("revoke: %d, %w", said.status, err)
	}
	if a, err = r.refresh(a.Refresh); err != nil || a.status != http.StatusBadRequest {
		return fmt.Errorf("a revoked token: %d, %w", a.status, err)
	}
	v := &visitor{t: r.t, http: r.http}
	v.open(r.issuer+"/oauth2/logout").click("logout-yes", nil)
	if _, err := r.code(); err == nil {
		return fmt.Errorf("after signing out there is a code")
	}
	return nil
}

// From the release before to this one and back, with two servers under load: no flow fails, also one that begins at
// one release and ends at the other. A session and a refresh token from before are good afterwards, and webhooks told of
// every sign-in.
func TestUpgrade_andTheWayBackFailNothing(t *testing.T) {
	if *previous == "" {
		t.Skip("it needs the program of the release before: make upgrade-test")
	}
	u, owner := newUpgrade(t)
	plan, said, code := u.checkUpgrade("--from", number(migrations.RunsFrom))
	if code != exitOK || len(plan.Places[0].Pending) == 0 {
		t.Errorf("upgrade-check of the release before: exit %d, %+v", code, plan)
	}
	wants(t, said, "way back", severityOK, "is there")
	hooks := u.receives(*previous)
	servers := []*backend{u.adds(*previous), u.adds(*previous)}
	for n := range keyUsers {
		u.keys = append(u.keys, u.enrols(keyUser(n)))
	}
	stayed := u.rp()
	stayed.signIn()
	kept := stayed.tokens()
	for n := range keyUsers - 1 {
		u.all.Go(func() {
			for !u.stop.Load() && !t.Failed() {
				if err := u.walk(u.keys[n]); err != nil {
					t.Error(err)
				}
				u.walks.Add(1)
				<-time.After(50 * time.Millisecond) // sign-ins of one address have a limit, and here is one address
			}
		})
	}
	u.goOn()
	u.ok("migrate") // this release, while the one before serves
	u.goOn()
	ours := u.adds("")
	u.crosses(servers[0], ours)
	u.front.stops(ours)
	servers = u.replaces(servers, "")
	if _, err := stayed.code(); err != nil {
		t.Errorf("a session from before: %v", err)
	}
	u.replaces(servers, *previous)
	u.stop.Store(true)
	u.all.Wait()
	if a, err := stayed.refresh(kept.Refresh); err != nil || a.status != http.StatusOK {
		t.Errorf("a refresh token from before: %d %s, %v", a.status, a.Error, err)
	}
	if none := u.front.none.Load(); none > 0 {
		t.Errorf("%d requests found no server", none)
	}
	conn := storagetest.Owner(t, owner)
	u.toldOfAll(conn, hooks)
	holds(t, conn)
	t.Logf("%d walks, none failed", u.walks.Load())
}
