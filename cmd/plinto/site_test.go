package main

import (
	"path/filepath"
	"regexp"
	"sync/atomic"
	"testing"

	"plinto/internal/testservice"
)

// A site is an installation whose servers come and go, with a client and a user.
type site struct {
	*terminal
	t       *testing.T
	address atomic.Value // string: where a server is up
}

const (
	siteIssuer = "http://localhost/t/acme"
	siteClient = "rp"
	siteSecret = "rp-secret-0123456789abcdef0123456789"
)

// siteManifest has a grace that outlasts any restart.
const siteManifest = `tenants:
  - slug: acme
    name: Acme
    settings: {refresh_grace: 10m, devices: {check: "off"}}
    clients:
      - client_id: ` + siteClient + `
        client_secret: ` + siteSecret + `
        client_name: Relying party
        redirect_uris: ["` + rpCallback + `"]
        grant_types: [authorization_code, refresh_token, client_credentials]
        scope: ` + rpScope + `
        first_party: true
    users:
      - {email: "` + demoUser + `", email_verified: true, password: "` + demoPassword + `"}
`

// newSite makes one on a migrated database.
func newSite(t *testing.T, server string) *site {
	t.Helper()
	x := &terminal{t: t, dir: t.TempDir(), env: []string{
		"PLINTO_PUBLIC_URL=http://localhost", "DATABASE_URL=" + server, "PLINTO_ENCRYPTION_KEY=" + randomKey(),
		"REDIS_URL=" + testservice.Redis(t), "SMTP_URL=" + mailServer(t, "220 hello"), "PLINTO_MAIL_FROM=id@example.com",
		"PLINTO_HASH_SLOTS=2", // which each start would measure for 0.2 s, on all processors
	}}
	x.ok("apply", "-f", writeFile(t, filepath.Join(x.dir, "site.yaml"), siteManifest))
	return &site{terminal: x, t: t}
}

var servingAt = regexp.MustCompile(`"address":"([^"]+)"`)

// serve starts a server and returns it, once it serves, with its address.
func (s *site) serve(more ...string) (*process, string) {
	s.t.Helper()
	p := start(s.t, append(append([]string{"PLINTO_LISTEN=127.0.0.1:0"}, s.env...), more...), "serve")
	found := servingAt.FindStringSubmatch(p.until(`"msg":"serving"`))
	if found == nil {
		s.t.Fatalf("it does not say where it serves: %s", p.text())
	}
	return p, found[1]
}

// rp returns a relying party of the site.
func (s *site) rp() *rp { return newRP(s.t, siteIssuer, siteClient, siteSecret, &s.address) }
