package main

import (
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"plinto/provider"
)

// bareSeed has clients that the playground can be with a little help, or cannot be.
const bareSeed = `tenants:
  - slug: north
    name: North
    settings: {devices: {check: "off"}}
    resource_servers: [{identifier: "https://api.north.example", scopes: [{name: "maps:read", description: "Read maps"}]}]
    clients:
      - {client_id: keyed, redirect_uris: ["CALLBACK"], token_endpoint_auth_method: private_key_jwt, jwks_uri: "https://rp.example/jwks"}
      - {client_id: made, redirect_uris: ["CALLBACK"], first_party: true}
      - {client_id: off, redirect_uris: ["CALLBACK"], token_endpoint_auth_method: none, disabled: true}
      - {client_id: spa, client_name: Maps, redirect_uris: ["http://localhost:5173/cb"], token_endpoint_auth_method: none, first_party: true}
    users:
      - {email: nora@north.example, email_verified: true, password: "a passphrase of nora", name: Nora}
  - slug: south
    name: South
    settings: {devices: {check: "off"}}
    clients:
      - {client_id: pushed, redirect_uris: ["CALLBACK"], token_endpoint_auth_method: none, require_pushed_authorization_requests: true, first_party: true, scope: openid}
    users:
      - {username: sam, password: "a passphrase of sam!"}
`

// as opens the playground as the client whose name has that text in it.
func (d devRun) as(v *visitor, name string) sheet {
	d.t.Helper()
	page := v.open(d.base + playgroundPath)
	if strings.Contains(page.Find("#clients strong").Text(), name) {
		return page
	}
	link := page.Find("#clients a").FilterFunction(hasText(name))
	if link.Length() != 1 {
		d.t.Fatalf("no client %s: %q", name, page.Find("#clients").Text())
	}
	return v.open(d.base + link.AttrOr("href", ""))
}

// signIn presses Sign in and does what comes.
func (d devRun) signIn(page sheet, user, password string, fill map[string]string) sheet {
	d.t.Helper()
	if page = page.click("start", fill); page.Find("#password").Length() == 1 {
		page = page.click("submit", map[string]string{"username": user, "password": password})
	}
	if page.Find("#allow").Length() == 1 {
		page = page.click("allow", nil)
	}
	if page.at.Path != playgroundPath || page.Find("#userinfo").Length() != 1 {
		d.t.Fatalf("at %s: %s", page.at, page.Find("main").Text())
	}
	return page
}

// A seed that knows nothing of the playground is no dead end: each tenant has a client for it, which is of no
// manifest. What has to be said of the others is said, and what to do works.
func TestDev_playgroundIsAnyClientOfAnySeed(t *testing.T) {
	t.Parallel()
	d := startOwn(t, bareSeed)
	v := d.visit()
	page := v.open(d.base + playgroundPath)
	for _, want := range []string{"keyed of North proves itself by private_key_jwt", "off of North is disabled"} {
		if got := strings.Join(strings.Fields(page.Find("#others").Text()), " "); !strings.Contains(got, want) {
			t.Errorf("it does not say %q: %s", want, got)
		}
	}
	pushed := d.signIn(d.as(v, "pushed"), "sam", "a passphrase of sam!", nil)
	if got := pushed.Find("#steps").Text(); !strings.Contains(got, "Pushed request") || !strings.Contains(got, "request_uri") {
		t.Errorf("a client that has to push: %s", got)
	}

	own := d.signIn(d.as(v, "Playground ("+provider.PlaygroundClientID+") of North"), "nora@north.example", "a passphrase of nora", nil)
	if got := own.Find("#steps").Text(); !strings.Contains(got, "maps:read") || !strings.Contains(got, "Who issued the token.") {
		t.Errorf("the tokens are shown as %s", got)
	}
	if got := own.Find("#steps h2").Map(text); len(got) != 5 || !strings.HasPrefix(got[0], "5. ") || !strings.HasPrefix(got[4], "1. Discovery") {
		t.Errorf("the steps are %q", got)
	}
	other := d.signIn(d.as(v, "pushed"), "sam", "a passphrase of sam!", nil) // in another tab
	if own = own.click("userinfo", nil); !strings.Contains(own.Find("#steps").Text(), "nora@north.example") || own.Find("#problem").Length() != 0 {
		t.Errorf("the first tab lost its sign-in: %s", own.Find("#problem").Text())
	}
	d.terminal().ok("client", "rotate-secret", provider.PlaygroundClientID, "--tenant", "north", "--now")
	d.signIn(d.as(v, "Playground ("+provider.PlaygroundClientID+") of North"), "", "", nil) // with a secret that is right again
	if other = other.click("userinfo", nil); !strings.Contains(other.Find("#clients strong").Text(), "pushed") {
		t.Errorf("the second tab is another client: %s", other.Find("#clients strong").Text())
	}

	x := d.terminal()
	_, rotated, _ := strings.Cut(x.ok("client", "rotate-secret", "made", "--tenant", "north"), "OIDC_CLIENT_SECRET=")
	made := d.as(v, "made")
	if without := made.click("start", nil); !strings.Contains(without.Find("#problem").Text(), "Enter the client’s secret") {
		t.Errorf("without a secret: %s", without.Find("main").Text())
	}
	made = d.signIn(made, "nora@north.example", "a passphrase of nora", map[string]string{"secret": strings.Fields(rotated)[0]})
	if made = d.signIn(made, "", "", nil); made.Find("#introspect").Length() != 1 { // it was entered before
		t.Errorf("made offers %q", made.Find("#actions button").Map(text))
	}

	form := url.Values{"client": {attribute(sheet{Document: page.Document}, "#others button[value$=' spa']", "value")}}
	req, err := http.NewRequest(http.MethodPost, d.base+playgroundPath+"/adopt", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if adopted := v.do(req); !strings.Contains(adopted.Find("#clients strong").Text(), "Maps (spa)") {
		t.Errorf("adopted: %s", adopted.Find("main").Text())
	}
	d.signIn(d.as(v, "Maps (spa)"), "nora@north.example", "a passphrase of nora", nil)

	exported := x.ok("export", "--tenant", "north")
	if strings.Contains(exported, provider.PlaygroundClientID) || !strings.Contains(exported, "client_id: spa") {
		t.Errorf("the export has a client of plinto dev, or lacks others: %s", exported)
	}
	file := writeFile(t, filepath.Join(t.TempDir(), "north.yaml"), "tenants:\n  - slug: north\n    clients: []\n")
	if plan := x.ok("apply", "-f", file, "--prune", "--dry-run"); strings.Contains(plan, provider.PlaygroundClientID) || !strings.Contains(plan, "spa") {
		t.Errorf("the plan prunes a client of plinto dev: %s", plan)
	}
	x.refused(exitFailed, "is reserved", "client", "create", provider.PlaygroundClientID, "--type", "spa", "--tenant", "north", "--redirect-uri", "https://a.example/cb")
}

// Every attack of the page is made on the running server, refused, and explained.
func TestDev_breaksWhatItShows(t *testing.T) {
	t.Parallel()
	d := startDev(t, devData(t))
	v := d.visit()
	page := d.signInToPlayground(v)
	var offered []string
	for _, button := range page.Find("#attacks button").EachIter() {
		offered = append(offered, button.AttrOr("id", ""))
	}
	if len(offered) != 7 {
		t.Fatalf("offered are %q", offered)
	}
	for _, id := range offered {
		page = page.click(id, nil)
		step := page.Find(".step").First()
		verdict := step.Find(".verdict.held").Text()
		if page.at.Path != playgroundPath || !strings.HasPrefix(verdict, "Refused") || page.Find(".verdict.problem").Length() != 0 || step.Find("p").First().Text() == "" {
			t.Errorf("%s: at %s: %q %s %s", id, page.at, verdict, page.Find("#problem").Text(), step.Text())
		}
	}
	if page = page.click("userinfo", nil); page.Find("#problem").Length() != 1 {
		t.Error("the tokens outlive a code that was used twice")
	}
	exported := d.terminal().ok("export", "--tenant", "demo")
	if strings.Contains(exported, provider.BriefClientID) {
		t.Error("the export has the client of the attacks")
	}
}

// Lines that the page shows for a terminal do there what they did here.
func TestDev_showsLinesForATerminal(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl on this machine")
	}
	d := startDev(t, devData(t))
	v := d.visit()
	page := d.signInToPlayground(v).click("userinfo", nil).click("introspect", nil)
	lines := page.Find(`.step pre[id^="curl-"]`)
	if lines.Length() != len([]string{"introspection", "userinfo", "keys", "token request", "authorization request", "discovery"}) {
		t.Errorf("%d lines", lines.Length())
	}
	for _, c := range []struct {
		line int
		want string
	}{{0, `"active":true`}, {1, demoUser}, {2, `"kty"`}, {5, `"authorization_endpoint"`}, {3, "invalid_grant"}, {0, `"active":false`}} { // which ends the tokens
		cmd := exec.Command("bash", "-c", lines.Eq(c.line).Text())
		cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "no_proxy=*"}
		if out, err := cmd.Output(); err != nil || !strings.Contains(string(out), c.want) {
			t.Errorf("%s\n%v: %s: want %s", lines.Eq(c.line).Text(), err, out, c.want)
		}
	}
}

// The first administrator gets on: to the pages that /dev names, and to a token of the management API.
func TestDev_leadsTheFirstAdministratorOn(t *testing.T) {
	t.Parallel()
	d := startOwn(t, "tenants: []\n")
	v := d.visit()
	if got := v.open(d.base + "/dev").Find("#operators").Text(); !strings.Contains(got, "the terminal shows a link") {
		t.Errorf("before there is one: %s", got)
	}
	const admin, password = "ada@example.com", "a long enough passphrase"
	link := regexp.MustCompile(`First admin +(\S+)`).FindStringSubmatch(d.text())
	if link == nil {
		t.Fatalf("no link: %s", d.text())
	}
	v.open(link[1]).click("submit", map[string]string{"name": "Ada", "email": admin, "password": password})
	home := v.open(d.base + "/dev")
	next := home.Find("#operators a")
	if strings.Contains(home.Find("#operators").Text(), "the terminal shows a link") || next.Length() != 3 {
		t.Fatalf("afterwards: %s", home.Find("#operators").Text())
	}
	page := v.open(d.base + next.Eq(2).AttrOr("href", ""))
	page = d.signIn(page, admin, password, map[string]string{"api": "1"})
	if token := attribute(page, "#management", "data-token"); token == "" {
		t.Fatalf("no token of the API: %s", page.Find("main").Text())
	}
	call := page.Find("#management-curl").Text()
	req, err := http.NewRequest(http.MethodGet, call[strings.LastIndex(call, " ")+1:], nil)
	if err != nil {
		t.Fatal(err)
	}
	_, bearer, _ := strings.Cut(call, "Authorization: ")
	req.Header.Set("Authorization", strings.TrimSuffix(strings.Fields(bearer)[0]+" "+strings.Fields(bearer)[1], "'"))
	if answer := v.do(req); answer.status != http.StatusOK || !strings.Contains(answer.Text(), admin) {
		t.Errorf("%s: %d %s", call, answer.status, answer.Text())
	}
	for i := range 2 {
		if p := v.open(next.Eq(i).AttrOr("href", "")); p.status != http.StatusOK {
			t.Errorf("%s: %d", next.Eq(i).AttrOr("href", ""), p.status)
		}
	}
	if account := v.open(next.Eq(0).AttrOr("href", "")); account.Find("#manage #reference").Length() != 1 {
		t.Errorf("the account does not lead to the API: %s", account.Find("main").Text())
	}
}
