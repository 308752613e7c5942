package playground_test

import (
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"plinto/internal/playground"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/tenant"
)

// last is what happened last.
func last(p *playground.Playground) playground.Step {
	all := p.Steps()
	return all[len(all)-1]
}

// Each attack reaches the running server and is refused there, or by the application whose part that is.
func TestAttack_isMadeAndRefused(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	s.User("alice@example.com")
	m := testworld.Web()
	m.Scope = "openid offline_access"
	client, secret := s.Client(m, plintotest.FirstParty)
	brief, briefSecret := s.Client(m, plintotest.FirstParty, func(c *provider.Client) { c.AccessTokenTTL = 2 })
	of := func(c *provider.Client, secret string) playground.Client {
		return playground.Client{Issuer: s.Issuer(), ID: c.ClientID, Secret: secret, RedirectURL: testworld.Callback}
	}
	others := playground.Others{Issuer: s.NewTenant("other", "", tenant.Settings{}).Issuer, Client: of(brief, briefSecret)}
	p := playground.New(of(client, secret), s.Server.Client().Transport)
	if _, err := p.Attack(playground.Replay, others); err == nil {
		t.Error("an attack on nobody's sign-in")
	}
	b := s.Browser()
	address, err := p.Start(playground.Ask{Scope: m.Scope})
	if err == nil {
		err = p.Callback(b.SignIn(address, "alice@example.com"))
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		attack  playground.Attack
		verdict string
	}{
		{playground.State, "Refused, by the application"},
		{playground.Verifier, "Refused: 400 invalid_grant"},
		{playground.Tampered, "Refused: 401 invalid_token"},
		{playground.Foreign, "Refused: 401 invalid_token"},
		{playground.Thief, "Refused: 400 invalid_grant"},
		{playground.Expired, "Refused: 401 invalid_token"},
	} {
		if err := p.Userinfo(); err != nil {
			t.Fatalf("%s: before it the sign-in is over: %v", c.attack, err)
		}
		address, err := p.Attack(c.attack, others)
		if err == nil && address != "" {
			back := b.Open(address).Left
			if back == nil || !p.Awaits(back.Query().Get("state")) {
				t.Fatalf("%s: the browser comes back to %s", c.attack, back)
			}
			err = p.Callback(back.Query())
		}
		if got := last(p); err != nil || got.Verdict != c.verdict || !got.Held || got.Text == "" {
			t.Errorf("%s: %q, %v: want %q\n%s\n%s", c.attack, got.Verdict, err, c.verdict, got.Request, got.Response)
		}
	}
	if all := p.Steps(); !strings.Contains(all[len(all)-2].Response, "200 OK") {
		t.Errorf("the token that is over never worked: %s", all[len(all)-2].Response)
	}
	if _, err := p.Attack(playground.Replay, others); err != nil || last(p).Verdict != "Refused: 401 invalid_token" {
		t.Errorf("after the code was used twice the access token is %q, %v", last(p).Verdict, err)
	}
	if all := p.Steps(); all[len(all)-2].Verdict != "Refused: 400 invalid_grant" {
		t.Errorf("a code that is used twice: %q", all[len(all)-2].Verdict)
	}
	if _, err := p.Attack("another", others); err == nil {
		t.Error("an attack that there is not")
	}
}

// An attack that works is told as what it is.
func TestAttack_thatWorksIsNotCalledRefused(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	s.User("alice@example.com")
	p, _ := signedIn(t, s, testworld.Web())
	if _, err := p.Attack(playground.Foreign, playground.Others{Issuer: s.Issuer()}); err != nil { // which is no other
		t.Fatal(err)
	}
	if got := last(p); got.Held || !strings.HasPrefix(got.Verdict, "Not refused") {
		t.Errorf("a token that was taken: %q", got.Verdict)
	}
}

// What is copied into a shell sends what was sent: each line is run as it is.
func TestSteps_canBeSentFromATerminal(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl on this machine")
	}
	s := plintotest.Start(t)
	s.User("alice@example.com")
	for name, m := range map[string]provider.Metadata{"basic": testworld.Web(), "public": testworld.Public(testworld.Web())} {
		p, _ := signedIn(t, s, m)
		for _, do := range []func() error{p.Userinfo, p.Refresh, p.Introspect} {
			if err := do(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		spentLast := p.Steps()
		slices.SortStableFunc(spentLast, func(a, b playground.Step) int {
			return strings.Compare(strconv.FormatBool(a.Spent), strconv.FormatBool(b.Spent))
		})
		for _, step := range spentLast {
			if step.Curl == "" {
				continue
			}
			out, err := exec.Command("sh", "-c", strings.Replace(step.Curl, "curl -i", "curl -isk", 1)).CombinedOutput()
			if err != nil {
				t.Fatalf("%s, %s: %v\n%s\n%s", name, step.Title, err, step.Curl, out)
			}
			want := ""
			switch found := status.FindStringSubmatch(step.Response); {
			case step.Title == "Authorization request":
				want = "303" // to the sign-in page
			case step.Spent:
				want = "400"
			case len(found) == 2:
				want = found[1]
			}
			if got := status.FindStringSubmatch(string(out)); len(got) != 2 || got[1] != want {
				t.Errorf("%s, %s: a terminal gets %q, want %s\n%s", name, step.Title, got, want, step.Curl)
			}
		}
		if spent := len(spentLast) - slices.IndexFunc(spentLast, func(s playground.Step) bool { return s.Spent }); spent != len([]string{"token request", "refresh"}) {
			t.Errorf("%s: %d steps are told to work once", name, spent)
		}
	}
}

var status = regexp.MustCompile(`^HTTP/\S+ (\d+)`)

// A client that has to push its requests does.
func TestStart_pushesWhereTheClientHasTo(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	s.User("alice@example.com")
	m := testworld.Web()
	m.RequirePAR = true
	client, secret := s.Client(m, plintotest.FirstParty)
	p := playground.New(playground.Client{Issuer: s.Issuer(), ID: client.ClientID, Secret: secret, RedirectURL: testworld.Callback, Pushes: true}, s.Server.Client().Transport)
	address, err := p.Start(playground.Ask{Scope: "openid"})
	if err != nil || !strings.Contains(address, "request_uri=") || strings.Contains(address, "code_challenge") {
		t.Fatalf("the browser is sent to %s, %v", address, err)
	}
	if err := p.Callback(s.Browser().SignIn(address, "alice@example.com")); err != nil {
		t.Fatal(err)
	}
	if in, _ := p.SignedIn(); !in {
		t.Errorf("not signed in: %s", titles(p))
	}
}
