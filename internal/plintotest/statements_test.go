package plintotest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"plinto/internal/testservice"
	"plinto/provider"
	"plinto/tenant"
)

// aCost is a request with what it may send.
type aCost struct {
	name       string
	statements int // at most
	trips      int // at most
	do         func()
	before     func() // what is not counted, or nil
}

// fewest counts what a request sends, several times if it is more than it may be: what
// memory holds is read again by whoever did not hear for half a second that it still
// holds, as happens on a busy machine. What a request sends by itself it sends every time.
func fewest(s *testservice.Statements, c aCost) (sent []string, trips int) {
	for range 5 {
		if c.before != nil {
			c.before()
		}
		sent, trips = s.During(c.do)
		if len(sent) <= c.statements && trips <= c.trips {
			break
		}
	}
	return sent, trips
}

func (s *Server) authorizes(b *Browser, c *provider.Client) string {
	s.t.Helper()
	p := b.Open(s.AuthorizeURL(c, url.Values{"scope": {"openid offline_access"}, "code_challenge": {Challenge}}))
	if p.Left == nil || p.Left.Query().Get("code") == "" {
		s.t.Fatalf("no code from a browser with a session: at %s", p.URL)
	}
	return p.Left.Query().Get("code")
}

// settle waits until everything that was announced so far has been heard:
// announcements come in order, and what they concern is read again.
func (s *Server) settle() {
	s.t.Helper()
	heard := make(chan struct{}, 1)
	s.Store.OnChange("resource_servers", func(tenant.ID) {
		select {
		case heard <- struct{}{}:
		default:
		}
	}, func() {})
	// A server that does not listen yet misses what is announced: it is told again.
	const fence = "https://fence.example"
	for range 30 {
		if err := s.Store.ResourceServers.Put(s.In(), provider.ResourceServer{Identifier: fence}); err != nil {
			s.t.Fatal(err)
		}
		select {
		case <-heard:
			return
		case <-time.After(2 * time.Second):
		}
		if err := s.Store.ResourceServers.Delete(s.In(), fence); err != nil {
			s.t.Fatal(err)
		}
	}
	s.t.Fatal("a change was not announced")
}

// Whoever adds a statement to a request sees it here; docs/performance.md says why.
func TestStatements_areFewPerRequest(t *testing.T) {
	t.Parallel()
	sql := &testservice.Statements{}
	s := Start(t, Options{Tracer: sql})
	s.User("alice@example.com")
	third, thirdSecret := s.Client(web("https://rp.example/cb"))
	first, firstSecret := s.Client(web("https://first.example/cb"), FirstParty)
	b := s.Browser()
	b.SignIn(s.AuthorizeURL(third, url.Values{"scope": {"openid offline_access"}}), "alice@example.com")
	s.authorizes(b, first) // now both clients are in memory
	tokens := s.Tokens(third, thirdSecret, "alice@example.com", "openid offline_access")
	form := func(pairs ...string) url.Values {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	s.settle()
	var code string
	refresh := tokens["refresh_token"]
	authorizing := func(c *provider.Client) func() { return func() { code = s.authorizes(b, c) } }
	bearer := With("Authorization", "Bearer "+tokens["access_token"])
	for _, c := range []aCost{
		{name: "discovery", statements: 0, trips: 0, do: func() { s.Succeeds(s.Send(http.MethodGet, "/.well-known/openid-configuration", nil)) }},
		{name: "keys", statements: 0, trips: 0, do: func() { s.Succeeds(s.Send(http.MethodGet, "/.well-known/jwks.json", nil)) }},
		{name: "client credentials", statements: 0, trips: 0, do: func() {
			s.Succeeds(s.Send(http.MethodPost, "/oauth2/token", form("grant_type", "client_credentials"), As(third, thirdSecret)))
		}},
		{name: "wrong secret", statements: 0, trips: 0, do: func() {
			s.Send(http.MethodPost, "/oauth2/token", form("grant_type", "client_credentials"), As(third, "wrong")).Wants(t, http.StatusUnauthorized, "invalid_client")
		}},
		{name: "sign-in with a password, code", statements: 7, trips: 3, do: func() {
			s.Browser().SignIn(s.AuthorizeURL(first, url.Values{"scope": {"openid offline_access"}}), "alice@example.com")
		}},
		// The event of the answer is one statement, sent with the code and the commit.
		{name: "authorize, asked for consent before", statements: 3, trips: 2, do: authorizing(third)},
		{name: "code exchange", statements: 1, trips: 1, before: authorizing(third), do: func() { s.Succeeds(s.Redeem(third, thirdSecret, code)) }},
		{name: "authorize, first party", statements: 2, trips: 1, do: authorizing(first)},
		{name: "code exchange, first party", statements: 1, trips: 1, before: authorizing(first), do: func() { s.Succeeds(s.Redeem(first, firstSecret, code)) }},
		{name: "refresh", statements: 1, trips: 1, do: func() {
			a := s.Succeeds(s.Send(http.MethodPost, "/oauth2/token", form("grant_type", "refresh_token", "refresh_token", refresh), As(third, thirdSecret)))
			refresh, _ = a.JSON["refresh_token"].(string)
		}},
		{name: "introspection", statements: 1, trips: 1, do: func() {
			a := s.Succeeds(s.Send(http.MethodPost, "/oauth2/introspect", form("token", tokens["access_token"]), As(third, thirdSecret)))
			if a.JSON["active"] != true {
				t.Errorf("introspection: %s", a.Text)
			}
		}},
		{name: "userinfo", statements: 1, trips: 1, do: func() { s.Succeeds(s.Send(http.MethodGet, "/oauth2/userinfo", nil, bearer)) }},
	} {
		if c.statements == 0 {
			c.do() // warms what is kept in memory
		}
		sent, trips := fewest(sql, c)
		if len(sent) > c.statements || trips > c.trips {
			t.Errorf("%s: %d statements in %d round trips, want at most %d in %d:\n%s",
				c.name, len(sent), trips, c.statements, c.trips, strings.Join(sent, "\n"))
		}
		t.Logf("%s: %d statements, %d round trips", c.name, len(sent), trips)
	}
}

func TestStatements_ofARefreshStayFewOverAChain(t *testing.T) {
	t.Parallel()
	sql := &testservice.Statements{}
	s := Start(t, Options{Tracer: sql})
	s.User("alice@example.com")
	client, secret := s.Client(web("https://rp.example/cb"))
	token := s.Tokens(client, secret, "alice@example.com", "openid offline_access")["refresh_token"]
	s.settle()
	const length = 100
	sent, _ := sql.During(func() {
		for range length {
			a := s.Succeeds(s.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, As(client, secret)))
			next, _ := a.JSON["refresh_token"].(string)
			if next == token || next == "" {
				t.Fatalf("the token did not rotate: %s", a.Text)
			}
			token = next
		}
	})
	if len(sent) > 3*length {
		t.Errorf("%d statements for %d refreshes", len(sent), length)
	}
}
