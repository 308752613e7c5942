package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"plinto/identity/mfa"
	"plinto/internal/testservice"
	"plinto/storage/schema"
	"plinto/storage/storagetest"
)

var drills = flag.Bool("drill", false, "whether backups are restored under load, of tenants and of the whole database")

const (
	drillSeed  = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	drillUser  = "mia@example.com"
	hmacClient = "hmac"
	hmacSecret = "hmac-secret-0123456789abcdef0123456789"
)

// drillManifest is siteManifest with an authenticator app, and a client whose secret has to be readable.
var drillManifest = strings.Replace(siteManifest, "    users:\n", `      - client_id: `+hmacClient+`
        client_secret: `+hmacSecret+`
        token_endpoint_auth_method: client_secret_jwt
        grant_types: [client_credentials]
        response_types: []
    users:
      - {email: "`+drillUser+`", email_verified: true, password: "`+demoPassword+`", totp: [{name: Phone, secret: `+drillSeed+`}]}
`, 1)

// A drill is an installation that people use while it is backed up.
type drill struct {
	*site
	walks atomic.Int64
	stop  atomic.Bool
	all   sync.WaitGroup
}

// newDrill sets an installation up on a migrated database.
func newDrill(t *testing.T, server, owner string) *drill {
	t.Helper()
	x := &terminal{t: t, dir: t.TempDir(), owner: owner, env: []string{
		"PLINTO_PUBLIC_URL=http://localhost", "DATABASE_URL=" + server, "PLINTO_ENCRYPTION_KEY=" + randomKey(),
		"REDIS_URL=" + testservice.Redis(t), "SMTP_URL=" + mailServer(t, "220 hello"), "PLINTO_MAIL_FROM=id@example.com", "PLINTO_OPERATIONS_LISTEN=off",
	}}
	x.withOwner()
	return &drill{site: &site{terminal: x, t: t}}
}

func (d *drill) apply() {
	d.t.Helper()
	d.ok("apply", "-f", writeFile(d.t, filepath.Join(d.dir, "site.yaml"), drillManifest))
}

// up starts a server, and has everything lead to it.
func (d *drill) up() *process {
	d.t.Helper()
	p, address := d.serve()
	d.address.Store(address)
	return p
}

// load has people sign in, and applications refresh, until it is stopped.
func (d *drill) load(workers int) (stop func()) {
	for range workers {
		d.all.Go(func() {
			for !d.stop.Load() && !d.t.Failed() {
				if err := d.walk(); err != nil {
					d.t.Error(err)
					return
				}
				d.walks.Add(1)
			}
		})
	}
	return func() { d.stop.Store(true); d.all.Wait() }
}

func (d *drill) walk() error {
	r := d.rp()
	r.signIn()
	_, err := r.refreshed()
	return err
}

// goesOn waits until much was done.
func (d *drill) goesOn() {
	d.t.Helper()
	before := d.walks.Load()
	eventually(d.t, "people go on signing in", func() bool { return d.t.Failed() || d.walks.Load() > before+5 })
}

// refreshed are tokens of the user who is signed in, after a refresh.
func (r *rp) refreshed() (said, error) {
	code, err := r.code()
	if err != nil {
		return said{}, err
	}
	a, err := r.redeem(code)
	if err == nil && a.status == http.StatusOK {
		a, err = r.refresh(a.Refresh)
	}
	if err != nil || a.status != http.StatusOK {
		return a, fmt.Errorf("tokens: %d %s, %w", a.status, a.Error, err)
	}
	return a, nil
}

func (r *rp) mustTokens() said {
	r.t.Helper()
	a, err := r.refreshed()
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

// refreshes fails unless a refresh token is answered like that.
func (r *rp) refreshes(what, token string, want int) {
	r.t.Helper()
	if a, err := r.refresh(token); err != nil || a.status != want {
		r.t.Errorf("%s: %d %s, %v; want %d", what, a.status, a.Error, err, want)
	}
}

// signInWithApp signs the user of the drill in by password and app.
func (r *rp) signInWithApp() {
	r.t.Helper()
	v := &visitor{t: r.t, http: r.http}
	page := v.open(r.authorizeURL()).click("submit", map[string]string{"username": drillUser, "password": demoPassword})
	if page.Find("#code").Length() != 1 {
		r.t.Fatalf("it asks for no code: %d at %s: %s", page.status, page.at, page.Find("main").Text())
	}
	code, _, err := mfa.CodeOf(drillSeed, time.Now())
	if err != nil {
		r.t.Fatal(err)
	}
	if page = page.click("submit", map[string]string{"code": code}); page.status != http.StatusSeeOther && page.status != http.StatusFound {
		r.t.Fatalf("the code is refused: %d at %s: %s", page.status, page.at, page.Find("main").Text())
	}
}

// byHMAC gets a token by an assertion that the client's secret signs (RFC 7523 §2.2).
func (r *rp) byHMAC() {
	r.t.Helper()
	claims, err := json.Marshal(map[string]any{"iss": hmacClient, "sub": hmacClient, "aud": r.issuer, "jti": rand.Text(), "exp": time.Now().Add(time.Minute).Unix(), "iat": time.Now().Unix()})
	if err != nil {
		r.t.Fatal(err)
	}
	signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	mac := hmac.New(sha256.New, []byte(hmacSecret))
	mac.Write([]byte(signed))
	res, err := r.http.PostForm(r.issuer+"/oauth2/token", url.Values{
		"grant_type": {"client_credentials"}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion": {signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	if text, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusOK {
		r.t.Errorf("the client with a readable secret: %d %s, %v", res.StatusCode, text, err)
	}
}

// works fails unless people and applications can go on: those whom nothing but what the tenant has lets in.
func (d *drill) works() {
	d.t.Helper()
	r := d.rp()
	r.signIn()
	r.mustTokens()
	d.rp().signInWithApp()
	d.rp().byHMAC()
	d.ok("audit", "verify", "--tenant", "acme")
}

// A before is what people held before a backup, and after it.
type before struct {
	stays, lost *rp
	old, rotated,
	lostToken, machine said
}

// holds has one user sign in.
func (d *drill) holds() (b before) {
	d.t.Helper()
	b.stays = d.rp()
	b.stays.signIn()
	b.old = b.stays.mustTokens()
	return b
}

// losesTime is what happens after the backup, and is forgotten.
func (d *drill) losesTime(b *before) {
	d.t.Helper()
	var err error
	if b.rotated, err = b.stays.refresh(b.old.Refresh); err != nil || b.rotated.status != http.StatusOK {
		d.t.Fatalf("refresh: %d, %v", b.rotated.status, err)
	}
	b.lost = d.rp()
	b.lost.signIn()
	b.lostToken = b.lost.mustTokens()
	b.machine = d.rp().machine()
}

// isOver fails unless nobody goes on with what was held.
func (d *drill) isOver(b *before) {
	d.t.Helper()
	b.stays.refreshes("the refresh token of before the backup", b.old.Refresh, http.StatusBadRequest)
	b.stays.refreshes("its successor, of the lost time", b.rotated.Refresh, http.StatusBadRequest)
	b.lost.refreshes("the refresh token of the lost time", b.lostToken.Refresh, http.StatusBadRequest)
	for name, r := range map[string]*rp{"a session of before": b.stays, "a session of the lost time": b.lost} {
		if _, err := r.code(); err == nil {
			d.t.Errorf("%s signs in", name)
		}
	}
	for name, token := range map[string]string{"an access token of before": b.old.Access, "one of the lost time": b.lostToken.Access, "one of a client, of the lost time": b.machine.Access} {
		a, err := b.stays.post("/oauth2/introspect", url.Values{"token": {token}})
		if err != nil || a.status != http.StatusOK || a.Active {
			d.t.Errorf("%s: %d, active %t, %v", name, a.status, a.Active, err)
		}
	}
}

// A tenant that people use is backed up, and restored where there is nothing, under another encryption key.
func TestRestoreDrill_ofATenant(t *testing.T) {
	if !*drills {
		t.Skip("it takes a while: make restore-drill")
	}
	server, owner := storagetest.URL(t)
	d := newDrill(t, server, owner)
	d.apply()
	dropDatabaseOf(t, owner)
	running := d.up()
	stop := d.load(2)
	d.goesOn()
	held := d.holds()
	keyFile, file := writeFile(t, filepath.Join(d.dir, "backup.key"), randomKey()), filepath.Join(d.dir, "acme.backup")
	d.ok("backup", "acme", "--out", file, "--key-file", keyFile)
	d.losesTime(&held)
	d.goesOn()
	stop()
	running.signal(syscall.SIGTERM)
	running.exit(waitLimit)

	for _, level := range []string{"shared", "schema", "database"} {
		t.Run(level, func(t *testing.T) {
			there := emptyDrill(t)
			there.refused(exitFailed, "sealed by another key", "restore", file, "--key-file", writeFile(t, filepath.Join(there.dir, "other.key"), randomKey()))
			there.ok("restore", file, "--key-file", keyFile, "--isolation", level)
			there.up()
			held.isAt(there)
			there.ok("tenant", "update", "acme", "--disabled=false", "--force")
			there.isOver(&held)
			there.works()
		})
	}
	t.Run("with its tokens", func(t *testing.T) {
		there := emptyDrill(t)
		there.ok("restore", file, "--key-file", keyFile, "--keep-tokens", "--enable")
		there.up()
		held.isAt(there)
		held.stays.refreshes("the refresh token of before the backup", held.old.Refresh, http.StatusOK)
		held.lost.refreshes("the refresh token of the lost time", held.lostToken.Refresh, http.StatusBadRequest)
		there.works()
	})
}

// emptyDrill is an installation that has nothing.
func emptyDrill(t *testing.T) *drill {
	t.Helper()
	server, owner := storagetest.URL(t)
	return newDrill(t, server, owner)
}

// isAt has browsers and applications ask another server.
func (b *before) isAt(d *drill) {
	for _, r := range []*rp{b.stays, b.lost} {
		r.address.Store(d.address.Load())
		r.http.CloseIdleConnections()
	}
}

// The whole database is put back to a moment by a base backup and its WAL, in an empty cluster.
func TestRestoreDrill_ofTheDatabase(t *testing.T) {
	if !*drills {
		t.Skip("it takes a while: make restore-drill")
	}
	primary := testservice.NewArchiving(t)
	if _, err := schema.Migrate(t.Context(), primary.URL(), &schema.LoginRole{Name: storagetest.LoginRole}); err != nil {
		t.Fatal(err)
	}
	d := newDrill(t, primary.AsRole(storagetest.LoginRole), primary.URL())
	d.apply()
	running := d.up()
	stop := d.load(2)
	d.goesOn()
	primary.BaseBackup(t)
	d.goesOn()
	held := d.holds()
	primary.RestorePoint(t, "moment")
	d.losesTime(&held)
	d.goesOn()
	stop()
	running.signal(syscall.SIGTERM)
	running.exit(waitLimit)

	restored := primary.Rewound(t, "moment")
	there := newDrill(t, restored.AsRole(storagetest.LoginRole), restored.URL())
	there.withKeys(randomKey()).refused(exitFailed, "not one of this installation", "keys", "list", "--tenant", "acme")
	there.env[2], there.env[3] = d.env[2], d.env[3] // the encryption key, and Redis as it was
	there.ok("tenant", "restored", "--all")
	there.up()
	held.isAt(there)
	there.isOver(&held)
	there.works()
	if out := there.ok("audit", "list", "--tenant", "acme", "--type", "tenant.restored"); !strings.Contains(out, "tenant.restored") {
		t.Errorf("the audit log does not tell of it: %s", out)
	}
}
