package main

import (
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"plinto/cmd/plinto/manifest"
)

// ownSeed has nothing in common with the demo seed: two tenants below paths, a client of
// another name for the playground in each, one of them public.
const ownSeed = `tenants:
  - slug: north
    name: North
    settings: {devices: {check: "off"}}
    clients:
      - client_id: backoffice
        client_secret: backoffice-secret-0123456789abcdef
        client_name: Back office
        token_endpoint_auth_method: client_secret_post
        redirect_uris: ["https://backoffice.example/cb", "CALLBACK"]
        grant_types: [authorization_code]
        scope: openid email
        first_party: true
      - client_id: worker
        client_secret: worker-secret-0123456789abcdef
        grant_types: [client_credentials]
        response_types: []
    users:
      - {email: nobody@north.example, disabled: true, password: "a disabled passphrase"}
      - {email: imported@north.example}
      - {email: nora@north.example, email_verified: true, password: "a passphrase of nora", name: Nora}
  - slug: south
    name: South
    host: SOUTH
    settings: {devices: {check: "off"}}
    clients:
      - client_id: spa
        client_name: Single page
        token_endpoint_auth_method: none
        redirect_uris: ["CALLBACK"]
        grant_types: [authorization_code, refresh_token]
        scope: openid profile offline_access
    users:
      - {username: sam, password: "a passphrase of sam!"}
`

// startOwn starts plinto dev with a seed of one's own, in which CALLBACK and SOUTH are
// the playground's callback and a host of this server.
func startOwn(t *testing.T, seed string) devRun {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0") // for a port that is free
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	ln.Close()
	d := devRun{data: devData(t), base: "http://localhost:" + port}
	seed = strings.NewReplacer("CALLBACK", d.base+playgroundCallback, "SOUTH", "south.localhost:"+port).Replace(seed)
	file := writeFile(t, filepath.Join(t.TempDir(), "own.yaml"), seed)
	d.process = start(t, nil, "dev", "--listen", "127.0.0.1:"+port, "--data-dir", d.data, "--seed", file)
	d.until("Ctrl-C stops it")
	return d
}

func TestDev_tellsOfASeedOfOnesOwnWhatIsInIt(t *testing.T) {
	t.Parallel()
	d := startOwn(t, ownSeed)
	for want, shown := range map[string]bool{
		"User         nora@north.example   password: a passphrase of nora":                                      true,
		"curl -u worker:worker-secret-0123456789abcdef -d grant_type=client_credentials " + d.base + "/t/north": true,
		demoUser: false, "demo-service": false,
	} {
		if strings.Contains(d.text(), want) != shown {
			t.Errorf("%q on the screen: %t, want %t: %s", want, !shown, shown, d.text())
		}
	}
	v := d.visit()
	home := v.open(d.base + "/dev")
	for selector, want := range map[string]string{
		".tenant h2": "North South", ".user": "nora@north.example imported@north.example sam", ".password": "a passphrase of nora a passphrase of sam!",
	} {
		if got := strings.Join(home.Find(selector).Map(text), " "); got != want {
			t.Errorf("%s: %q, want %q", selector, got, want)
		}
	}
	for _, address := range append(home.Find(".tenant a").Map(href), attribute(home, "link[rel=stylesheet]", "href")) {
		if strings.HasPrefix(address, "/") {
			address = d.base + address
		}
		if p := v.open(address); p.status != http.StatusOK {
			t.Errorf("%s: %d", address, p.status)
		}
	}
}

func TestDev_playgroundIsTheClientsOfASeedOfOnesOwn(t *testing.T) {
	t.Parallel()
	d := startOwn(t, ownSeed)
	for i, c := range []struct{ name, user, password, claims string }{
		{"Back office (backoffice) of North", "nora@north.example", "a passphrase of nora", `"aud": "backoffice"`},
		{"Single page (spa) of South", "sam", "a passphrase of sam!", `"iss": "http://south.localhost:`},
	} {
		v := d.visit()
		page := v.open(d.base + "/dev/playground")
		if i > 0 {
			page = v.open(d.base + attribute(page, "#clients a", "href"))
		}
		if got := page.Find("#clients strong").Text(); got != c.name {
			t.Fatalf("it is %q, want %q", got, c.name)
		}
		page = page.click("start", nil).click("submit", map[string]string{"username": c.user, "password": c.password})
		if page.Find("#allow").Length() == 1 {
			page = page.click("allow", nil)
		}
		if got := page.Find("#problem").Text(); got != "" || page.at.Path != playgroundPath {
			t.Fatalf("%s: at %s: %s", c.name, page.at, got)
		}
		if got := page.Find("#steps").Text(); !strings.Contains(got, c.claims) {
			t.Errorf("%s: no %s in the tokens", c.name, c.claims)
		}
		public := i == 1
		if (page.Find("#introspect").Length() == 0) != public || (page.Find("#refresh").Length() == 1) != public {
			t.Errorf("%s: offers %q", c.name, page.Find("#actions button").Map(text))
		}
		if page = page.click("revoke", nil); page.Find("#problem").Length() != 0 || !strings.Contains(page.Find("#steps").Text(), "200 OK") {
			t.Errorf("%s: revoke: %s", c.name, page.Find("#steps").Text())
		}
	}
}

// A seed that is written for another port is about this server nevertheless, and the file stays as it is.
func TestRelocated_movesWhatIsOnThisMachine(t *testing.T) {
	t.Parallel()
	const seed = `tenants:
  - slug: a
    host: localhost:6060
    clients:
      - {client_id: x, redirect_uris: ["http://localhost:6060/dev/playground/callback", "http://localhost:60601/cb", "https://my-localhost:6060/", "http://localhost:5173/cb"]}
  - {slug: b, host: "b.localhost:6060"}
  - {slug: c, host: "id.example.com:6060"}
  - slug: d
    clients: [{client_id: y, redirect_uris: ["http://127.0.0.1:8081/dev/playground/callback", "http://127.0.0.1:8081/mine", "http://localhost:3000/t/other/dev/cb"], resources: ["http://localhost:7070/t/d/admin/v1"]}]
`
	if _, _, err := manifest.Parse("seed.yaml", []byte(seed)); err != nil {
		t.Fatal(err)
	}
	moved := func(text, public string) string {
		u, err := url.Parse(public)
		if err != nil {
			t.Fatal(err)
		}
		got, moves := relocated("seed.yaml", []byte(text), u)
		if (string(got) == text) != (len(moves) == 0) {
			t.Errorf("to %s: moves are %v", public, moves)
		}
		return string(got)
	}
	here := strings.NewReplacer(
		`"b.localhost:6060"`, `"b.localhost:9000"`, " localhost:6060", " localhost:9000", "http://localhost:6060/", "http://localhost:9000/", "127.0.0.1:8081", "localhost:9000", "localhost:7070", "localhost:9000",
	).Replace(seed)
	if got := moved(seed, "http://localhost:9000"); got != here {
		t.Errorf("got\n%s\nwant\n%s", got, here)
	}
	if got := moved(here, "http://localhost:9000"); got != here {
		t.Errorf("what is here is moved: %s", got)
	}
	if got := moved(seed, "https://dev.example.com"); !strings.Contains(got, "host: dev.example.com\n") || !strings.Contains(got, `"https://dev.example.com/dev/playground/callback"`) || !strings.Contains(got, `"b.localhost:6060"`) {
		t.Errorf("behind a proxy: %s", got)
	}
	const two = "tenants: [{slug: a, host: \"localhost:6060\"}, {slug: b, host: \"localhost:9000\"}]"
	for _, odd := range []string{two, "tenants: [", ""} {
		if got := moved(odd, "http://localhost:9000"); got != odd {
			t.Errorf("%s became %s", odd, got)
		}
	}
}

// A name of another site that resolves to this machine makes that site's pages of the
// same origin (DNS rebinding). What tells them apart is the host.
func TestDev_answersOnHostsOfItsOwnOnly(t *testing.T) {
	t.Parallel()
	d := startDev(t, devData(t))
	v := d.visit()
	x := d.terminal()
	x.ok("tenant", "create", "hosted", "--host", "login.hosted.test:8080")
	eventually(t, "the tenant answers", func() bool { return d.issuerAt(v, "http://login.hosted.test:8080") != "" })
	port := d.base[strings.LastIndex(d.base, ":"):]
	for host, status := range map[string]int{
		"localhost" + port: 200, "LOCALHOST" + port: 200, "127.0.0.1" + port: 200, "[::1]" + port: 200, "a.localhost" + port: 200, "login.hosted.test:8080": 200,
		"rebound.example" + port: 421, "rebound.example": 421, "localhost.rebound.example" + port: 421, "127.0.0.1.rebound.example" + port: 421,
		"10.0.0.1" + port: 421, "login.hosted.test.rebound.example:8080": 421,
	} {
		for _, path := range []string{"/dev", "/dev/mail", "/dev/mail.json"} {
			if p := v.open("http://" + host + path); p.status != status || status != 200 && p.Find("a, form, pre").Length() != 0 {
				t.Errorf("%s%s: %d, want %d: %s", host, path, p.status, status, p.Text())
			}
		}
		for _, path := range []string{"/dev/absent", "/absent", "/t/absent/login"} { // whatever is not there is styled
			p := v.open("http://" + host + path)
			style := p.at.ResolveReference(&url.URL{Path: attribute(p, "link[rel=stylesheet]", "href")})
			if p.status != http.StatusNotFound && p.status != status || p.Find("h1").Length() != 1 || v.open(style.String()).status != http.StatusOK {
				t.Errorf("%s%s: %d, styled by %s: %s", host, path, p.status, style, p.Text())
			}
		}
	}
	p := v.open("http://rebound.example" + port + "/dev/playground")
	if p.status != 421 || len(v.http.Jar.Cookies(p.at)) != 0 {
		t.Errorf("the playground: %d %s", p.status, p.Text())
	}
	for _, path := range []string{"/", "/login", "/t/absent/login"} {
		if p := v.open("http://rebound.example" + port + path); p.status != http.StatusNotFound || strings.Contains(p.Text(), d.data) || strings.Contains(p.Text(), program()) {
			t.Errorf("%s: %d, and it names where things are on this machine: %s", path, p.status, p.Find("main").Text())
		}
	}
}

func text(_ int, s *goquery.Selection) string { return s.Text() }

func href(_ int, s *goquery.Selection) string { return s.AttrOr("href", "") }

// attribute returns an attribute of the first element that fits.
func attribute(page sheet, selector, name string) string {
	return page.Find(selector).First().AttrOr(name, "")
}
